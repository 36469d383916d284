"""N, nothing pasted: was the style simply laid over the content?"""

from __future__ import annotations

import numpy as np

from transfer.scores.figure import Figure
from transfer.scores.kept import correlation
from transfer.scores.prepare import RATE

BANDS, WINDOW, HOP = 64, 2048, 512


def _picture(sound: np.ndarray) -> np.ndarray:
    import librosa

    mel = librosa.feature.melspectrogram(y=sound, sr=RATE, n_fft=WINDOW, hop_length=HOP, n_mels=BANDS)
    picture = np.log1p(1000 * mel)
    return picture - picture.mean(axis=1, keepdims=True)


def _nothing_pasted(content: np.ndarray, style: np.ndarray, result: np.ndarray) -> float | None:
    before = correlation(content, style)
    if before > 1 - 1e-6:
        return None
    return 1 - max(0.0, (correlation(result, style) - before) / (1 - before))


NOTHING_PASTED = Figure(_picture, _nothing_pasted)
"""N = 1 - max(0, (r(result, style) - r(content, style)) / (1 - r(content, style))): it falls when the style is laid over.

r: the correlation of log-mel pictures at the same times, each band's mean removed. None: content and style are one.
"""
