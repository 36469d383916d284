"""Periodic waves without aliasing, and envelopes. Signals are float32 (samples,) at the demo rate."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from spectro.demo.score import RATE

TABLE_BITS = 13
"""A period is read from a table of 2**13 samples: rounding to the nearest keeps errors below -65 dB."""

SPECTRA = {
    "sine": lambda k: (k == 1) * 1.0,
    "saw": lambda k: 1 / k,
    "square": lambda k: (k % 2) / k,
    "triangle": lambda k: (k % 2) / k**2,
    "organ": lambda k: np.isin(k, (1, 2, 3, 4, 6, 8)) / k**0.6,
    "hollow": lambda k: np.isin(k, (1, 3, 4, 7)) / k,
    "glottis": lambda k: 1 / k**1.4,
    "piano": lambda k: np.abs(np.sin(np.pi * k / 7.3)) / k**1.1,
}
"""Amplitude of harmonic k of each wave."""


def hertz(note: float) -> float:
    """Frequency of a MIDI note number (69 = 440 Hz)."""
    return 440.0 * 2 ** ((note - 69) / 12)


def oscillate(shape: str, frequency: float | np.ndarray, samples: int, phase: float = 0.0) -> np.ndarray:
    """A wave of one of SPECTRA with peak 1; `frequency` in Hz is a number or one number per sample.

    The phase is an unsigned integer that wraps by itself; harmonics above the Nyquist frequency are left out.
    """
    table = _table(shape, max(1, int(0.45 * RATE / np.max(frequency))))
    if np.ndim(frequency):
        turns = (phase + np.cumsum(frequency, dtype=np.float64) / RATE) % 1
        return table[(turns * len(table)).astype(np.uint32) & (len(table) - 1)]
    steps = np.arange(samples, dtype=np.uint32) * np.uint32(frequency / RATE * 2**32)
    return table[(steps + np.uint32(phase % 1 * 2**32)) >> np.uint32(32 - TABLE_BITS)]


@lru_cache(maxsize=512)
def _table(shape: str, harmonics: int) -> np.ndarray:
    """One period with that many harmonics, all sines, peak 1."""
    size = 2**TABLE_BITS
    spectrum = np.zeros(size // 2 + 1, complex)
    k = np.arange(1, min(harmonics, size // 4) + 1)
    spectrum[1 : len(k) + 1] = -1j * SPECTRA[shape](k)
    wave = np.fft.irfft(spectrum)
    return (wave / np.abs(wave).max()).astype(np.float32)


def decay(samples: int, seconds: float, attack: float = 0.002) -> np.ndarray:
    """Envelope of a struck sound: a rise of `attack` seconds, then a fall by 1/e every `seconds`; ends at 0."""
    time = np.arange(samples, dtype=np.float32) / RATE
    return np.exp(-time / seconds) * np.minimum(1, time / attack) * _release(samples, 0.006)


def gate(samples: int, attack: float = 0.01, release: float = 0.05) -> np.ndarray:
    """Envelope of a held sound: rises and falls in the given seconds, shortened where they do not fit."""
    attack, release = (min(part, samples / RATE / 2.1) for part in (attack, release))
    time = np.arange(samples, dtype=np.float32) / RATE
    return np.minimum(1, time / max(attack, 1e-3)) * _release(samples, release)


def _release(samples: int, seconds: float) -> np.ndarray:
    return np.minimum(1, np.arange(samples, 0, -1, dtype=np.float32) / max(1.0, seconds * RATE))
