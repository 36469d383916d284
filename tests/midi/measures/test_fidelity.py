"""Scores of round trips, against mir_eval on whole pieces and against sets of fractions."""

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mir_eval.transcription import precision_recall_f1_overlap

from midi.measures import fidelity as module
from midi.measures.fidelity import exact, fidelity
from midi.notes import Piece, make_piece, note_table
from training.errors import InputError


def piece_of(rows, division=480, tempo=500_000):
    """A piece of (start, length, pitch) in ticks."""
    start, length, pitch = (np.array(column, int) for column in zip(*rows, strict=True)) if rows else ([], [], [])
    return make_piece(note_table(len(rows), start=start, end=np.add(start, length), pitch=pitch), division, tempo)


def whole(piece):
    spans = np.stack([piece.seconds(piece.notes["start"]), piece.seconds(piece.notes["end"])], axis=1)
    return spans, 440.0 * 2 ** ((piece.notes["pitch"].astype(float) - 69) / 12)


NOTES = st.lists(st.tuples(st.integers(0, 400), st.integers(1, 300), st.integers(60, 62)), min_size=1, max_size=25)


@given(NOTES, NOTES)
@settings(max_examples=200, deadline=None)
def test_equals_mir_eval_on_whole_pieces(ours, theirs):
    reference, estimate = piece_of(ours), piece_of(theirs)
    found = fidelity(reference, estimate)
    for ratio, f1 in ((None, found.onset_f1), (0.2, found.note_f1)):
        wanted = precision_recall_f1_overlap(*whole(reference), *whole(estimate), offset_ratio=ratio)[2]
        assert f1 == pytest.approx(wanted)


@given(NOTES, NOTES, st.sampled_from([(480, 480), (480, 96), (7, 480)]))
@settings(max_examples=100, deadline=None)
def test_exact_is_a_multiset_of_fractions(ours, theirs, divisions):
    reference, estimate = (piece_of(rows, division) for rows, division in zip((ours, theirs), divisions, strict=True))
    sets = []
    for piece in (reference, estimate):
        notes = piece.notes[["start", "end", "pitch", "velocity", "program", "drum"]].tolist()
        sets.append(Counter((Fraction(n[0], piece.division), Fraction(n[1], piece.division), *n[2:]) for n in notes))
    share, duplicates = exact(reference, estimate)
    assert share == (sets[0] & sets[1]).total() / max(len(ours), len(theirs))
    assert duplicates == len(ours) - len(sets[0])


def test_the_same_music_in_another_division_is_exact():
    rows = [(0, 480, 60), (480, 240, 62), (480, 240, 62)]
    other = piece_of([(start // 5, length // 5, pitch) for start, length, pitch in rows], 96)
    assert exact(piece_of(rows), other) == (1.0, 1)
    assert exact(piece_of(rows), piece_of(rows[:2])) == (2 / 3, 1)


@pytest.mark.parametrize("name", ["velocity", "program", "drum"])
def test_exact_sees_every_feature_but_the_track(name):
    notes = note_table(2, start=[0, 480], end=[480, 960], pitch=60)
    other = notes.copy()
    other["track"] = 3
    assert exact(Piece(notes), Piece(other)) == (1.0, 0)
    other[name][1] = 1
    assert exact(Piece(notes), Piece(other)) == (0.5, 0)


def test_seconds_not_ticks_and_drums_apart():
    rows = [(0, 480, 60), (480, 480, 60)]
    assert fidelity(piece_of(rows), piece_of(rows, tempo=600_000)).onsets == 1
    drums = note_table(2, start=[0, 480], end=[480, 960], pitch=60, drum=[False, True])
    assert fidelity(piece_of(rows), make_piece(drums)).notes == 1


def test_onsets_may_be_50_ms_off_and_offsets_a_fifth_of_the_length():
    reference = piece_of([(0, 4800, 60)], 1000, 1_000_000)
    for start, length, onset, note in ((50, 4800, 1, 1), (51, 4800, 0, 0), (0, 5759, 1, 1), (0, 5762, 1, 0)):
        found = fidelity(reference, piece_of([(start, length, 60)], 1000, 1_000_000))
        assert (found.onsets, found.notes) == (onset, note)


def test_empty_pieces_and_notes_without_length():
    empty, one = piece_of([]), piece_of([(0, 480, 60)])
    assert (fidelity(empty, empty).onset_f1, exact(empty, empty)) == (1.0, (1.0, 0))
    assert (fidelity(one, empty).onset_f1, fidelity(empty, one).note_f1, exact(one, empty)) == (0.0, 0.0, (0.0, 0))
    assert fidelity(piece_of([(0, 0, 60)]), piece_of([(1, 0, 60)])).notes == 1


def test_too_many_at_once_are_refused_unless_equal(monkeypatch):
    monkeypatch.setattr(module, "MAX_PAIRS", 100)
    crowd = piece_of([(0, 480, 60)] * 20)
    assert fidelity(crowd, crowd).notes == 20
    with pytest.raises(InputError, match="20 and 19 notes of one pitch"):
        fidelity(crowd, piece_of([(0, 480, 60)] * 19))


def test_a_long_chain_ends_in_one_line(monkeypatch):
    """mir_eval recurses along a chain of notes that are each near the next one."""

    def deeper(*_, **__):
        raise RecursionError

    monkeypatch.setattr("mir_eval.transcription.match_notes", deeper)
    with pytest.raises(InputError, match="3 and 2 notes of one pitch stand too near"):
        fidelity(piece_of([(40 * place, 10, 60) for place in range(3)]), piece_of([(20, 10, 60), (60, 10, 60)]))
