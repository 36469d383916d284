"""Sounds made comparable: the first seconds of a file, at one rate, in one channel, of one level and length."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np

from spectro.audio import blocks
from spectro.pieces import SILENCE
from training.cli import log
from training.errors import InputError

RATE = 22_050
"""Sample rate in Hz of all that is scored."""
RMS = 0.1
"""Level of all that is scored."""
MIN_SECONDS = 1.0
"""That a content must last: below, rhythm and modulation mean nothing."""
MAX_SECONDS = 10.0
"""From the start that are scored: a style repeated many times has a rhythm of its own, the repetition."""


def read_start(path: str | os.PathLike, note: Callable[[str], None] = log) -> np.ndarray:
    """The first MAX_SECONDS of a file, mono float32 (samples,) at RATE. InputError: not a file that can be read.

    note: takes a line on each damage that was skipped.
    """
    return next(blocks(path, MAX_SECONDS, rate=RATE, mono=True, note=note), np.zeros(0, np.float32))


def levelled(sound: np.ndarray, name: str) -> np.ndarray:
    """(samples,) or (channels, samples) -> float64 (samples,) of RMS 0.1. InputError: silent, empty or not finite."""
    mono = np.atleast_2d(np.asarray(sound, np.float64)).mean(axis=0)
    if not mono.size or not np.isfinite(mono).all():
        raise InputError(f"{name} has no samples, or NaN or infinite ones")
    rms = np.sqrt(np.mean(mono**2))
    if rms < SILENCE:
        raise InputError(f"{name} is silent (RMS {rms:.1g} of full scale); there is nothing to score")
    return mono * (RMS / rms)


def fitted(sound: np.ndarray, length: int) -> np.ndarray:
    """(samples,) repeated or cut to `length`."""
    return np.resize(sound, length)
