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

RATE, HOP = 22_050, 512
"""Hz, at which beats are looked for, and samples from one place to the next."""
METRE = 4
"""Beats in a bar."""
BARS = 4
"""Of a loop, if nothing else is asked for, and if there are so many."""
DRIFT = 0.03
"""Part of the loop's length that the tempo which was found may be off."""
TEMPI = (80.0, 180.0)
"""Beats a minute that are looked for; music outside of these is heard as twice or half as fast."""
USUAL, OCTAVES = 120.0, 0.9
"""The likeliest tempo, and how many octaves from it others are less likely by a factor e ** -0.5."""
COMPARED = (1, 2, 3, 4, 8)
"""Beats after which music should sound alike. Of 28 composed tracks this found the tempo of 17, of 9 its half or double, and
that of five loops of 16 beats; `librosa.beat.beat_track`, which compares neighbouring beats, that of 13, 11 and 2."""
LEAST = 0.1
"""Correlation after so many beats below which there are none."""
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
    InputError: no beat was found, or not a bar and a beat.
    """
    onsets = librosa.onset.onset_strength(y=as_heard(sound, rate, RATE), sr=RATE, hop_length=HOP)
    tempo, beats = tempo_of(onsets, RATE / HOP), np.zeros(0)
    if tempo:
        _, beats = librosa.beat.beat_track(
            onset_envelope=onsets, sr=RATE, hop_length=HOP, bpm=tempo, units="time", trim=False
        )
    bar = METRE * 60 / tempo if tempo else np.inf
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


def tempo_of(onsets: np.ndarray, rate: float) -> float:
    """Beats a minute of an onset envelope of `rate` Hz; 0 where nothing in it comes again.

    The tempo at which the envelope is most like itself COMPARED beats later: its autocorrelation there, their mean.
    """
    count, changes = len(onsets), onsets - onsets.mean()
    power = np.square(np.abs(np.fft.rfft(changes, 2 * count)))
    products = np.fft.irfft(power)[:count] / np.arange(count, 0, -1)
    tempi = np.geomspace(*TEMPI, 600)
    lags = np.array(COMPARED)[:, None] * 60 / tempi * rate
    there = lags < 0.75 * count
    if products[0] <= 0 or not there[0].all():
        return 0.0
    alike = np.sum(np.interp(lags, np.arange(count), products / products[0]) * there, axis=0) / there.sum(axis=0)
    likely = alike * np.exp(-0.5 * np.square(np.log2(tempi / USUAL) / OCTAVES))
    best = int(np.argmax(likely))
    return float(tempi[best]) if alike[best] > LEAST else 0.0


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
