"""What a machine hears of a piece."""

import numpy as np
import pytest
import soundfile

from midi.files.reading import read
from midi.listening import RATE, listen
from midi.notes import make_piece, note_table


def piece_of(start, end, velocity=100):
    """Notes of pitch 60 at 120 beats a minute: 960 ticks a second."""
    return make_piece(
        note_table(len(start), start=start, end=end, pitch=[60] * len(start), velocity=[velocity] * len(start))
    )


def test_a_piece_is_written_rendered_and_judged(tmp_path):
    piece = piece_of([0, 960], [480, 1440])
    heard = listen(piece, tmp_path / "a.b")
    assert read(tmp_path / "a.b.mid").notes["end"].tolist() == [480, 1440]
    sound, rate = soundfile.read(tmp_path / "a.b.wav")
    assert rate == RATE
    assert heard["duration"] == pytest.approx(len(sound) / RATE)
    assert heard["peak"] == pytest.approx(np.abs(sound).max(), abs=1e-4)
    assert heard["rms"] == pytest.approx(np.square(sound).mean() ** 0.5, abs=1e-4)
    assert (heard["silent"], heard["clipped"], heard["notes"]) == (False, 0, 2)


def test_the_first_seconds_are_heard_and_all_of_it_is_written(tmp_path):
    piece = piece_of([0, 9_600], [9_600, 9_700])
    heard = listen(piece, tmp_path / "a", seconds=2)
    assert len(read(tmp_path / "a.mid")) == 2
    assert heard["notes"] == 1
    assert heard["duration"] < 5


def test_what_is_too_soft_is_silent(tmp_path, monkeypatch):
    piece = piece_of([0], [480])
    rms = listen(piece, tmp_path / "a")["rms"]
    for threshold, silent in ((rms, False), (1.001 * rms, True)):
        monkeypatch.setattr("midi.listening.SILENT_RMS", threshold)
        assert listen(piece, tmp_path / "a")["silent"] == silent


def test_without_a_note_there_is_no_sound(tmp_path):
    heard = listen(piece_of([], []), tmp_path / "a")
    assert heard == {"duration": 0.0, "peak": 0.0, "rms": 0.0, "clipped": 0, "notes": 0, "silent": True}
    assert [path.name for path in tmp_path.iterdir()] == ["a.mid"]
