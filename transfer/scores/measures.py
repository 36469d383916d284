"""The figures of a score: timbre T, texture X, content preservation K, no leakage N.

All compare three sounds (samples,) as `transfer.scores.prepare` makes them: content, style and result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from transfer.scores.prepare import RATE

Gaussian = tuple[np.ndarray, np.ndarray]
"""Mean and covariance."""
WINDOW, HOP = 2048, 512
"""Samples of a frame, and from one to the next, of timbre and leakage."""
MEL_BANDS = 64
"""Of timbre and leakage."""
COEFFICIENTS = 20
"""MFCCs of a frame."""
TEXTURE_BANDS, TEXTURE_WINDOW, TEXTURE_HOP = 32, 1024, 256
"""Mel bands and frames of texture, which follow fast movements."""
MAX_MODULATION_HZ = 20.0
"""Of the fastest modulation that counts."""
POOLED_MODULATIONS = 4
"""Neighbouring modulations that are averaged."""
CHROMA_WINDOW, CHROMA_HOP = 4096, 1024
"""Samples of a frame of chroma, and from one to the next."""


@dataclass(frozen=True)
class Figure:
    """A view of a sound, and a comparison of the views of content, style and result; each sound is looked at once."""

    view: Callable[[Any], Any]
    """(samples,) as `transfer.scores.prepare` makes them -> what the comparison takes."""
    compare: Callable[[Any, Any, Any], float | None]
    """Views of content, style, result -> the figure, None where it is not defined."""


def frechet(one: Gaussian, other: Gaussian) -> float:
    """Squared Fréchet distance of two Gaussians (arXiv 1706.08500)."""
    (mean_one, cov_one), (mean_other, cov_other) = one, other
    root = _root(cov_one)
    cross = np.sqrt(np.clip(np.linalg.eigvalsh(root @ cov_other @ root), 0, None)).sum()
    return float(((mean_one - mean_other) ** 2).sum() + np.trace(cov_one) + np.trace(cov_other) - 2 * cross)


def _root(matrix: np.ndarray) -> np.ndarray:
    """The symmetric root of a covariance."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T


def _gaussian(sound: np.ndarray) -> Gaussian:
    """Of the MFCCs of all frames."""
    from spectro.libraries import librosa

    values = librosa.feature.mfcc(y=sound, sr=RATE, n_mfcc=COEFFICIENTS, n_mels=MEL_BANDS, n_fft=WINDOW, hop_length=HOP)
    return values.mean(axis=1), np.cov(values)


def _timbre(content: Gaussian, style: Gaussian, result: Gaussian) -> float | None:
    before = frechet(content, style)
    return 1 - frechet(result, style) / before if before > 1e-9 else None


TIMBRE = Figure(_gaussian, _timbre)
"""T = 1 - F(result, style) / F(content, style): 1 is the style's colours, 0 the content's, below 0 farther away.

F: the Fréchet distance of Gaussians of 20 MFCCs a frame, the first included. None: content and style have the same colours.
"""


def modulation(sound: np.ndarray) -> np.ndarray:
    """(bands, modulations) log(1 + magnitude) of the spectrum over time of every band's log energy, its mean removed."""
    from spectro.libraries import librosa

    mel = librosa.feature.melspectrogram(
        y=sound, sr=RATE, n_fft=TEXTURE_WINDOW, hop_length=TEXTURE_HOP, n_mels=TEXTURE_BANDS
    )
    energy = np.log1p(1000 * mel)
    spectrum = np.abs(np.fft.rfft(energy - energy.mean(axis=1, keepdims=True), axis=1))
    rates = np.fft.rfftfreq(energy.shape[1], TEXTURE_HOP / RATE)
    spectrum = spectrum[:, rates <= MAX_MODULATION_HZ]
    pooled = spectrum.shape[1] // POOLED_MODULATIONS * POOLED_MODULATIONS
    return np.log1p(spectrum[:, :pooled].reshape(TEXTURE_BANDS, -1, POOLED_MODULATIONS).mean(axis=2))


def _texture(content: np.ndarray, style: np.ndarray, result: np.ndarray) -> float | None:
    before = np.linalg.norm(content - style)
    return 1 - float(np.linalg.norm(result - style) / before) if before > 1e-9 else None


TEXTURE = Figure(modulation, _texture)
"""X = 1 - m(result, style) / m(content, style), m the Euclidean distance of log modulation spectra.

None: content and style move alike.
"""


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson's of two arrays of one shape; 0 where one of them does not move."""
    one, other = (values.ravel() - values.mean() for values in (one, other))
    scale = np.linalg.norm(one) * np.linalg.norm(other)
    return float(one @ other / scale) if scale > 1e-12 else 0.0


def _harmony_and_rhythm(sound: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Chroma (12, frames) and onset strength (frames,)."""
    from spectro.libraries import librosa

    chroma = librosa.feature.chroma_stft(y=sound, sr=RATE, n_fft=CHROMA_WINDOW, hop_length=CHROMA_HOP, tuning=0.0)
    return chroma, librosa.onset.onset_strength(y=sound, sr=RATE)


def _content_preservation(content: tuple, style: tuple, result: tuple) -> float | None:
    floor, top = (_cosine(other[0], content[0]) for other in (style, content))
    if floor > top - 1e-6:
        return None
    harmony = (_cosine(result[0], content[0]) - floor) / (top - floor)
    return (harmony + max(0.0, correlation(result[1], content[1]))) / 2


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    """Mean over the frames; frames without any pitch in one of them count 0."""
    scale = np.linalg.norm(one, axis=0) * np.linalg.norm(other, axis=0)
    return float(np.mean((one * other).sum(axis=0) / np.maximum(scale, 1e-12)))


CONTENT_PRESERVATION = Figure(_harmony_and_rhythm, _content_preservation)
"""K: the mean of two parts, 1 for the content itself.

Harmony: the chroma cosine of result and content, scaled so that the style has 0 and the content 1. Rhythm: the correlation
of their onset strengths, 0 at least. None: the style has the content's harmonies.
"""


def _log_mel(sound: np.ndarray) -> np.ndarray:
    from spectro.libraries import librosa

    mel = librosa.feature.melspectrogram(y=sound, sr=RATE, n_fft=WINDOW, hop_length=HOP, n_mels=MEL_BANDS)
    picture = np.log1p(1000 * mel)
    return picture - picture.mean(axis=1, keepdims=True)


def _no_leakage(content: np.ndarray, style: np.ndarray, result: np.ndarray) -> float | None:
    before = correlation(content, style)
    if before > 1 - 1e-6:
        return None
    return 1 - max(0.0, (correlation(result, style) - before) / (1 - before))


NO_LEAKAGE = Figure(_log_mel, _no_leakage)
"""N = 1 - max(0, (r(result, style) - r(content, style)) / (1 - r(content, style))): it falls when the style is laid over.

r: the correlation of log-mel pictures at the same times, each band's mean removed. None: content and style are one.
"""
