"""Drawings: the right thing at the right place, without any of Matplotlib's global state."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from spectro import plots
from spectro.stft import SETTINGS
from training.errors import InputError

QUICK = SETTINGS["quick"]


def drawn(picture: np.ndarray, **options: object):
    figure = Figure(figsize=(4, 3))
    axes = figure.add_subplot()
    return figure, axes, plots.draw_picture(axes, picture, QUICK, "a title", **options)


def test_axes_are_seconds_and_kilohertz_and_colours_decibels():
    figure, axes, shown = drawn(np.linspace(0, 1, QUICK.rows * 63).reshape(QUICK.rows, 63), start=2.0)
    hop, row = QUICK.hop / QUICK.rate, QUICK.rate / QUICK.n_fft / 1_000
    left, right, bottom, top = shown.get_extent()
    assert (left + hop / 2, right - hop / 2) == pytest.approx((2.0, 2.0 + 62 * hop))
    assert (bottom + row / 2, top - row / 2) == pytest.approx((0.0, QUICK.rate / 2_000), abs=1e-9)
    assert shown.get_clim() == (-60, 0)
    assert (shown.get_array().min(), shown.get_array().max()) == (-60, 0)
    assert axes.get_title() == "a title"
    assert [other.get_ylabel() for other in figure.axes[1:]] == ["level in dB"]


def test_low_frequencies_are_at_the_bottom():
    picture = np.zeros((QUICK.rows, 20))
    picture[:10] = 1
    figure, axes, _ = drawn(picture, colour_bar=False)
    axes.set_axis_off()
    axes.set_position((0, 0, 1, 1))
    axes.set_title("")
    assert len(figure.axes) == 1
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    grey = np.asarray(canvas.buffer_rgba())[..., :3].mean(axis=2)
    assert grey[-5:].min() > grey[:-80].max()


def test_long_pictures_keep_their_peaks():
    picture = np.zeros((QUICK.rows, 3 * plots.WIDEST + 1), np.float32)
    picture[5, 7_001] = picture[9, -1] = 1
    _, _, shown = drawn(picture)
    assert shown.get_array().shape[1] <= plots.WIDEST
    assert shown.get_array().max(axis=1)[[5, 9, 10]].tolist() == [0, 0, -60]
    assert shown.get_extent()[1] == pytest.approx((3 * plots.WIDEST + 0.5) * QUICK.hop / QUICK.rate)


@pytest.mark.parametrize("shape", [(20, QUICK.rows), (2, QUICK.rows, 5), (QUICK.rows, 0), (5,)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(InputError, match="shape"):
        drawn(np.zeros(shape))


def test_pyplot_is_not_loaded():
    script = "import sys; from spectro import plots; sys.exit('matplotlib.pyplot' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[2], check=True)
