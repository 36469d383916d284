"""K, content kept: are the content's harmonies and onsets still there?"""

from __future__ import annotations

import numpy as np

from transfer.scores.figure import Figure
from transfer.scores.prepare import RATE

WINDOW, HOP = 4096, 1024


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson's of two arrays of one shape; 0 where one of them does not move."""
    one, other = (values.ravel() - values.mean() for values in (one, other))
    scale = np.linalg.norm(one) * np.linalg.norm(other)
    return float(one @ other / scale) if scale > 1e-12 else 0.0


def _view(sound: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Chroma (12, frames) and onset strength (frames,)."""
    import librosa

    chroma = librosa.feature.chroma_stft(y=sound, sr=RATE, n_fft=WINDOW, hop_length=HOP, tuning=0.0)
    return chroma, librosa.onset.onset_strength(y=sound, sr=RATE)


def _kept(content: tuple, style: tuple, result: tuple) -> float | None:
    floor, top = (_cosine(other[0], content[0]) for other in (style, content))
    if floor > top - 1e-6:
        return None
    harmony = (_cosine(result[0], content[0]) - floor) / (top - floor)
    return (harmony + max(0.0, correlation(result[1], content[1]))) / 2


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    """Mean over the frames; frames without any pitch in one of them count 0."""
    scale = np.linalg.norm(one, axis=0) * np.linalg.norm(other, axis=0)
    return float(np.mean((one * other).sum(axis=0) / np.maximum(scale, 1e-12)))


KEPT = Figure(_view, _kept)
"""K: the mean of two parts, 1 for the content itself.

Harmony: the chroma cosine of result and content, scaled so that the style has 0 and the content 1. Rhythm: the correlation
of their onset strengths, 0 at least. None: the style has the content's harmonies.
"""
