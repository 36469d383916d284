"""X, texture: how far the result's movement within bands has come from the content's to the style's."""

from __future__ import annotations

import numpy as np

from transfer.scores.figure import Figure
from transfer.scores.prepare import RATE

BANDS, WINDOW, HOP = 32, 1024, 256
FASTEST = 20.0
"""Hz of the fastest modulation that counts."""
POOL = 4
"""Neighbouring modulations that are averaged."""


def modulation(sound: np.ndarray) -> np.ndarray:
    """(BANDS, modulations) log(1 + magnitude) of the spectrum over time of every band's log energy, its mean removed."""
    import librosa

    mel = librosa.feature.melspectrogram(y=sound, sr=RATE, n_fft=WINDOW, hop_length=HOP, n_mels=BANDS)
    energy = np.log1p(1000 * mel)
    spectrum = np.abs(np.fft.rfft(energy - energy.mean(axis=1, keepdims=True), axis=1))
    rates = np.fft.rfftfreq(energy.shape[1], HOP / RATE)
    spectrum = spectrum[:, rates <= FASTEST]
    whole = spectrum.shape[1] // POOL * POOL
    return np.log1p(spectrum[:, :whole].reshape(BANDS, -1, POOL).mean(axis=2))


def _texture(content: np.ndarray, style: np.ndarray, result: np.ndarray) -> float | None:
    before = np.linalg.norm(content - style)
    return 1 - float(np.linalg.norm(result - style) / before) if before > 1e-9 else None


TEXTURE = Figure(modulation, _texture)
"""X = 1 - m(result, style) / m(content, style), m the Euclidean distance of log modulation spectra.

None: content and style move alike.
"""
