"""What happens to finished sound: filters, space, pumping, saturation, limiting. Signals are float32 (..., samples)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.signal import butter, oaconvolve, sosfilt

from spectro import limiter
from spectro.demo.score import RATE

NYQUIST_MARGIN = 0.46
"""Highest cut-off as a part of the rate."""


def add(stem: np.ndarray, sound: np.ndarray, start: int, gain: float = 1.0, pan: float = 0.0) -> None:
    """Mix a sound, (samples,) or (2, samples), into a stereo stem from sample `start`; what lies outside is cut off.

    `pan` is -1 (left) to 1 (right), with equal power.
    """
    first, end = max(0, -start), min(sound.shape[-1], stem.shape[-1] - start)
    if first < end:
        angle = (pan + 1) * np.pi / 4
        sides = np.array([[np.cos(angle)], [np.sin(angle)]], np.float32) * np.float32(gain * np.sqrt(2))
        stem[:, start + first : start + end] += sides * sound[..., first:end]


def filtered(signal: np.ndarray, kind: str, cutoff: float | tuple[float, float], order: int = 2) -> np.ndarray:
    """Butterworth filter: `kind` lowpass, highpass or bandpass (cutoff: a pair), in Hz."""
    edges = np.clip(cutoff, 10.0, NYQUIST_MARGIN * RATE)
    return sosfilt(butter(order, edges, kind, fs=RATE, output="sos"), signal).astype(np.float32)


def swept(signal: np.ndarray, low: float, high: float, opening: np.ndarray) -> np.ndarray:
    """A low-pass whose cut-off moves from `low` to `high` Hz as `opening` (samples,) moves from 0 to 1.

    A blend of three fixed filters, which is far cheaper than moving the coefficients and sounds the same in a mix.
    """
    place = np.clip(opening, 0, 1).astype(np.float32) * 2
    cutoffs = (low, float(np.sqrt(low * high)), high)
    return sum(
        np.maximum(0, 1 - np.abs(place - i)) * filtered(signal, "lowpass", cutoff) for i, cutoff in enumerate(cutoffs)
    )


def reverb(signal: np.ndarray, rng: np.random.Generator, seconds: float, wet: float, cutoff: float = 5_000) -> np.ndarray:
    """Add a room to (2, samples): convolution with decaying noise, -60 dB after `seconds`, darkened at `cutoff` Hz."""
    time = np.arange(int(seconds * 0.8 * RATE), dtype=np.float32) / RATE
    impulse = rng.standard_normal((2, len(time)), np.float32) * np.exp(-6.9 * time / seconds)
    impulse = filtered(filtered(impulse, "lowpass", cutoff), "highpass", 180)
    impulse *= wet / np.sqrt(np.sum(impulse**2, axis=-1, keepdims=True))
    return signal + oaconvolve(signal, impulse, axes=-1)[:, : signal.shape[-1]].astype(np.float32)


def echo(signal: np.ndarray, samples: int, feedback: float, wet: float) -> np.ndarray:
    """Add four repeats of (2, samples), every `samples` samples, that change sides and fade by `feedback`."""
    out = signal.copy()
    for repeat in range(1, 5):
        delay = repeat * samples
        if delay < signal.shape[-1]:
            out[:, delay:] += wet * feedback ** (repeat - 1) * signal[:: -1 if repeat % 2 else 1, :-delay]
    return out


def pump(samples: int, starts: Iterable[int], depth: float, seconds: float) -> np.ndarray:
    """Gain (samples,) of a sidechain compressor: down by `depth` (0 to 1) at every start, back within `seconds`."""
    last = np.full(samples, -RATE * 60, np.int64)
    inside = [start for start in starts if 0 <= start < samples]
    last[inside] = inside
    since = (np.arange(samples) - np.maximum.accumulate(last)) / (seconds * RATE)
    return (1 - depth * np.clip(1 - since, 0, 1) ** 1.5).astype(np.float32)


def saturate(signal: np.ndarray, drive: float) -> np.ndarray:
    """Soft clipping by tanh; the larger `drive`, the harder. Full scale stays full scale."""
    return np.tanh(np.float32(drive) * signal) / np.float32(np.tanh(drive))


def wow(signal: np.ndarray, rng: np.random.Generator, depth: float) -> np.ndarray:
    """Tape of unsteady speed: (2, samples) read at times that wander by `depth` seconds."""
    time = np.arange(signal.shape[-1])
    rates, phases = rng.uniform((0.3, 0.9, 4.0), (0.8, 2.0, 7.0)), rng.uniform(0, 2 * np.pi, 3)
    wander = sum(
        part * np.sin(2 * np.pi * rate / RATE * time + phase)
        for part, rate, phase in zip((0.7, 0.3, 0.02), rates, phases, strict=True)
    )
    return np.stack([np.interp(time + depth * RATE * wander, time, side) for side in signal]).astype(np.float32)


def tilt(signal: np.ndarray, decibels: float, pivot: float = 900) -> np.ndarray:
    """Turn the spectrum about `pivot` Hz: treble up and bass down by half of `decibels` each."""
    low, gain = filtered(signal, "lowpass", pivot, order=1), 10 ** (decibels / 40)
    return low / np.float32(gain) + (signal - low) * np.float32(gain)


def widen(signal: np.ndarray, width: float) -> np.ndarray:
    """Scale the difference of the sides: 0 is mono, 1 leaves (2, samples) as it is."""
    middle, side = signal.mean(0), (signal[0] - signal[1]) / 2 * np.float32(width)
    return np.stack([middle + side, middle - side])


def limit(signal: np.ndarray, ceiling: float = 0.94) -> np.ndarray:
    """The signal with its peaks lowered to `ceiling`."""
    limited = signal.copy()
    limiter.limit(limited, RATE, ceiling)
    return limited


def loudness(signal: np.ndarray) -> float:
    """Root mean square of the signal's louder half-second blocks, so that breaks do not count; linear."""
    block = min(RATE // 2, signal.shape[-1])
    blocks = signal[:, : signal.shape[-1] // block * block].reshape(2, -1, block)
    return float(np.quantile(np.sqrt(np.mean(blocks**2, axis=(0, 2))), 0.8))
