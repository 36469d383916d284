"""What style is in the levels of bands, wherever in time it happens; and what rhythm is, which stays the content's.

After the statistics by which textures are known to the ear: McDermott and Simoncelli, "Sound texture perception via
statistics of the auditory periphery", Neuron 71 (2011), there of filter-bank envelopes, here of their logarithms.
"""

from __future__ import annotations

from typing import Any

from keras import ops

LAGS = (0, 1, 2, 4, 8, 16)
"""Columns between two bands that move together: up to 0.19 s."""
MAX_LAG = 160
"""Columns, 1.86 s, up to which a band is compared with itself: two beats at 65 to the minute."""
MODULATION_STEP = 0.8
"""Hz between the rates of movement that are told apart: beats at 120 to the minute, or at 170."""
MODULATION_FLOOR = 0.1
"""Power of modulation below which a band stands still."""
ONSET_COLUMNS = 3
"""Columns, 35 ms, over which levels rise where something begins."""


def style_statistics(levels: Any, rate: float) -> dict[str, Any]:
    """The statistics of a tile of levels (bands, columns), natural logarithms; `rate`: columns a second.

    distribution (bands, columns): each band's levels in rising order. cross_covariance (LAGS, bands / 2, bands / 2): of
    neighbours' means, one later than the other. modulation (bands, any): logarithm of the power with which a band moves at
    rates MODULATION_STEP apart. autocovariance (bands, MAX_LAG - 1): of a band, where beats are peaks.
    """
    columns = levels.shape[1]
    moving = levels - ops.mean(levels, axis=1, keepdims=True)
    pairs = _means_of(moving, 2)
    cross = [ops.matmul(pairs[:, : columns - lag], ops.transpose(pairs[:, lag:])) / columns for lag in LAGS]
    return {
        "distribution": ops.sort(levels, axis=1),
        "cross_covariance": ops.stack(cross),
        "modulation": ops.log(_modulation(moving, rate) + MODULATION_FLOOR),
        "autocovariance": _autocovariance(moving)[:, 1:MAX_LAG],
    }


WEIGHTS = {"distribution": 1.0, "cross_covariance": 1.0, "modulation": 3.0, "autocovariance": 0.5}
"""Of the statistics' mean squared distances, each divided by what it is at the start."""


def onset_envelopes(levels: Any) -> Any:
    """(bands / 4, columns - ONSET_COLUMNS) how levels rise and fall, each row of length 1: shape, not size, is rhythm."""
    groups = _means_of(levels, 4)
    change = groups[:, ONSET_COLUMNS:] - groups[:, :-ONSET_COLUMNS]
    change = change - ops.mean(change, axis=1, keepdims=True)
    return change / ops.sqrt(ops.sum(ops.square(change), axis=1, keepdims=True) + 1e-6)


def unevenness(gains: Any) -> Any:
    """Mean square of a gain's difference from the mean of its neighbours' (bands, columns), doubled.

    Where gains change smoothly with pitch, neighbouring partials keep their balance, and chords their notes.
    """
    return ops.mean(ops.square(gains[2:] - 2 * gains[1:-1] + gains[:-2]))


def _means_of(levels: Any, count: int) -> Any:
    """Means of each `count` neighbouring bands; what is left over at the top belongs to no group."""
    groups = levels.shape[0] // count
    return ops.mean(ops.reshape(levels[: groups * count], (groups, count, levels.shape[1])), axis=1)


def _modulation(moving: Any, rate: float) -> Any:
    """(bands, any) mean power of the rates in each MODULATION_STEP from 0 on; a last part of a step is left out."""
    power = _power(moving, moving.shape[1])
    rates = max(1, round(MODULATION_STEP * moving.shape[1] / rate))
    steps = power.shape[1] // rates
    return ops.mean(ops.reshape(power[:, : steps * rates], (power.shape[0], steps, rates)), axis=2)


def _power(moving: Any, columns: int) -> Any:
    real, imaginary = ops.rfft(moving, columns)
    return (ops.square(real) + ops.square(imaginary)) / columns


def _autocovariance(moving: Any) -> Any:
    columns = moving.shape[1]
    length = 1 << (columns + MAX_LAG - 1).bit_length()  # no lag meets its own end
    power = _power(moving, length) * length / columns
    return ops.irfft((power, ops.zeros_like(power)), length)
