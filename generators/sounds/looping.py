"""Bars of a recording that can be played round and round without a seam, and their tempo."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass

import numpy as np

from generators.sounds.primers import as_heard
from generators.sounds.splicing import Splicer
from spectro.libraries import librosa
from training.errors import InputError

RATE = 22_050
"""Hz, at which beats are looked for."""
METRE = 4
"""Beats in a bar."""
BARS = 4
"""Of a loop, if nothing else is asked for, and if there are so many."""
DRIFT = 0.03
"""Part of the loop's length that the tempo which was found may be off."""
SLOW = 80.0
"""Beats a minute below which the music is taken to be twice as fast: trackers often find every second beat."""
MOST_ENDS = 64
"""Beats that are tried as the loop's end, at most."""


@dataclass(frozen=True, eq=False)
class Loop:
    """Whole bars whose end goes over into their beginning."""

    sound: np.ndarray
    """float32 (channels, samples)."""
    tempo: float
    """Beats a minute, of exactly this sound."""
    beats: int


def loop_of(sound: np.ndarray, rate: int, seconds: float | None = None) -> Loop:
    """The bars of sound (channels, samples) at `rate` Hz whose end is most like what comes before their beginning.

    As many as are nearest to so many seconds, or BARS; they begin on a beat that was found, not always on a bar's first.
    InputError: no beat was found, or not two bars.
    """
    heard = as_heard(sound, rate, RATE)
    tempo, beats = librosa.beat.beat_track(y=heard, sr=RATE, units="time", trim=False)
    tempo = float(np.atleast_1d(tempo)[0])
    tempo *= 2 if tempo < SLOW else 1
    bar = METRE * 60 / tempo if tempo > 0 else np.inf
    most = int((sound.shape[1] / rate - bar / METRE) / bar) if np.isfinite(bar) else 0
    if most < 1 or len(beats) < METRE:
        raise InputError(
            f"{len(beats)} beats were found in {sound.shape[1] / rate:.1f} s of it; --loop needs a bar and a beat more"
        )
    bars = int(np.clip(BARS if seconds is None else round(seconds / bar), 1, most))
    length = bars * bar
    ends = beats[beats >= length + bar / METRE][-MOST_ENDS:]
    ends = ends if len(ends) else np.array([sound.shape[1] / rate])
    slack = round(min(DRIFT * length, bar / METRE / 2) * rate)
    found = []
    for end in ends:
        splicer = Splicer(sound[:, : round(end * rate)], rate)
        start, alike = splicer.aligned(splicer.end - round(length * rate), slack)
        found.append((alike, splicer.end - start, splicer))
    _, lag, splicer = max(found, key=lambda each: each[0])
    once = np.roll(splicer.copy(lag, lag), -splicer.fade, axis=1)
    return Loop(once, 60 * METRE * bars * rate / lag, METRE * bars)


def write_acid(path: str | os.PathLike, tempo: float, beats: int) -> None:
    """Add a chunk `acid` to a WAV file, by which music programs know a loop's tempo, beats and metre."""
    stretched, root = 4, 60
    chunk = struct.pack("<4sIIHHfIHHf", b"acid", 24, stretched, root, 0x8000, 0.0, beats, METRE, 4, tempo)
    with open(path, "r+b") as file:
        file.seek(0, os.SEEK_END)
        size = file.tell() + len(chunk)
        file.write(chunk)
        file.seek(4)
        file.write(struct.pack("<I", size - 8))
