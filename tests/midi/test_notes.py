"""The table of notes: order, and ticks, quarters and seconds through the tempo map."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midi.notes import (
    MAX_TRACKS,
    NOTE,
    TEMPO,
    USUAL_TEMPO,
    Piece,
    in_order,
    make_piece,
    note_table,
    require_tracks,
    with_notes,
)
from training.errors import InputError

SMALL = st.integers(0, 3)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(SMALL, SMALL, SMALL, st.integers(1, 4), st.just(0), st.booleans(), SMALL), max_size=30))
def test_order_is_that_of_python(rows):
    notes = in_order(np.array(rows, NOTE))
    fields = [(start, track, pitch, end, velocity) for start, end, pitch, velocity, _, _, track in notes.tolist()]
    assert fields == sorted((start, track, pitch, end, velocity) for start, end, pitch, velocity, _, _, track in rows)
    assert sorted(notes.tolist()) == sorted(rows)


def test_order_holds_to_the_largest_values():
    rows = [((1 << 31) - 1, (1 << 31) - 1, 127, 127, 127, True, MAX_TRACKS), ((1 << 31) - 1, 1 << 31, 0, 1, 0, False, 0)]
    assert in_order(np.array(rows, NOTE)).tolist() == rows[::-1]


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 2**24 - 1)), max_size=6),
    st.lists(st.integers(0, 2000), min_size=1, max_size=9),
    st.integers(1, 1000),
)
def test_seconds_are_the_sum_of_ticks(changes, ticks, division):
    """Against adding up tick by tick; of several changes at one tick the last counts."""
    piece = make_piece(note_table(0), division, np.array(changes, TEMPO))
    length = np.full(2000, USUAL_TEMPO / division / 1e6)
    for tick, tempo in sorted(changes, key=lambda change: change[0]):
        length[tick:] = tempo / division / 1e6
        assert piece.tempo_at(2000) == sorted(changes, key=lambda change: change[0])[-1][1]
    expected = np.append(0, np.cumsum(length))[ticks]
    np.testing.assert_allclose(piece.seconds(ticks), expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(piece.ticks(expected), ticks, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(piece.quarters(ticks), np.array(ticks) / division)


def test_a_piece_without_a_tempo_has_the_usual_one():
    piece = Piece(note_table(0))
    assert piece.tempo_at(5) == USUAL_TEMPO
    assert piece.seconds(960) == pytest.approx(1)
    assert (len(piece), piece.end) == (0, 0)


def test_other_notes_keep_the_tempo():
    piece = make_piece(note_table(1, end=3), 96, 400_000)
    other = with_notes(piece, note_table(2, start=[9, 5], end=[20, 6]))
    assert other.notes["start"].tolist() == [5, 9]
    assert (other.end, other.tempo_at(0), other.division) == (20, 400_000, 96)


@pytest.mark.parametrize("division", [0, -5, 32_768])
def test_division_is_checked(division):
    with pytest.raises(InputError, match=f"from 1 to 32767; received {division}"):
        Piece(note_table(0), division)


def test_tracks_are_limited():
    require_tracks(MAX_TRACKS)
    with pytest.raises(InputError, match="at most 32,767 tracks with notes can be kept; received 32,768"):
        require_tracks(MAX_TRACKS + 1)
