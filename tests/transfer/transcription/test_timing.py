"""Notes in beats: seconds stay what they are, steps are what was asked for."""

import numpy as np
import pytest

from training.errors import InputError
from transfer.transcription.notes import heard
from transfer.transcription.timing import beats_at, beats_of, piece_of

RATE = 62.5


def struck(times, length=30.0):
    """Onsets at these seconds, frame by frame."""
    onsets = np.zeros(round(length * RATE), np.float32)
    onsets[np.rint(times * RATE).astype(int)] = 255
    return onsets


def notes_at(onsets):
    return heard(onsets, onsets + 0.2, np.full(len(onsets), 60), np.full(len(onsets), 90))


def test_without_beats_seconds_stay():
    onsets = np.sort(np.random.default_rng(0).uniform(0, 60, 200))
    piece = piece_of([notes_at(onsets), notes_at(onsets[:3] + 0.05)], program=5)
    assert len(piece) == 203
    assert set(piece.notes["track"]) == {0, 1}
    assert set(piece.notes["program"]) == {5}
    np.testing.assert_allclose(piece.seconds(piece.notes["start"][piece.notes["track"] == 0]), onsets, atol=6e-4)


@pytest.mark.parametrize("first", [0.0, 0.21, 0.4])
def test_a_steady_tempo_finds_its_first_beat(first):
    period = 60 / 100
    onsets = first + period / 4 * np.arange(100)
    piece = piece_of([notes_at(onsets)], beats_at(100, struck(onsets[::4]), RATE), 16)
    assert (piece.notes["start"] % 120 == 0).all()
    assert (np.diff(piece.notes["start"]) == 120).all()
    np.testing.assert_allclose(piece.seconds(piece.notes["start"]), onsets, atol=0.5 / RATE)
    assert round(60e6 / piece.tempo_at(10_000)) == 100


def test_beats_are_found_and_followed():
    times = np.cumsum(np.linspace(0.5, 0.55, 50))  # it slows down
    beats = beats_of(struck(times), RATE)
    assert beats[0] == 0
    inner = beats[(beats > 2) & (beats < 24)]
    assert np.abs(inner[:, None] - times).min(axis=1).max() < 0.06
    piece = piece_of([notes_at(times)], beats, 4)
    assert (piece.notes["start"] % 480 == 0).all()


def test_what_has_no_beat_is_told():
    with pytest.raises(InputError, match="give its --tempo"):
        beats_of(np.zeros(300, np.float32), RATE)


def test_notes_last_a_step_at_least():
    piece = piece_of([notes_at(np.array([0.0, 0.26]))], np.arange(5.0), 4)
    assert piece.notes["start"].tolist() == [0, 0]
    assert piece.notes["end"].tolist() == [480, 480]
