"""T, timbre: how far the result's colours have come from the content's to the style's."""

from __future__ import annotations

import numpy as np

from transfer.scores.figure import Figure
from transfer.scores.prepare import RATE

Gaussian = tuple[np.ndarray, np.ndarray]
"""Mean and covariance."""
COEFFICIENTS, BANDS, WINDOW, HOP = 20, 64, 2048, 512


def frechet(one: Gaussian, other: Gaussian) -> float:
    """Squared Fréchet distance of two Gaussians (arXiv 1706.08500)."""
    (mean_one, cov_one), (mean_other, cov_other) = one, other
    root = _root(cov_one)
    cross = np.sqrt(np.clip(np.linalg.eigvalsh(root @ cov_other @ root), 0, None)).sum()
    return float(((mean_one - mean_other) ** 2).sum() + np.trace(cov_one) + np.trace(cov_other) - 2 * cross)


def _gaussian(sound: np.ndarray) -> Gaussian:
    """Of the MFCCs of all frames."""
    import librosa

    values = librosa.feature.mfcc(y=sound, sr=RATE, n_mfcc=COEFFICIENTS, n_mels=BANDS, n_fft=WINDOW, hop_length=HOP)
    return values.mean(axis=1), np.cov(values)


def _timbre(content: Gaussian, style: Gaussian, result: Gaussian) -> float | None:
    before = frechet(content, style)
    return 1 - frechet(result, style) / before if before > 1e-9 else None


def _root(matrix: np.ndarray) -> np.ndarray:
    """The symmetric root of a covariance."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T


TIMBRE = Figure(_gaussian, _timbre)
"""T = 1 - F(result, style) / F(content, style): 1 is the style's colours, 0 the content's, below 0 farther away.

F: the Fréchet distance of Gaussians of 20 MFCCs a frame, the first included. None: content and style have the same colours.
"""
