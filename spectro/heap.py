"""Phase of a magnitude spectrogram without iterations: phase gradient heap integration.

Prusa, Balazs and Sondergaard, "A Noniterative Method for Reconstruction of Phase From STFT Magnitude", IEEE/ACM TASLP
25(5), 2017. For a Gaussian window exp(-pi n**2 / gamma) the phase p referred to the frame's centre follows from the
logarithm L of the magnitude (f in cycles per sample, n in samples):

    dp/dn = 2 pi f + (1 / gamma) dL/df        dp/df = -gamma dL/dn

Any other window is treated as the Gaussian nearest to it. The phase spreads from the loudest bin to its neighbours,
loudest first, so that errors stay in quiet bins; an island that nothing louder reaches starts with a random phase.
Our analysis refers phase to the window's first sample, n_fft // 2 before the centre, which adds a constant to dp/df.
"""

from __future__ import annotations

import numpy as np

from spectro.kernels import vectorized
from spectro.stft import SpectrogramSetting

GAMMA = {"hann": 0.25645, "hamming": 0.29794, "blackman": 0.17954}
"""gamma / n_fft**2 of the nearest Gaussian (the paper's table); other windows: the Gaussian of equal variance."""
TOLERANCE = 1e-6
"""Bins below this fraction of the loudest one keep random phases: their gradients are rounding noise."""
LEVELS = 1024
"""Priorities are rounded to this many levels (0.12 dB each), so that the heap is a row of stacks: the same order for
neighbours that matter, at a third of a binary heap's time."""


def heap_phase(magnitude: np.ndarray, setting: SpectrogramSetting, seed: int = 0) -> np.ndarray:
    """Magnitude (..., rows, frames) -> phase in radians, float32, same shape, referred like `setting.analyse`.

        sound = setting.synthesise(magnitude * np.exp(1j * heap_phase(magnitude, setting)))

    Deterministic for a seed; each signal of a batch gets what it would get alone. Raises InputError for NaN, negative
    or infinite magnitudes and a wrong number of rows.
    """
    magnitude = setting.checked(magnitude)
    phase = np.empty(magnitude.shape, np.float32)
    for place in np.ndindex(magnitude.shape[:-2]):
        phase[place] = _one_phase(magnitude[place].T, setting, seed).T
    return phase


def _one_phase(magnitude: np.ndarray, setting: SpectrogramSetting, seed: int) -> np.ndarray:
    """As `heap_phase` for one signal with the frame axis first."""
    phase = random_phase(magnitude.shape, seed)
    peak = magnitude.max(initial=0.0)
    if peak == 0:
        return phase
    relative = np.divide(magnitude, peak, order="C", dtype=np.float32)
    audible = relative > TOLERANCE
    # A picture's floor is a cliff to zero, not a slope: the quietest bin above the tolerance stands for all below it.
    log = np.log(np.maximum(relative, np.min(relative, where=audible, initial=1.0)))
    level = np.where(audible, (LEVELS - 1) * (1 - log / np.float32(np.log(TOLERANCE))), -1).astype(np.int16)
    n_fft, gamma = setting.n_fft, window_gamma(setting)
    advance = (2 * np.pi / n_fft) * (np.arange(setting.rows) * setting.hop % n_fft)
    _integrate(
        log,
        level,
        advance.astype(np.float32),
        np.float32(setting.hop * n_fft / (2 * gamma)),
        np.float32(-gamma / (2 * n_fft * setting.hop)),
        np.float32(-2 * np.pi * (n_fft // 2) / n_fft),
        phase,
    )
    return phase


def random_phase(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Uniform angles in [-pi, pi], float32, the same for the same seed."""
    return (np.random.default_rng(seed).random(shape, np.float32) - np.float32(0.5)) * np.float32(2 * np.pi)


def window_gamma(setting: SpectrogramSetting) -> float:
    """gamma, in samples squared, of the Gaussian exp(-pi n**2 / gamma) that stands for the window."""
    if setting.window in GAMMA:
        return GAMMA[setting.window] * setting.n_fft**2
    energy = setting.window_array().astype(np.float64) ** 2
    place = np.arange(setting.n_fft) - setting.n_fft / 2
    return float(4 * np.pi * (energy @ place**2) / energy.sum())


@vectorized
def _push(bin_: int, priority: np.ndarray, stack: np.ndarray, after: np.ndarray, waiting: int, top: int) -> tuple:
    """Queue a bin whose phase has become known; returns the bins waiting and the highest level that may hold one."""
    level = priority[bin_]
    priority[bin_] = -1
    after[bin_] = stack[level]
    stack[level] = bin_
    return waiting + 1, max(top, level)


@vectorized
def _time_slope(log: np.ndarray, t: int, k: int) -> np.float32:
    """dL/df at a bin, as the difference over two rows; zero at both ends, where a real signal's spectrum is even."""
    return log[t, k + 1] - log[t, k - 1] if 0 < k < log.shape[1] - 1 else np.float32(0)


@vectorized
def _frequency_slope(log: np.ndarray, t: int, k: int) -> np.float32:
    """dL/dn at a bin, as the difference over two frames; one-sided in the first and the last frame."""
    before, behind = max(t - 1, 0), min(t + 1, log.shape[0] - 1)
    return (log[behind, k] - log[before, k]) * np.float32(2 / max(behind - before, 1))


@vectorized
def _wrap(angle: np.float32) -> np.float32:
    """The same angle in [-pi, pi]."""
    return np.float32(angle - 2 * np.pi * np.rint(angle / (2 * np.pi)))


@vectorized
def _integrate(
    log: np.ndarray,
    level: np.ndarray,
    advance: np.ndarray,
    time_scale: np.float32,
    frequency_scale: np.float32,
    reference: np.float32,
    phase: np.ndarray,
) -> None:
    """Fill `phase` (frames, rows) where level >= 0, loudest bins first. `level` is used up (-1: phase is known)."""
    frames, rows = log.shape
    known, priority, angle = log.size, level.reshape(-1), phase.reshape(-1)
    seeds, seed_after = np.full(LEVELS, -1, np.int32), np.empty(known, np.int32)
    for bin_ in range(known - 1, -1, -1):
        if priority[bin_] >= 0:
            seed_after[bin_] = seeds[priority[bin_]]
            seeds[priority[bin_]] = bin_
    stack, after = np.full(LEVELS, -1, np.int32), np.empty(known, np.int32)
    for start in range(LEVELS - 1, -1, -1):
        seed = seeds[start]
        while seed >= 0:
            if priority[seed] >= 0:
                waiting, top = _push(seed, priority, stack, after, 0, 0)
                while waiting:
                    while stack[top] < 0:
                        top -= 1
                    bin_ = stack[top]
                    stack[top] = after[bin_]
                    waiting -= 1
                    t, k = bin_ // rows, bin_ % rows
                    here = angle[bin_]
                    for step in (-1, 1):
                        if 0 <= t + step < frames and priority[bin_ + step * rows] >= 0:
                            slope = _time_slope(log, t, k) + _time_slope(log, t + step, k)
                            angle[bin_ + step * rows] = _wrap(here + step * (advance[k] + time_scale * slope / 2))
                            waiting, top = _push(bin_ + step * rows, priority, stack, after, waiting, top)
                        if 0 <= k + step < rows and priority[bin_ + step] >= 0:
                            slope = _frequency_slope(log, t, k) + _frequency_slope(log, t, k + step)
                            angle[bin_ + step] = _wrap(here + step * (reference + frequency_scale * slope / 2))
                            waiting, top = _push(bin_ + step, priority, stack, after, waiting, top)
            seed = seed_after[seed]
