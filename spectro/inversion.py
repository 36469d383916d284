"""Magnitude spectrogram -> sound: Griffin-Lim, plain and fast.

Griffin and Lim, "Signal estimation from modified short-time Fourier transform", IEEE TASSP 32(2), 1984 (momentum 0);
Perraudin, Balazs and Sondergaard, "A fast Griffin-Lim algorithm", WASPAA 2013 (momentum 0.99). As the phase of
c + momentum * (c - c_previous) is all that is kept, it is computed as c - momentum / (1 + momentum) * c_previous.

An iteration is one pass: threads take blocks of frames through window, FFT, phase, inverse FFT and overlap-add while
they are in the processor's cache; only the blocks' sums meet again. Blocks and the order of all sums do not depend on
the number of threads, so neither does the result.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import numpy as np
import scipy.fft

from spectro import kernels
from spectro.heap import heap_phase, random_phase
from spectro.stft import SpectrogramSetting
from training.errors import InputError

BLOCK_SAMPLES = 1 << 16
"""Samples in the windows of a block: with their spectrum they fill half of a usual second-level cache."""
EDGE_GAIN = 16
"""No sample is divided by less than 1 / EDGE_GAIN of the largest weight. Under the last window's tail (only where hop
is over a third of n_fft) the exact division would make a loud click of any inconsistent spectrum."""
LIMIT_DB = 200.0
"""`inversion_error` stays within -200 and 200 dB, so that silence and perfection fit in a table and in JSON."""

Start = Literal["heap", "random"] | np.ndarray


def griffin_lim(
    magnitude: np.ndarray,
    setting: SpectrogramSetting,
    *,
    length: int | None = None,
    iterations: int = 100,
    momentum: float = 0.99,
    start: Start = "heap",
    seed: int = 0,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """A sound whose magnitude spectrogram is near the given one: (..., rows, frames) -> float32 (..., length).

        sound = griffin_lim(np.abs(setting.analyse(sound)), setting, iterations=50)

    length: samples of the sound; by default the shortest with these frames.
    momentum: 0 is Griffin-Lim, 0.99 the fast variant; above 1 it may not converge.
    start: "heap" (phase gradient heap integration), "random", or the phase of a recording: an array that broadcasts to
    the magnitude's shape, of angles in radians or of complex numbers whose magnitude is ignored.
    seed: of the random phases; each signal of a batch gets what it would get alone.
    workers: threads; by default one for each processor. The result does not depend on it.
    progress: called after each iteration with the iterations done and those to do, over all signals of the batch
    that are not silent.

    Memory beyond input and output is that of one signal. Silence gives silence. Raises InputError for NaN, negative or
    infinite magnitudes, another shape, a length with another number of frames, and numbers out of range.
    """
    magnitude = setting.checked(magnitude)
    length = setting.samples(magnitude.shape[-1]) if length is None else length
    _check_numbers(setting, magnitude.shape[-1], length, iterations, momentum, workers)
    phase_of = _starts(start, magnitude, setting, seed)
    signals = np.zeros((*magnitude.shape[:-2], length), np.float32)
    audible = [place for place in np.ndindex(signals.shape[:-1]) if magnitude[place].any() and length]
    workers = workers or _processors()
    with ThreadPoolExecutor(workers) as pool:
        for index, place in enumerate(audible):
            peak = magnitude[place].max()
            estimate = _Estimate(magnitude[place].T / peak, setting, length, pool, workers)
            estimate.begin(phase_of(place).T)
            for iteration in range(iterations):
                estimate.improve(momentum)
                if progress:
                    progress(index * iterations + iteration + 1, len(audible) * iterations)
            np.multiply(estimate.signal, peak, out=signals[place])
    return signals


def inversion_error(signal: np.ndarray, magnitude: np.ndarray, setting: SpectrogramSetting) -> float:
    """How far the sound's spectrogram is from the wanted one, in dB: 20 log10(|| |STFT(y)| - S || / ||S||).

        inversion_error(griffin_lim(magnitude, setting), magnitude, setting)  # dB

    signal (..., samples), magnitude (..., rows, frames); norms over everything. Limited to +-200 dB, which are sound
    where silence was wanted, and exactly what was wanted. Raises InputError for shapes that do not match.
    """
    magnitude, signal = setting.checked(magnitude), np.asarray(signal)
    expected = (*signal.shape[:-1], setting.rows, setting.frames(signal.shape[-1]) if signal.ndim else 0)
    if magnitude.shape != expected:
        raise InputError(
            f"a signal of shape {signal.shape} has a magnitude of shape {expected}; received "
            f"{magnitude.shape}: they are of different lengths or settings"
        )
    difference = wanted = 0.0
    for place in np.ndindex(signal.shape[:-1]):
        found = np.abs(setting.analyse(signal[place])).astype(np.float64)
        difference += np.sum((found - magnitude[place]) ** 2)
        wanted += np.sum(np.square(magnitude[place], dtype=np.float64))
    if difference == 0 or wanted == 0:
        return -LIMIT_DB if difference == 0 else LIMIT_DB
    return float(np.clip(10 * np.log10(difference / wanted), -LIMIT_DB, LIMIT_DB))


class _Estimate:
    """One signal on its way; magnitude (frames, rows), maximum 1."""

    def __init__(
        self, magnitude: np.ndarray, setting: SpectrogramSetting, length: int, pool: ThreadPoolExecutor, workers: int
    ) -> None:
        self.magnitude = np.ascontiguousarray(magnitude)
        self.setting, self.pool, self.workers = setting, pool, workers
        self.window = setting.window_array()
        frames = len(magnitude)
        self.block = max(1, BLOCK_SAMPLES // setting.n_fft)
        self.firsts = range(0, frames, self.block)
        self.previous = np.zeros((frames, 2 * setting.rows), np.float32)
        self.sums = np.empty((len(self.firsts), (self.block - 1) * setting.hop + setting.n_fft), np.float32)
        self.place = slice(setting.n_fft // 2, setting.n_fft // 2 + length)
        self.inverse_weight = np.zeros(setting.n_fft + frames * setting.hop, np.float32)
        inverse = setting.inverse_weight(frames)[self.place]
        usual = np.min(inverse, where=inverse > 0, initial=np.finfo(np.float32).max / EDGE_GAIN)
        self.inverse_weight[self.place] = np.minimum(inverse, EDGE_GAIN * usual)
        self.padded = np.zeros_like(self.inverse_weight)

    @property
    def signal(self) -> np.ndarray:
        return self.padded[self.place]

    def begin(self, phase: np.ndarray) -> None:
        """The least-squares signal of the magnitude with these angles (frames, rows)."""

        def project(index: int, part: slice) -> None:
            self._sum(index, self.magnitude[part] * np.exp(1j * phase[part]))

        self._in_blocks(project)

    def improve(self, momentum: float) -> None:
        """One iteration: analyse, keep the phase, impose the magnitude, synthesise."""
        weight = np.float32(momentum / (1 + momentum))

        def project(index: int, part: slice) -> None:
            frames = np.empty((len(self.magnitude[part]), len(self.window)), np.float32)
            kernels.cut_frames(self.padded, self.window, self.setting.hop, part.start, frames)
            spectrum = scipy.fft.rfft(frames, overwrite_x=True)
            kernels.impose_magnitude(spectrum.view(np.float32), self.previous[part], self.magnitude[part], weight)
            self._sum(index, spectrum)

        self._in_blocks(project)

    def _sum(self, index: int, spectrum: np.ndarray) -> None:
        frames = scipy.fft.irfft(spectrum, len(self.window), overwrite_x=True)
        kernels.overlap_add(frames, self.window, self.setting.hop, self.sums[index])

    def _in_blocks(self, project: Callable[[int, slice], None]) -> None:
        waiting = iter(list(enumerate(self.firsts)))

        def work(_: int) -> None:
            for index, first in waiting:
                project(index, slice(first, first + self.block))

        for _ in self.pool.map(work, range(min(self.workers, len(self.firsts)))):
            pass
        kernels.join(self.sums, self.block * self.setting.hop, self.inverse_weight, self.padded)


def _starts(
    start: Start, magnitude: np.ndarray, setting: SpectrogramSetting, seed: int
) -> Callable[[tuple[int, ...]], np.ndarray]:
    """A function from a signal's place in the batch to its first angles (rows, frames)."""
    if not isinstance(start, str):
        phases = _checked_phases(start, magnitude.shape)
        return lambda place: np.angle(phases[place]) if np.iscomplexobj(phases) else phases[place]
    if start == "heap":
        return lambda place: heap_phase(magnitude[place], setting, seed)
    if start == "random":
        return lambda place: random_phase(magnitude.shape[:-3:-1], seed).T
    raise InputError(f"start must be heap, random or an array of phases; received {start!r}")


def _check_numbers(
    setting: SpectrogramSetting, frames: int, length: int, iterations: int, momentum: float, workers: int | None
) -> None:
    shortest = setting.samples(frames)
    if not shortest <= length < shortest + setting.hop:
        raise InputError(
            f"{frames} frames at hop {setting.hop} are {shortest} to {shortest + setting.hop - 1} "
            f"samples; received length {length}: is the magnitude of another length or setting?"
        )
    if iterations < 0 or not 0 <= momentum < np.inf or (workers is not None and workers < 1):
        raise InputError(
            "iterations and momentum must not be negative and workers must be at least 1; received "
            f"{iterations}, {momentum} and {workers}"
        )


def _checked_phases(start: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    start = np.asarray(start)
    try:
        phases = np.broadcast_to(start, shape)
    except ValueError:
        raise InputError(
            f"start phases must fit the magnitude's shape {shape}; received {start.shape}: "
            "the recording has another length or setting"
        ) from None
    if not np.isfinite(start).all():
        raise InputError("start phases must be finite; received NaN or infinity: was the recording damaged?")
    return phases


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
