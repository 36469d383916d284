"""Parts, the upper line and the melody of pieces."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midi.files.reading import read
from midi.notes import NOTE, SIGNATURE, make_piece, note_table
from midi.parts import melody_track, skyline, split, without_drums
from tests.data import real_data
from training.errors import InputError

ROWS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 30), st.integers(0, 127), st.booleans(), st.integers(0, 3)), max_size=25
)


def piece_of(rows):
    """A piece of (start, length, pitch, drum, track); the program is 9 times the track."""
    start, length, pitch, drum, track = (np.array(column, int) for column in zip(*rows, strict=True)) if rows else [[]] * 5
    drum, track = np.array(drum, bool), np.array(track, int)
    notes = note_table(len(rows), start=start, end=np.add(start, length), pitch=pitch, drum=drum, track=track)
    notes["program"] = 9 * track
    return make_piece(notes, signatures=np.array([(0, 3, 4)], SIGNATURE))


@given(ROWS)
@settings(max_examples=40, deadline=None)
@pytest.mark.parametrize("by", ["track", "instrument", "family"])
def test_every_note_is_in_one_part(by, rows):
    piece = piece_of(rows)
    parts = split(piece, by)
    together = np.concatenate([part.notes for part in parts]) if parts else np.empty(0, NOTE)
    assert np.array_equal(
        np.sort(together, order=["start", "track", "pitch", "end", "drum"]),
        np.sort(piece.notes, order=["start", "track", "pitch", "end", "drum"]),
    )
    for part in parts:
        assert len(part)
        assert part.signatures is piece.signatures
        assert part.division == piece.division


def test_parts_by_instrument():
    notes = note_table(5, start=np.arange(5), end=9, track=[0, 1, 2, 3, 4])
    notes["program"], notes["drum"] = [0, 0, 7, 25, 8], [False, False, False, True, True]
    piece = make_piece(notes)
    assert [part.notes["track"].tolist() for part in split(piece, "track")] == [[0], [1], [2], [3], [4]]
    assert [part.notes["track"].tolist() for part in split(piece, "instrument")] == [[0, 1], [2], [3, 4]]
    assert [part.notes["track"].tolist() for part in split(piece, "family")] == [[0, 1, 2], [3, 4]]
    with pytest.raises(InputError, match="track, instrument, family"):
        split(piece, "pitch")


def roll_of(piece):
    """(length,) of the highest pitch that sounds, -1 for rests, and (128, length) what sounds."""
    roll = np.zeros((128, 100), bool)
    for note in piece.notes[~piece.notes["drum"]]:
        roll[note["pitch"], note["start"] : note["end"]] = True
    return np.where(roll.any(axis=0), 127 - np.argmax(roll[::-1], axis=0), -1), roll


@given(ROWS)
@settings(max_examples=80, deadline=None)
def test_the_skyline_is_the_highest_pitch_of_every_instant(rows):
    piece = piece_of(rows)
    line = skyline(piece)
    highest, roll = roll_of(line)
    assert roll.sum(axis=0).max() <= 1
    assert np.array_equal(highest, roll_of(piece)[0])
    assert (line.notes["start"][1:] >= line.notes["end"][:-1]).all()
    assert np.array_equal(skyline(line).notes, line.notes)


@given(ROWS)
@settings(max_examples=80, deadline=None)
def test_without_resuming_every_note_begins_where_it_did(rows):
    piece = piece_of(rows)
    line = skyline(piece, resume=False)
    keys = ["start", "pitch", "track", "program", "velocity"]
    assert set(line.notes[keys].tolist()) <= set(piece.notes[~piece.notes["drum"]][keys].tolist())
    highest, roll = roll_of(line)
    assert roll.sum(axis=0).max() <= 1
    assert ((highest == roll_of(piece)[0]) | (highest == -1)).all()


def test_a_line_over_a_held_note():
    piece = piece_of([(0, 40, 48, False, 1), (10, 10, 72, False, 0), (20, 5, 72, False, 0)])
    spans = [(int(n["start"]), int(n["end"]), int(n["pitch"])) for n in skyline(piece).notes]
    assert spans == [(0, 10, 48), (10, 20, 72), (20, 25, 72), (25, 40, 48)]
    spans = [(int(n["start"]), int(n["end"]), int(n["pitch"])) for n in skyline(piece, resume=False).notes]
    assert spans == [(0, 10, 48), (10, 20, 72), (20, 25, 72)]


def test_of_equal_pitches_the_later_one_is_heard():
    piece = piece_of([(0, 30, 60, False, 0), (10, 10, 60, False, 1)])
    assert skyline(piece).notes[["start", "end", "track"]].tolist() == [(0, 10, 0), (10, 20, 1), (20, 30, 0)]


def test_the_melody_is_the_high_single_line():
    melody = [(10 * i, 10, 70 + i % 5, False, 2) for i in range(20)]
    chords = [(40 * i, 40, pitch, False, 1) for i in range(5) for pitch in (72, 76, 79)]
    bass = [(20 * i, 20, 36, False, 0) for i in range(10)]
    bell = [(0, 10, 108, False, 3)]
    drums = [(5 * i, 5, 100, True, 4) for i in range(40)]
    assert melody_track(piece_of(melody + chords + bass + bell + drums)) == 2
    assert melody_track(piece_of(chords)) == 1


def test_drums_have_no_melody():
    with pytest.raises(InputError, match="no melody"):
        melody_track(piece_of([(0, 10, 36, True, 0)]))


def test_folk_tunes_have_the_melody_in_the_first_track():
    for path in sorted(real_data("midi/nottingham").rglob("*.mid"))[:10]:
        piece = read(path)
        assert melody_track(piece) == 0
        line = skyline(piece)
        assert np.isin(line.notes["track"], (0, 1)).all()
        assert np.mean(line.notes["track"] == 0) > 0.7


@given(ROWS)
@settings(max_examples=40, deadline=None)
def test_without_drums_the_rest_is_as_it_was(rows):
    piece = piece_of(rows)
    drum = piece.notes["drum"]
    if drum.all() and len(piece):
        with pytest.raises(InputError, match="but those of drums"):
            without_drums(piece)
        return
    rest, count = without_drums(piece)
    assert count == drum.sum()
    np.testing.assert_array_equal(rest.notes, piece.notes[~drum])
