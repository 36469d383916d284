"""Notes in seconds as a MIDI piece: as they are, or in beats that are found or given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from midi.notes import Piece, make_piece, note_table
from midi.tempo import TEMPO
from spectro.libraries import librosa
from training.errors import InputError

DIVISION = 480
"""Ticks in a quarter."""
TEMPO_BY = 300.0
"""Seconds by which a tempo is estimated: what librosa needs for that takes 100 MB a minute."""


def piece_of(parts: Sequence[np.ndarray], beats: np.ndarray | None = None, quantise: int = 0, program: int = 0) -> Piece:
    """The notes of HEARD of each part as a track of one piece. beats: times of beats in seconds, ascending, from 0 on (as
    `beats_of` and `beats_at` give them), which become its quarters; without them it is 120 quarters a minute.

    quantise: brings onsets and offsets to the nearest 1/quantise of a whole note; a note lasts one of these at least.
    """
    tables = [
        note_table(len(notes), pitch=notes["pitch"], track=number, program=program) for number, notes in enumerate(parts)
    ]
    notes, heard = np.concatenate(tables), np.concatenate(parts)
    notes["velocity"] = np.rint(heard["velocity"])
    beats = np.arange(2) * 0.5 if beats is None else beats
    step = 4 * DIVISION // quantise if quantise else 1
    for name, seconds in (("start", heard["onset"]), ("end", heard["offset"])):
        notes[name] = step * np.rint(DIVISION * _places(seconds, beats) / step)
    notes["end"] = np.maximum(notes["end"], notes["start"] + step)
    tempos = np.zeros(len(beats) - 1, TEMPO)
    tempos["tick"], tempos["microseconds"] = DIVISION * np.arange(len(tempos)), np.rint(1e6 * np.diff(beats))
    changed = np.diff(tempos["microseconds"], prepend=-1) != 0
    return make_piece(notes, DIVISION, tempos[changed])


def _places(seconds: np.ndarray, beats: np.ndarray) -> np.ndarray:
    """Beats from the first one on, with a fraction; beyond the last one as long as that before it."""
    late = (seconds - beats[-1]) / (beats[-1] - beats[-2])
    return np.where(late > 0, len(beats) - 1 + late, np.interp(seconds, beats, np.arange(len(beats))))


def beats_of(onsets: np.ndarray, rate: float) -> np.ndarray:
    """Times of beats in seconds, from 0 on, as `librosa.beat.beat_track` finds them (Ellis 2007).

    onsets: (frames,) how much begins in each frame, `rate` frames a second. The tempo that they follow is that of the first
    TEMPO_BY seconds. InputError: no beat is found.
    """
    frames = {"sr": round(1_000 * rate), "hop_length": 1_000}
    tempo = librosa.feature.tempo(onset_envelope=onsets[: round(TEMPO_BY * rate)], **frames)
    found = librosa.beat.beat_track(onset_envelope=onsets, bpm=tempo, trim=False, **frames)[1]
    if len(found) < 2:
        raise InputError("no beat is found in the recording; give its --tempo in beats a minute")
    times = found / rate
    period = float(np.median(np.diff(times)))
    before = max(1, round(times[0] / period)) if times[0] > 0 else 0
    return np.concatenate([np.linspace(0, times[0], before, endpoint=False), times])


def beats_at(tempo: float, onsets: np.ndarray, rate: float) -> np.ndarray:
    """The same for a steady tempo in beats a minute; its first beat is where most onsets fall on beats."""
    period = 60 / tempo
    phases = np.arange(0, period, 1 / rate)
    beats = np.arange(0, len(onsets) / rate, period)
    places = np.rint((phases[:, None] + beats) * rate).astype(int)
    strength = np.where(places < len(onsets), onsets[np.minimum(places, len(onsets) - 1)], 0).sum(axis=1)
    first = float(phases[strength.argmax()])
    times = np.append(first + beats, first + beats[-1] + period)
    return times if first < 1e-6 else np.append(0.0, times)
