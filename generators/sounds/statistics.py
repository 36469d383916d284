"""What a stretch of sound is like, in a few numbers taken from its picture, so that models and data can be compared.

Pictures are (..., rows, columns) in [0, 1]; decibels are below the reference (white) of the picture.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from spectro.stft import SpectrogramSetting

SILENCE_DB = -75.0
"""Columns whose loudest bin is below this are silence; they have neither colour nor pitch."""
RISE_DB = 3.0
"""Mean rise of all bins within RISE_SECONDS from which on it is an onset."""
RISE_SECONDS = 0.03
APART_SECONDS = 0.05
"""Onsets nearer to each other than this count as one."""
NAMES = ("level", "flatness", "centroid", "onsets", "movement")
"""What `measured` finds, in this order."""


def measured(picture: np.ndarray, setting: SpectrogramSetting) -> dict[str, float]:
    """Of one picture (rows, columns):

    level      in dB, of the mean power of all bins
    flatness   0 to 1: geometric over arithmetic mean of a column's power, mean over columns (1: white noise, 0: a tone)
    centroid   in Hz: mean frequency, weighted by magnitude
    onsets     a second: moments at which the bins rise together
    movement   in dB: a bin's standard deviation over time, mean over bins (0: a constant tone, or silence)
    """
    decibels = -setting.floor_db * (np.asarray(picture, np.float64) - 1)
    power = np.where(picture > 0, 10 ** (decibels / 10), 0)
    sounding = decibels.max(axis=0) > SILENCE_DB
    mean_power = power[:, sounding].mean(axis=0)
    flatness = 10 ** (decibels[:, sounding].mean(axis=0) / 10) / np.maximum(mean_power, 1e-30)
    magnitude = np.sqrt(power)
    frequency = np.arange(setting.rows) * setting.rate / setting.n_fft
    return {
        "level": float(10 * np.log10(max(power.mean(), 1e-12))),
        "flatness": float(np.minimum(flatness, 1).mean()) if sounding.any() else 0.0,
        "centroid": float(frequency @ magnitude.sum(axis=1) / max(magnitude.sum(), 1e-30)),
        "onsets": onsets(decibels, setting) * setting.rate / (setting.hop * decibels.shape[1]),
        "movement": float(decibels.std(axis=1).mean()),
    }


def mean_of(found: Iterable[dict[str, float]]) -> dict[str, float]:
    """The mean of each measure."""
    found = list(found)
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]}


def onsets(decibels: np.ndarray, setting: SpectrogramSetting) -> int:
    """How many onsets (rows, columns) has: local maxima of the mean rise over RISE_SECONDS, above RISE_DB."""
    lag = max(1, round(RISE_SECONDS * setting.rate / setting.hop))
    rise = np.maximum(decibels[:, lag:] - decibels[:, :-lag], 0).mean(axis=0)
    apart = max(1, round(APART_SECONDS * setting.rate / setting.hop))
    count, last = 0, -apart
    for place in np.flatnonzero(rise > RISE_DB):
        around = rise[max(0, place - apart) : place + apart + 1]
        if rise[place] == around.max() and place - last >= apart:
            count, last = count + 1, place
    return count


def distance(one: np.ndarray, other: np.ndarray, setting: SpectrogramSetting) -> float:
    """Log-spectral distance in dB: root mean square over a column's bins, mean over columns."""
    difference = setting.floor_db * (np.asarray(one, np.float64) - other)
    return float(np.sqrt(np.square(difference).mean(axis=0)).mean())
