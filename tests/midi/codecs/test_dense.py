"""Rolls that tell onsets: golden values, re-strikes, velocity and program, and the rule for a network's output."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midi.codecs import codec_named
from midi.codecs.codec import ONSET, REST, SUSTAIN
from midi.notes import TEMPO, make_piece, note_table
from tests.midi.codecs.pieces import piece_of, pieces, times

few = settings(max_examples=40, deadline=None)
DENSE, LEVELS = codec_named("dense88"), codec_named("levels88")


def test_golden():
    """At 120 beats a minute and 480 ticks a column is 48 ticks: a quarter is columns 0 to 9, half-open."""
    image = DENSE.encode(piece_of((0, 1, 108), (1, 1, 21), velocity=[90, 70], program=[3, 4])).images[0]
    assert image.shape == (88, 200, 3)
    assert image[0, :11].tolist() == [[125, 90, 3]] + [[255, 90, 3]] * 9 + [[0, 0, 0]]
    assert image[87, 9:21].tolist() == [[0, 0, 0], [125, 70, 4]] + [[255, 70, 4]] * 9 + [[0, 0, 0]]
    assert DENSE.encode(piece_of((0, 1, 20), (0, 1, 60), (0, 1, 109))).losses["out_of_range"] == 2


@given(pieces())
@few
def test_levels_are_the_red_of_dense(piece):
    np.testing.assert_array_equal(LEVELS.encode(piece).images, DENSE.encode(piece).images[..., :1])


@given(st.lists(st.tuples(st.integers(0, 250), st.integers(1, 40), st.integers(50, 60)), min_size=1, max_size=25))
@few
def test_polyphony_with_repeated_notes_comes_back_exactly(drawn):
    """Without a rest between: the onset level divides notes."""
    free, notes = {}, []
    for start, length, pitch in sorted(drawn):
        start = max(start, free.get(pitch, 0))
        free[pitch] = start + length
        notes.append((start / 10, length / 10, pitch))
    velocity = 1 + np.arange(len(notes)) * 5
    piece = piece_of(*notes, velocity=velocity, program=velocity % 100)
    encoded = DENSE.encode(piece)
    assert DENSE.decode(encoded.images).notes.tolist() == piece.notes.tolist()
    assert times(LEVELS.decode(LEVELS.encode(piece).images)) == times(piece)
    assert encoded.losses["kept"] == len(piece)


def test_the_files_division_and_tempo_map():
    notes = note_table(2, start=[384, 768], end=[768, 1152], pitch=60)
    piece = make_piece(notes, 384, np.array([(0, 500_000), (768, 1_000_000)], TEMPO))
    assert np.flatnonzero(LEVELS.encode(piece).images[0, 48, :, 0] == 125).tolist() == [10, 20]
    assert np.flatnonzero(LEVELS.encode(piece).images[0, 48, :, 0]).tolist() == list(range(10, 40))


def test_parts_of_a_quarter():
    codec = codec_named("dense88", unit="quarter", resolution=12)
    piece = piece_of((0, 1 / 3, 60), (1 / 3, 1 / 4, 60), tempos=777_777)
    assert times(codec.decode(codec.encode(piece).images)) == times(piece)


@pytest.mark.parametrize("codec", [DENSE, LEVELS], ids=["dense88", "levels88"])
def test_the_nearest_level_decides(codec):
    image = np.zeros((1, *codec.shape), np.uint8)
    image[0, 0, :8, 0] = 62, 63, 189, 190, 255, 20, 200, 90
    assert codec.classes(image)[0, 0, :9].tolist() == [
        REST, ONSET, ONSET, SUSTAIN, SUSTAIN, REST, SUSTAIN, ONSET, REST
    ]  # fmt: skip
    notes = codec.decode(image).notes
    columns = [(note["start"] // 48, note["end"] // 48) for note in notes]
    assert columns == [(1, 2), (2, 5), (6, 7), (7, 8)]
    assert (notes["velocity"] == (1 if codec is DENSE else 100)).all()


def test_real_values_go_to_the_nearest_level():
    values = np.linspace(-1, 1, 200, dtype=np.float32)
    images = LEVELS.from_model(np.broadcast_to(values[:, None], LEVELS.shape)[None])
    grey = (values + 1) * 127.5
    nearest = np.array([0, 125, 255])[np.abs(grey[:, None] - [0, 125, 255]).argmin(axis=1)]
    np.testing.assert_array_equal(images[0, 5, :, 0], nearest)


def test_runs_at_both_ends():
    image = np.zeros((1, *LEVELS.shape), np.uint8)
    image[0, 3, [0, 1, 198, 199], 0] = 255, 255, 125, 255
    assert times(LEVELS.decode(image)) == [(0, Fraction(2, 10), 105), (Fraction(198, 10), 20, 105)]


def test_velocity_and_program_are_those_of_the_first_cell():
    image = np.zeros((1, *DENSE.shape), np.uint8)
    image[0, 3, :3] = (125, 200, 130), (255, 10, 10), (255, 90, 90)
    assert DENSE.decode(image).notes[["velocity", "program"]].tolist() == [(127, 127)]


def test_what_is_kept_is_not_counted_as_lost():
    piece = piece_of((0, 1, 60), (1, 1, 61), velocity=[3, 100], program=[9, 0], drum=[False, True])
    dense, levels = DENSE.encode(piece).losses, LEVELS.encode(piece).losses
    assert (dense.get("velocities", 0), dense["programs"]) == (0, 1)
    assert (levels["velocities"], levels["programs"]) == (1, 2)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=5, deadline=None)
def test_classes_are_kept_whatever_they_are(seed):
    classes = np.random.default_rng(seed).integers(0, 3, (2, 88, 200)).astype(np.uint8)
    for codec in (DENSE, LEVELS):
        images = codec.from_classes(classes)
        np.testing.assert_array_equal(codec.classes(images), classes)
    cells = np.unique(DENSE.from_classes(classes).reshape(-1, 3), axis=0)
    assert cells.tolist() == [[0, 0, 0], [125, 100, 0], [255, 100, 0]]
