"""Drawings of pieces: names on the axes, bars in their places, louder notes darker, codec pictures as they are."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure

from midi.codecs import codec_named
from midi.demo import STYLES, compose
from midi.notes import DRUMS, PROGRAMS, SIGNATURE, TEMPO, drum_name, make_piece, note_table, pitch_name, program_name
from midi.plots import bar_lines, draw_roll, figure_of, roll_figure
from training.errors import InputError
from training.files import save_figure


def drawn(piece, **options):
    axes = Figure().subplots()
    draw_roll(axes, piece, **options)
    return axes


def texts(ticks):
    return [label.get_text() for label in ticks]


def test_axes_tell_notes_drums_bars_and_parts():
    axes = drawn(compose("rock", 0, 8), title="a title")
    labels = texts(axes.get_yticklabels())
    assert {"C2", "C3", "kick", "snare", "closed hat"} <= set(labels)
    assert axes.get_xlabel() == "time in s"
    assert axes.get_title() == "a title"
    above = axes.child_axes[0]
    assert above.get_xlabel() == "bar"
    assert texts(above.get_xticklabels())[:8] == [str(bar) for bar in range(1, 9)]
    assert "drums" in texts(axes.get_legend().get_texts())


def test_bars_lie_where_the_notes_are():
    notes = note_table(2, start=[0, 960], end=[480, 1_920], pitch=[60, 64], velocity=[20, 127])
    tempos = np.array([(0, 500_000), (960, 1_000_000)], TEMPO)
    axes = drawn(make_piece(notes, 480, tempos))
    (bars,) = (collection for collection in axes.collections if isinstance(collection, PolyCollection))
    boxes = [path.get_extents() for path in bars.get_paths()]
    assert [(box.x0, box.x1) for box in boxes] == [(0.0, 0.5), (1.0, 3.0)]
    assert [(box.y0 + box.y1) / 2 for box in boxes] == [60, 64]
    alpha = bars.get_facecolors()[:, 3]
    assert alpha[0] < 0.5 < alpha[1] == 1
    ticks = dict(zip(axes.get_yticks(), texts(axes.get_yticklabels()), strict=True))
    assert ticks == {60: "C4", 64: "E4"}


def test_tracks_of_one_program_are_told_apart():
    axes = drawn(make_piece(note_table(3, end=480, pitch=[60, 64, 67], track=[0, 1, 2], program=[0, 0, 40])))
    assert texts(axes.get_legend().get_texts()) == ["acoustic piano, track 1", "acoustic piano, track 2", "violin"]


def test_drums_alone_have_lanes():
    axes = drawn(make_piece(note_table(3, start=[0, 480, 960], end=[10, 490, 970], pitch=[36, 38, 3], drum=True)))
    assert texts(axes.get_yticklabels()) == ["drum 3", "kick", "snare"]
    (strokes,) = (collection for collection in axes.collections if isinstance(collection, LineCollection))
    assert sorted({float(line[0, 0]) for line in strokes.get_segments()}) == [0.0, 0.5, 1.0]
    low, high = axes.get_ylim()
    assert all(low <= line[:, 1].min() and line[:, 1].max() <= high for line in strokes.get_segments())


def test_bar_lines_follow_the_signatures():
    signatures = np.array([(0, 3, 4), (2_880, 6, 8), (5_760, 2, 4)], SIGNATURE)
    piece = make_piece(note_table(1, end=7_000), 480, signatures=signatures)
    assert bar_lines(piece, 7_000).tolist() == [0, 1_440, 2_880, 4_320, 5_760, 6_720, 7_680]
    assert bar_lines(make_piece(note_table(1, end=100), 96), 800).tolist() == [0, 384, 768, 1_152]
    tiny = make_piece(note_table(1, end=1 << 40), 1, signatures=np.array([(0, 1, 128)], SIGNATURE))
    assert len(bar_lines(tiny, 1 << 40)) == 4_096


def test_long_pieces_show_some_of_their_bars():
    piece = compose("house", 0, 64)
    figure = roll_figure(piece, bars=16)
    assert figure.axes[0].get_xlim()[1] == pytest.approx(float(piece.seconds(16 * 4 * 480)))
    assert 5 < figure.get_figwidth() <= 40
    labels = texts(drawn(piece).child_axes[0].get_xticklabels())
    assert len(labels) <= 33


@pytest.mark.parametrize("name", ["roll96", "lossless", "dense88", "interleaved32", "sparse88", "roll64"])
def test_codec_pictures_stand_below_the_roll(name):
    piece, codec = compose("ragtime", 0, 24), codec_named(name)
    encoded = codec.encode(piece)
    figure = figure_of(piece, (encoded, codec), windows=2)
    roll, raw = figure.axes[:2]
    assert raw.get_xlabel().startswith(f"{name}: {min(2, int(encoded.windows.max()) + 1)} of ")
    shown = raw.images[0].get_array()
    height, width, channels = codec.shape
    first = encoded.images[(encoded.windows == 0) & (encoded.layers == 0)][0]
    np.testing.assert_array_equal(shown[:height, :width].reshape(height, width, -1), first[..., : 3 if channels > 2 else 1])
    if name == "roll96":
        assert roll.get_xlim()[1] == pytest.approx(float(piece.seconds(16 * 480)))
        assert shown.shape == (96, 2 * 96 + 2)


def test_several_codecs_and_layers():
    piece = compose("chorale", 0, 8)
    shown = [(codec.encode(piece), codec) for codec in (codec_named("roll96"), codec_named("lossless"))]
    figure = figure_of(piece, *shown, windows=3, layers=2, title="chorale")
    assert len(figure.axes) == 3
    assert "2 of " in figure.axes[2].get_xlabel()
    assert figure.axes[2].images[0].get_array().shape == (2 * 128 + 2, 3 * 96 + 4, 3)


@pytest.mark.parametrize("style", STYLES)
def test_every_style_can_be_drawn(style, tmp_path):
    save_figure(roll_figure(compose(style, 0, 8)), tmp_path / "roll.png", dpi=40)
    assert (tmp_path / "roll.png").read_bytes()[:4] == b"\x89PNG"


def test_bad_input():
    with pytest.raises(InputError, match="no note to draw"):
        drawn(make_piece(note_table(0)))
    with pytest.raises(InputError, match="no note to draw from quarter 90"):
        drawn(make_piece(note_table(1, end=480)), first=90, last=100)


def test_names():
    assert [pitch_name(pitch) for pitch in (0, 60, 69, 127)] == ["C-1", "C4", "A4", "G9"]
    assert len(PROGRAMS) == len(set(PROGRAMS)) == 128
    assert [program_name(number) for number in (0, 24, 40, 73, 127)] == [
        "acoustic piano",
        "nylon guitar",
        "violin",
        "flute",
        "gunshot",
    ]
    assert set(DRUMS) == set(range(35, 82))
    assert drum_name(36) == "kick"
