"""Users' names in figures: drawn as they are, without a failure or a warning, whatever is in them."""

import io
import os
import warnings

import numpy as np
import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure
from PIL import Image

from training import drawing
from training.drawing import LONGEST, LONGEST_TICK, UNKNOWN, draw_plainly
from training.files import save_figure

NAMES = [
    "A$AP_Rocky_-_L$D", "$", r"\$5 and \frac{$x$}", "caf\udce9", "ta\tb\x00c", "日本" * 60, "emoji 🎵", "<b>&amp;", "a\nb",
    "", "%s{}", "_hidden", "x" * 300, "\N{RIGHT-TO-LEFT OVERRIDE}evil", "a\u0301",
]  # fmt: skip


def drawn(figure):
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=20)
    return np.asarray(Image.open(data))


def figure_of(name):
    figure = Figure(figsize=(24, 18), layout="constrained")
    axes = figure.subplots()
    axes.plot([1, 2], [1, 100], label=name)
    axes.set_xticks([1, 2], [name, "b"], rotation=60)
    axes.set(title=name, ylabel=name, yscale="log")
    axes.text(1, 10, name)
    axes.legend()
    figure.suptitle(name)
    return figure


def test_any_name_is_drawn_without_a_warning(tmp_path, caplog):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "No artists with labels")  # a label that is empty, or begins with _
        for number, name in enumerate(NAMES):
            save_figure(figure_of(name), tmp_path / f"a{('.png', '.svg')[number % 2]}", dpi=10)
    assert caplog.records == []
    assert sorted(os.listdir(tmp_path)) == ["a.png", "a.svg"]


def test_again_does_no_harm():
    figure = figure_of("a$b 日")
    draw_plainly(figure)
    before = drawn(figure)
    draw_plainly(figure)
    np.testing.assert_array_equal(drawn(figure), before)


@pytest.mark.parametrize("name", ["A$AP_Rocky_-_L$D", r"a\$b$", "$x$"])
def test_dollars_are_dollars(name):
    """Where text is kept from being mathematics by hand, the picture is the same."""
    figure = Figure(figsize=(4, 3))
    figure.text(0.1, 0.5, name)
    draw_plainly(figure)
    wanted = Figure(figsize=(4, 3))
    wanted.text(0.1, 0.5, name, parse_math=False)
    np.testing.assert_array_equal(drawn(figure), drawn(wanted))


def test_labels_at_an_axis_are_dollars_and_its_own_numbers_stay_powers():
    figure = Figure()
    axes = figure.subplots()
    axes.set_xticks([0, 1], ["$x$", "日" * 60])
    axes.set(yscale="log", ylim=(1, 1_000))
    draw_plainly(figure)
    drawn(figure)
    labels = axes.get_xticklabels()
    assert labels[0].get_text() == r"\$x\$"  # Matplotlib's own way to write dollars
    assert len(labels[1].get_text()) <= LONGEST_TICK
    assert all(label.get_parse_math() for label in axes.get_yticklabels())
    assert r"\mathdefault" in axes.get_yticklabels()[1].get_text()


def test_what_no_font_has_is_replaced_and_what_one_has_is_kept(monkeypatch):
    figure = Figure()
    text = figure.text(0, 0, "né 日\udce9\t!")
    fonts = [font for font in font_manager.fontManager.ttflist if font.name.startswith("DejaVu Sans")]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", fonts)
    drawing._fonts_for.cache_clear()
    draw_plainly(figure)
    assert text.get_text() == f"né {UNKNOWN}{UNKNOWN}{UNKNOWN}!"
    usual = tuple(text.get_fontfamily())

    real = drawing._letters
    monkeypatch.setattr(drawing, "_letters", lambda path: real(path) | ({"日"} if "SansMono" in path else set()))
    drawing._fonts_for.cache_clear()
    text.set_text("日")
    draw_plainly(figure)
    assert text.get_text() == "日"
    assert list(text.get_fontfamily()) == [*usual, "DejaVu Sans Mono"]
    drawing._fonts_for.cache_clear()


def test_long_lines_lose_their_middle():
    figure = Figure()
    text = figure.text(0, 0, f"begin{'x' * 300}end\nshort")
    draw_plainly(figure)
    first, second = text.get_text().split("\n")
    assert len(first) == LONGEST - 1
    assert first.startswith("begin")
    assert first.endswith("end")
    assert second == "short"
