"""Columns: what an independent painting shows, the codec's own notes."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings

from midi.codecs import codec_named
from midi.codecs.codec import ONSET, REST, SUSTAIN
from midi.columns import columns_of, images_of, piece_of
from midi.notes import TEMPO, make_piece, note_table
from tests.midi.codecs.pieces import pieces
from training.errors import InputError

CHANGE = 960
"""Tick at which the pieces here become twice as fast."""


def drawn(seed, count=60):
    """Notes on few pitches, some out of range, that meet and overlap; odd ticks, so that none lies between two columns."""
    rng = np.random.default_rng(seed)
    start = 2 * rng.integers(0, 3_000, count) + 1
    end = start + 2 * rng.integers(1, 500, count)
    pitch = rng.choice([20, 21, 60, 61, 62, 108, 109], count)
    tempos = np.array([(0, 500_000), (CHANGE, 250_000)], TEMPO)
    return make_piece(note_table(count, start=start, end=end, pitch=pitch), tempos=tempos)


def quarter_column(tick):
    return round(Fraction(4 * int(tick), 480))


def second_column(tick):
    slow, fast = min(int(tick), CHANGE), max(int(tick) - CHANGE, 0)
    return round(20 * (Fraction(slow, 960) + Fraction(fast, 1_920)))


def painted(piece, column_of):
    """Cell by cell: the note that began last in a row is what it shows; of notes that began together the longest."""
    cells = np.zeros((1_000, 88), np.uint8)
    for row in range(88):
        notes = {}
        for note in piece.notes[piece.notes["pitch"] == 108 - row]:
            first = column_of(note["start"])
            notes[first] = max(column_of(note["end"]), first + 1, notes.get(first, 0))
        for column in range(len(cells)):
            first = max((first for first in notes if first <= column), default=None)
            if first is not None and column < notes[first]:
                cells[column, row] = ONSET if column == first else SUSTAIN
    return cells[: np.flatnonzero(cells.any(axis=1))[-1] + 1]


@pytest.mark.parametrize(("name", "column_of"), [("beats88", quarter_column), ("levels88", second_column)])
@pytest.mark.parametrize("seed", range(3))
def test_columns_are_an_independent_painting(name, column_of, seed):
    piece = drawn(seed)
    columns, losses = columns_of(piece, codec_named(name))
    assert columns.dtype == np.uint8
    np.testing.assert_array_equal(columns, painted(piece, column_of))
    assert {REST, ONSET, SUSTAIN} == set(columns.ravel())
    assert losses["notes"] == len(piece)
    assert losses["kept"] == (columns == ONSET).sum()
    assert losses["out_of_range"] == np.isin(piece.notes["pitch"], [20, 109]).sum() > 0


@pytest.mark.parametrize("name", ["beats88", "levels88", "frames88", "roll96"])
@given(piece=pieces())
@settings(max_examples=25, deadline=None)
def test_the_piece_and_the_pictures_are_those_of_the_codec(name, piece):
    codec = replace(codec_named(name), columns=16)
    columns, _ = columns_of(piece, codec)
    encoded = codec.encode(piece)
    expected = codec.decode(encoded.images, tempo=400_000)
    found = piece_of(columns, codec, tempo=400_000)
    np.testing.assert_array_equal(found.notes, expected.notes)
    assert (found.division, found.tempo_at(0)) == (expected.division, 400_000)
    np.testing.assert_array_equal(images_of(columns, codec), encoded.images)
    np.testing.assert_array_equal(codec.decode(images_of(columns, codec)).notes, piece_of(columns, codec).notes)


def test_pictures_are_filled_up_with_silence():
    codec = codec_named("beats88")
    columns = np.full((codec.columns + 1, 88), SUSTAIN, np.uint8)
    images = images_of(columns, codec)
    assert images.shape == (2, *codec.shape)
    assert images[0].all()
    assert images[1, :, 0].all()
    assert not images[1, :, 1:].any()


@pytest.mark.parametrize("name", ["interleaved32", "lossless"])
def test_codecs_without_columns_are_refused(name):
    with pytest.raises(InputError, match=f"{name} do not show one cell a pitch; use beats88 or levels88"):
        columns_of(drawn(0), codec_named(name))


def test_a_piece_without_notes_or_columns_is_refused(tmp_path):
    codec = codec_named("beats88")
    with pytest.raises(InputError, match="it holds no notes"):
        columns_of(make_piece(note_table(0)), codec)
    with pytest.raises(InputError, match="no note within the pitches 21 to 108"):
        columns_of(make_piece(note_table(1, end=480, pitch=20)), codec)
    with pytest.raises(InputError, match="one column or more; received none"):
        piece_of(np.zeros((0, 88), np.uint8), codec)
