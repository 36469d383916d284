"""Simple ways to go on with a sound, which a model has to beat, and how near a way comes to what really follows.

Pictures are (rows, columns) in [0, 1].
"""

from __future__ import annotations

import numpy as np

from generators.layers.self_similarity import RISE_SECONDS, log_bands
from generators.sounds.statistics import distance
from spectro.stft import SpectrogramSetting

BANDS = 64
"""Log-frequency bands that onset envelopes are taken of, and lags compared in."""
MATCHED_SECONDS = 5.0
"""Of the end of what is known, compared with what was a lag before; at most half of what is known."""
SHORTEST_SECONDS = 0.2
"""Of a lag; at most half of what is known."""
SEGMENT_SECONDS = 2.5
"""Stretches for which the oracle chooses a lag."""
PITCHED = (100.0, 5_000.0)
"""Hz, what chroma is taken of."""
CHROMA_SECONDS = 0.5
"""Stretches whose chroma is compared."""
DECIBELS = 10.0
"""Distance that weighs as much as a correlation of 1, where the oracle chooses."""


def repeated(known: np.ndarray, columns: int) -> np.ndarray:
    """The last `columns` of what is known once more; where that is shorter, all of it again and again."""
    return np.tile(known[:, -columns:], -(-columns // known.shape[1]))[:, :columns]


def best_lag(known: np.ndarray, columns: int, setting: SpectrogramSetting) -> np.ndarray:
    """Copied at the lag at which the end of what is known is most like what was before."""
    levels = known.T @ log_bands(setting, BANDS)
    span = min(len(levels) // 2, _columns(MATCHED_SECONDS, setting))
    lags = np.arange(_shortest(len(levels), setting), len(levels) - span + 1)
    end = levels[len(levels) - span :]
    apart = [np.square(end - levels[len(levels) - span - lag : len(levels) - lag]).sum() for lag in lags]
    return known[:, sources(known.shape[1], int(lags[np.argmin(apart)]), np.arange(columns))]


def oracle(known: np.ndarray, truth: np.ndarray, setting: SpectrogramSetting) -> np.ndarray:
    """Copied at the lags that turn out best, one a stretch of SEGMENT_SECONDS: what a model that copies can reach."""
    heard, columns, segment = known.shape[1], truth.shape[1], _columns(SEGMENT_SECONDS, setting)
    envelope = onset_envelope(np.concatenate([known, truth], axis=1), setting)
    squares = np.square(known).mean(axis=0)[:, None] + np.square(truth).mean(axis=0) - 2 * known.T @ truth / len(known)
    apart = -setting.floor_db * np.sqrt(np.maximum(squares, 0))
    chosen = []
    for place in range(0, columns, segment):
        steps = np.arange(place, min(place + segment, columns))
        found = [sources(heard, lag, steps) for lag in range(_shortest(heard, setting), heard)]
        costs = [
            apart[source, steps].mean() / DECIBELS - correlation(envelope[source], envelope[heard + steps])
            for source in found
        ]
        chosen.append(found[int(np.argmin(costs))])
    return known[:, np.concatenate(chosen)]


def sources(heard: int, lag: int, steps: np.ndarray) -> np.ndarray:
    """Which columns of `heard` a copy at a lag takes at some steps of the future; a short lag repeats what it reaches."""
    return heard + steps - lag * (steps // lag + 1)


def onset_envelope(picture: np.ndarray, setting: SpectrogramSetting) -> np.ndarray:
    """(columns,): how far levels rise within RISE_SECONDS, mean over bands; 0 at the beginning."""
    levels = picture.T @ log_bands(setting, BANDS)
    lag = _columns(RISE_SECONDS, setting)
    return np.concatenate([np.zeros(min(lag, len(levels))), np.maximum(levels[lag:] - levels[:-lag], 0).mean(axis=1)])


def rhythm(one: np.ndarray, other: np.ndarray, setting: SpectrogramSetting) -> float:
    """Correlation of the onset envelopes of two pictures."""
    return correlation(onset_envelope(one, setting), onset_envelope(other, setting))


def harmony(one: np.ndarray, other: np.ndarray, setting: SpectrogramSetting) -> float:
    """Correlation of the chroma of two pictures, mean over stretches of CHROMA_SECONDS."""
    size = _columns(CHROMA_SECONDS, setting)
    chroma = [_chroma(each, setting) for each in (one, other)]
    places = range(0, one.shape[1], size)
    return float(np.mean([correlation(*(each[:, at : at + size].mean(axis=1) for each in chroma)) for at in places]))


def seam(known: np.ndarray, following: np.ndarray, setting: SpectrogramSetting) -> float:
    """How far the first new column is from the last known one, beside how far known columns are from their neighbours."""
    usual = distance(known[:, 1:], known[:, :-1], setting)
    return distance(known[:, -1:], following[:, :1], setting) / max(usual, 0.1)


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson's; 0 where one of the two does not change."""
    one, other = one - one.mean(), other - other.mean()
    power = np.square(one).sum() * np.square(other).sum()
    return float(one @ other / np.sqrt(power)) if power > 1e-12 else 0.0


def _chroma(picture: np.ndarray, setting: SpectrogramSetting) -> np.ndarray:
    """(12, columns): mean magnitude of each pitch class."""
    frequency = np.arange(1, setting.rows) * setting.rate / setting.n_fft
    pitch = np.rint(12 * np.log2(frequency / 440)).astype(int) % 12
    pitched = (frequency >= PITCHED[0]) & (frequency <= PITCHED[1])
    weights = ((pitch == np.arange(12)[:, None]) & pitched).astype(np.float32)
    return weights / np.maximum(weights.sum(axis=1, keepdims=True), 1) @ setting.to_magnitude(picture[1:], 1.0)


def _shortest(heard: int, setting: SpectrogramSetting) -> int:
    return min(_columns(SHORTEST_SECONDS, setting), max(1, heard // 2))


def _columns(seconds: float, setting: SpectrogramSetting) -> int:
    return max(1, round(seconds * setting.rate / setting.hop))
