"""A limiter that looks ahead: no sample above a ceiling, and no clipping."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter1d, uniform_filter1d

BLOCK = 1 << 20


def limit(sound: np.ndarray, rate: int, ceiling: float, seconds: float = 0.005) -> float:
    """Lower the loud places of `sound` (channels, samples), in place, until its peak is at most `ceiling`.

        limit(sound, 44_100, ceiling=0.99)

    The gain, common to all channels, is a moving average over `seconds` of gains that each fit every peak within reach, so
    it fits too; elsewhere it is 1. Works in blocks, so `sound` may be a memory map far larger than memory. Returns the
    smallest gain, 1.0 where nothing had to be done.
    """
    reach = int(seconds * rate) | 1
    smallest, length = 1.0, sound.shape[1]
    before = sound[:, :0]
    for start in range(0, length, BLOCK):
        end = min(start + BLOCK, length)
        around = np.concatenate([before, sound[:, start : end + reach]], axis=1)
        peaks = maximum_filter1d(np.abs(around).max(axis=0), reach, mode="nearest")
        gain = uniform_filter1d(np.minimum(1, ceiling / np.maximum(peaks, ceiling)), reach, mode="nearest")
        gain = gain[before.shape[1] :][: end - start]
        before = sound[:, max(start, end - reach) : end].copy()
        sound[:, start:end] *= gain
        smallest = min(smallest, float(gain.min()))
    return smallest
