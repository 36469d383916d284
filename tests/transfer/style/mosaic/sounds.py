"""Sounds with known answers."""

from __future__ import annotations

import numpy as np

from transfer.style.texture.bands import SETTING

RATE = SETTING.rate


def melody(notes: tuple[float, ...], seconds: float = 0.4) -> np.ndarray:
    """Plucked notes in Hz, one after the other, float32 (samples,)."""
    time = np.arange(round(seconds * RATE)) / RATE
    partials = [np.sin(2 * np.pi * np.outer(notes, time) * n) / n for n in range(1, 8)]
    return (0.1 * sum(partials) * np.minimum(1, 200 * time) * np.exp(-4 * time)).astype(np.float32).ravel()


def pings(seconds: float, hertz: float, rate: float = 4.0) -> np.ndarray:
    """A tone struck `rate` times a second, float32 (samples,)."""
    time = np.arange(round(seconds * RATE)) / RATE
    return (0.3 * np.sin(2 * np.pi * hertz * time) * np.exp(-15 * np.mod(time, 1 / rate))).astype(np.float32)


def hats(seconds: float, rate: float = 5.0) -> np.ndarray:
    """Noise above 6 kHz, struck `rate` times a second, float32 (samples,)."""
    spectrum = np.fft.rfft(np.random.default_rng(0).standard_normal(round(seconds * RATE)))
    spectrum[np.fft.rfftfreq(round(seconds * RATE), 1 / RATE) < 6_000] = 0
    time = np.arange(round(seconds * RATE)) / RATE
    return (0.2 * np.fft.irfft(spectrum, len(time)) * np.exp(-20 * np.mod(time, 1 / rate))).astype(np.float32)


def error_db(found: np.ndarray, wanted: np.ndarray) -> float:
    """Of the samples, relative to those wanted."""
    return float(20 * np.log10(np.linalg.norm(found - wanted) / np.linalg.norm(wanted)))


def power_near(sound: np.ndarray, hertz: float) -> float:
    """Fraction of the power above 3 kHz that lies within 10 Hz."""
    power, places = np.abs(np.fft.rfft(sound)) ** 2, np.fft.rfftfreq(len(sound), 1 / RATE)
    return float(power[np.abs(places - hertz) < 10].sum() / power[places > 3_000].sum())
