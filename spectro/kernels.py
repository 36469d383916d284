"""Compiled inner loops of phase reconstruction: what NumPy would do in several passes over memory, done in one.

All arrays are C-contiguous with the frame axis first; `padded` is the signal with its n_fft // 2 zeros in front, so
that frame t starts at sample t * hop of it. Nothing here allocates or holds the interpreter's lock.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from training.machine_code import compiled

TINY = np.float32(1e-30)
"""Added to squared magnitudes (of spectra scaled to a maximum of 1) so that empty bins stay empty."""
REORDER = {"contract", "reassoc", "nsz", "arcp", "afn"}
"""Fast arithmetic without the promises that NaN and infinity never occur."""


vectorized = partial(compiled, error_model="numpy", fastmath=REORDER)
"""Compiled with NumPy's division (no check for zero) and reordered sums, which is what lets loops use vector instructions:
six times the speed of `impose_magnitude`."""


@vectorized
def cut_frames(padded: np.ndarray, window: np.ndarray, hop: int, first: int, frames: np.ndarray) -> None:
    """frames[t] = the window over `padded` at frame first + t."""
    for t in range(frames.shape[0]):
        start = (first + t) * hop
        for n in range(frames.shape[1]):
            frames[t, n] = padded[start + n] * window[n]


@vectorized
def overlap_add(frames: np.ndarray, window: np.ndarray, hop: int, total: np.ndarray) -> None:
    """total = the sum of the windowed frames, frame 0 at sample 0."""
    total[:] = 0
    for t in range(frames.shape[0]):
        start = t * hop
        for n in range(frames.shape[1]):
            total[start + n] += frames[t, n] * window[n]


@vectorized
def impose_magnitude(spectrum: np.ndarray, previous: np.ndarray, magnitude: np.ndarray, weight: np.float32) -> None:
    """spectrum <- magnitude with the phase of (spectrum - weight * previous); previous <- spectrum.

    All (frames, rows); spectra as float32 pairs (frames, 2 * rows). A bin whose difference is zero becomes zero.
    """
    for t in range(magnitude.shape[0]):
        for k in range(magnitude.shape[1]):
            real, imaginary = spectrum[t, 2 * k], spectrum[t, 2 * k + 1]
            x = real - weight * previous[t, 2 * k]
            y = imaginary - weight * previous[t, 2 * k + 1]
            previous[t, 2 * k], previous[t, 2 * k + 1] = real, imaginary
            gain = magnitude[t, k] / np.sqrt(x * x + y * y + TINY)
            spectrum[t, 2 * k], spectrum[t, 2 * k + 1] = x * gain, y * gain


@vectorized
def join(parts: np.ndarray, step: int, inverse_weight: np.ndarray, padded: np.ndarray) -> None:
    """padded = (the sum of all parts, part b at sample b * step) * inverse_weight."""
    padded[:] = 0
    for b in range(parts.shape[0]):
        for n in range(min(parts.shape[1], padded.shape[0] - b * step)):
            padded[b * step + n] += parts[b, n]
    for n in range(padded.shape[0]):
        padded[n] *= inverse_weight[n]
