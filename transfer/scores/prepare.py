"""Sounds made comparable: one rate, one channel, one level, one length."""

from __future__ import annotations

import numpy as np

from spectro.clips import SILENCE
from training.cli import InputError

RATE = 22_050
"""Sample rate in Hz of all that is scored."""
RMS = 0.1
"""Level of all that is scored."""
SHORTEST = 1.0
"""Seconds that a content must last: below, rhythm and modulation mean nothing."""


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
