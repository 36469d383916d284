"""Binary rolls: golden values of both papers, the gap column, muspy as a reference."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midi.codecs import codec_named
from midi.codecs.codec import ONSET, REST, SUSTAIN
from midi.codecs.roll import Roll
from midi.files.reading import read
from midi.notes import make_piece, note_table
from midi.stitch import join
from tests.data import real_data
from tests.midi.codecs.pieces import piece_of, pieces, times
from training.errors import InputError

few = settings(max_examples=40, deadline=None)
ROLLS = ("roll64", "roll96")


def image_of(name, *notes, **fields):
    return codec_named(name, **fields).encode(piece_of(*notes)).images[0, :, :, 0]


def test_roll64_golden():
    image = image_of("roll64", (0, 1, 31), (1, 1, 94), (2, 0.25, 60))
    assert image.shape == (64, 64)
    assert {tuple(cell) for cell in np.argwhere(image == 255)} == {
        *product([0], range(4)), *product([63], range(4, 8)), (29, 8)
    }  # fmt: skip
    losses = codec_named("roll64").encode(piece_of((0, 1, 30), (0, 1, 95), (0, 1, 60))).losses
    assert (losses["out_of_range"], losses["kept"]) == (2, 1)


def test_roll96_golden():
    image = image_of("roll96", (0, 1, 96), (0, 1, 60), (1, 1, 1))
    assert image.shape == (96, 96)
    assert {tuple(cell) for cell in np.argwhere(image == 255)} == {
        *product([0, 36], range(12)), *product([95], range(12, 24))
    }  # fmt: skip
    losses = codec_named("roll96").encode(piece_of((0, 1, 0), (0, 1, 97), (0, 1, 60))).losses
    assert (losses["out_of_range"], losses["kept"]) == (2, 1)


def test_two_quarters_on_one_pitch_are_divided_by_a_gap():
    codec = codec_named("roll96")
    encoded = codec.encode(piece_of((0, 1, 60), (1, 1, 60)))
    assert (encoded.images[0, 36, :, 0] > 0).tolist() == [True] * 11 + [False] + [True] * 12 + [False] * 72
    assert (encoded.losses["gaps"], encoded.losses["kept"]) == (1, 2)
    back = codec.decode(encoded.images)
    assert back.tempos["microseconds"].tolist() == [600_000]
    assert back.notes["velocity"].tolist() == [100, 100]


def test_without_a_gap_they_run_together():
    codec = codec_named("roll96", gap=False)
    encoded = codec.encode(piece_of((0, 1, 60), (1, 1, 60), (3, 1, 60)))
    assert times(codec.decode(encoded.images)) == [(0, 2, 60), (3, 4, 60)]
    assert (encoded.losses["run_together"], encoded.losses["kept"], encoded.losses.get("gaps", 0)) == (1, 2, 0)


def test_a_note_of_one_column_has_no_room_for_a_gap():
    encoded = codec_named("roll96").encode(piece_of((0, 1 / 12, 60), (1 / 12, 1, 60)))
    assert (encoded.losses["run_together"], encoded.losses["gaps"], encoded.losses["kept"]) == (1, 0, 1)


def test_triplets_snapped_as_the_published_parser_does():
    third = 1 / 3
    notes = [(0, third, 60), (third, third, 62), (2 * third, third, 64)]
    first = {
        rounding: [int(np.flatnonzero(row)[0]) for row in image_of("roll64", *notes, rounding=rounding)[[29, 31, 33]]]
        for rounding in ("round", "floor", "snap")
    }
    assert first == {"round": [0, 1, 3], "floor": [0, 1, 2], "snap": [0, 1, 2]}
    image = image_of("roll64", (0, 0.125, 60), (0.125, 0.125, 62), rounding="snap")
    assert [np.flatnonzero(row).tolist() for row in image[[29, 31]]] == [[0], [0]]  # two 32nds become a chord


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20), st.integers(40, 80)), min_size=1, max_size=25))
@pytest.mark.parametrize("name", ROLLS)
@few
def test_polyphony_on_the_grid_comes_back_exactly(name, drawn):
    codec = codec_named(name)
    free, notes = {}, []
    for start, length, pitch in sorted(drawn):
        start = max(start, free.get(pitch, 0))
        free[pitch] = start + length + 1  # a rest before the pitch is struck again
        notes.append((start / codec.resolution, length / codec.resolution, pitch))
    piece = piece_of(*notes)
    assert times(codec.decode(codec.encode(piece).images)) == times(piece)


def painted(piece, codec, length):
    """The strip note by note and cell by cell, without a gap."""
    strip = np.zeros((codec.rows, length), bool)
    starts = {}
    for note in piece.notes:
        if codec.low <= note["pitch"] <= codec.high:
            first, last = (
                (2 * codec.resolution * int(note[side]) + piece.division) // (2 * piece.division)
                for side in ("start", "end")
            )
            starts.setdefault(int(note["pitch"]), []).append((first, max(last, first + 1)))
    for pitch, spans in starts.items():
        row = codec.high - pitch if codec.top == "high" else pitch - codec.low
        for first, last in spans:
            following = min((other for other, _ in spans if other > first), default=length)
            strip[row, first : min(last, following)] = True
    return strip


@given(pieces())
@pytest.mark.parametrize("name", ROLLS)
@few
def test_cells_are_on_where_notes_sound(name, piece):
    codec = codec_named(name, gap=False)
    strip = join(codec.encode(piece).images)[..., 0]
    np.testing.assert_array_equal(strip > 0, painted(piece, codec, strip.shape[1]))


@pytest.mark.parametrize("path", ["midi/nottingham", "midi/js_fakes", "midi/freedoom_rock_metal"])
def test_muspys_roll_is_the_same(path):
    """Cell by cell at 24 columns a quarter.

    Where tracks strike one pitch, muspy goes on with the longer note, we end it; it rounds halves to even, we round them up.
    """
    muspy = pytest.importorskip("muspy")
    codec = Roll(name="roll", low=0, high=127, columns=96, resolution=24)
    for file in sorted(real_data(path).rglob("*.mid*"))[:4]:
        piece = read(file)
        encoded = codec.encode(piece)
        halves = sum(
            np.count_nonzero(48 * piece.notes[side] % (2 * piece.division) == piece.division) for side in ("start", "end")
        )
        ours = join(encoded.images)[::-1, :, 0].T > 0
        music = muspy.read_midi(file).adjust_resolution(24)
        theirs = muspy.to_pianoroll_representation(music, encode_velocity=False)[: len(ours)]
        ours, beyond = ours[: len(theirs)], ours[len(theirs) :]
        assert not beyond.any()
        assert np.count_nonzero(ours & ~theirs) <= encoded.losses["lengthened"] + halves
        if not (encoded.losses["shortened"] or halves):
            assert not (theirs & ~ours).any()


def test_classes_tell_onsets():
    images = codec_named("roll96").encode(piece_of((0, 0.25, 96), (7.75, 0.5, 96))).images
    classes = codec_named("roll96").classes(images)
    assert classes[0, 0].tolist() == [ONSET, SUSTAIN, SUSTAIN] + [REST] * 90 + [ONSET, SUSTAIN, SUSTAIN]
    assert classes[1, 0, :4].tolist() == [ONSET, SUSTAIN, SUSTAIN, REST]  # each picture is read by itself
    np.testing.assert_array_equal(codec_named("roll96").from_classes(classes), images)


def test_onsets_of_a_network_keep_notes_apart():
    codec = codec_named("roll96")
    classes = np.zeros((1, 96, 96), np.uint8)
    classes[0, 0, :6] = ONSET, SUSTAIN, SUSTAIN, ONSET, SUSTAIN, SUSTAIN
    assert len(codec.decode(codec.from_classes(classes))) == 2
    joined = codec_named("roll96", gap=False)
    assert len(joined.decode(joined.from_classes(classes))) == 1


def test_grey_is_decided_at_the_middle():
    images = np.zeros((1, 96, 96, 1), np.uint8)
    images[0, 36, :4, 0] = 127, 128, 255, 127
    assert times(codec_named("roll96").decode(images)) == [(Fraction(1, 12), Fraction(3, 12), 60)]


def test_seconds_instead_of_quarters():
    codec = codec_named("roll96", unit="second", resolution=20)
    piece = piece_of((0, 1, 60), (2, 1, 64), tempos=400_000)
    encoded = codec.encode(piece)
    assert np.flatnonzero(encoded.images[0, 32, :, 0]).tolist() == list(range(16, 24))
    assert times(codec.decode(encoded.images, tempo=400_000)) == times(piece)


def test_what_pictures_do_not_keep_is_counted():
    notes = note_table(3, start=np.arange(3) * 480, end=np.arange(3) * 480 + 240, pitch=60, drum=[False, True, False])
    notes["velocity"], notes["program"] = [100, 100, 90], [0, 0, 7]
    losses = codec_named("roll96").encode(make_piece(notes)).losses
    assert (losses["velocities"], losses["programs"], losses["tempos"], losses["signatures"]) == (1, 2, 0, 0)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"low": 60, "high": 50}, "low 60, high 50"),
        ({"high": 128}, "high 128"),
        ({"columns": 0}, "columns must be from 1 to 524,288.*received 0"),
        ({"resolution": 2.5}, "whole number; received 2.5"),
        ({"resolution": float("nan")}, "received 96 and nan"),
        ({"unit": "second", "rounding": "snap"}, "parts of a quarter"),
        ({"velocity": 0}, "velocity must be 1 to 127; received 0"),
        ({"tempo": 0}, "received 0"),
    ],
)
def test_fields_that_make_no_codec(fields, message):
    with pytest.raises(InputError, match=message):
        codec_named("roll96", **fields)


def test_windows_out_of_order():
    with pytest.raises(InputError, match="ascending places"):
        codec_named("roll96").decode(np.zeros((2, 96, 96, 1), np.uint8), np.array([1, 0]))
