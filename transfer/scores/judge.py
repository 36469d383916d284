"""A second judge, written before any tuning and never to be tuned against: is the result nearer to content or to style?"""

from __future__ import annotations

import numpy as np

from transfer.scores.measures import Figure
from transfer.scores.prepare import RATE

WINDOW, HOP = 2048, 512
OCTAVES = (62.5, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)
"""Lower edges in Hz of the octaves whose envelopes are looked at."""
LEVELS = np.arange(10, 100, 10)
"""Percentiles that stand for the distribution of an envelope."""
BANDS = 16
"""Mel bands whose envelopes are correlated."""


def _views(sound: np.ndarray) -> list[np.ndarray]:
    from spectro.libraries import librosa

    power = np.abs(librosa.stft(sound, n_fft=WINDOW, hop_length=HOP)) ** 2
    contrast = librosa.feature.spectral_contrast(S=np.sqrt(power), sr=RATE)
    mel = librosa.feature.melspectrogram(S=power, sr=RATE, n_mels=BANDS)
    return [
        _distributions(power),
        librosa.feature.tempogram(y=sound, sr=RATE).mean(axis=1),
        np.concatenate([contrast.mean(axis=1), contrast.std(axis=1)]),
        _together(np.log(mel + 1e-6)),
    ]


def _distributions(power: np.ndarray) -> np.ndarray:
    """(octaves * LEVELS,) percentiles of the octaves' energies in tens of decibels."""
    hertz = np.linspace(0, RATE / 2, len(power))
    octaves = [power[(hertz >= low) & (hertz < 2 * low)].sum(axis=0) for low in OCTAVES]
    return np.percentile(np.log10(np.array(octaves) + 1e-6), LEVELS, axis=1).T.ravel()


def _together(envelopes: np.ndarray) -> np.ndarray:
    """The correlations of all pairs of bands; 0 where one does not move."""
    moving = envelopes - envelopes.mean(axis=1, keepdims=True)
    scale = np.linalg.norm(moving, axis=1, keepdims=True)
    unit = np.divide(moving, scale, out=np.zeros_like(moving), where=scale > 1e-9)
    return (unit @ unit.T)[np.triu_indices(len(unit), 1)]


def _place(content: list, style: list, result: list) -> float | None:
    places = []
    for of_content, of_style, of_result in zip(content, style, result, strict=True):
        near, far = np.linalg.norm(of_result - of_style), np.linalg.norm(of_result - of_content)
        if near + far > 1e-9:
            places.append(far / (near + far))
    return float(np.mean(places)) if places else None


SECOND_JUDGE = Figure(_views, _place)
"""0 at the content, 1 at the style: the mean, over four views, of c / (c + s), c and s the distances from content and style.

Views: percentiles of the octaves' envelopes in tens of decibels, the mean tempogram, mean and deviation of the spectral
contrast, correlations of the mel bands' envelopes; Euclidean distances. None: the three sounds are one.
"""
