"""Pitched instruments: a MIDI note and a length in samples become float32 (samples,), wide ones (2, samples)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spectro.demo.effects import filtered, saturate
from spectro.demo.oscillators import decay, gate, hertz, oscillate
from spectro.demo.score import RATE


@dataclass(frozen=True)
class Pluck:
    """A struck or plucked tone: a wave whose upper part dies first."""

    shape: str
    """Wave, one of `oscillators.SPECTRA`."""
    ring: float
    """Seconds in which it falls by 1/e."""
    bright: float
    """Part of the fast-dying upper sound, 0 to 1."""
    detune: float = 0.0
    """Distance in cents of a second string."""

    def __call__(self, note: float, samples: int) -> np.ndarray:
        """One note (samples,)."""
        frequency = hertz(note)
        body = oscillate("triangle", frequency, samples) * decay(samples, self.ring)
        edge = oscillate(self.shape, frequency * 2 ** (self.detune / 1200), samples) * decay(samples, self.ring / 3)
        return 0.5 * ((1 - self.bright) * body + self.bright * edge + 0.2 * body)


def supersaw(
    rng: np.random.Generator, notes: Sequence[float], samples: int, voices: int = 5, cents: float = 14.0, shape: str = "saw"
) -> np.ndarray:
    """A chord on a stack of detuned waves, (2, samples); each side has its own voices, hence the width."""
    out = np.zeros((2, samples), np.float32)
    for note in notes:
        for side in out:
            for offset in np.linspace(-cents, cents, voices) + rng.normal(0, 1, voices):
                side += oscillate(shape, hertz(note + offset / 100), samples, rng.random())
    return out / np.float32(voices * len(notes)) ** 0.7 * 0.7


def pad(rng: np.random.Generator, notes: Sequence[float], samples: int, cutoff: float, shape: str = "saw") -> np.ndarray:
    """A soft held chord, (2, samples), low-passed at `cutoff` Hz, with a slow rise and fall."""
    chord = supersaw(rng, notes, samples, voices=2, cents=rng.uniform(4, 11), shape=shape)
    return filtered(chord, "lowpass", cutoff) * gate(samples, 0.35, 0.4)


def electric_piano(note: float, samples: int, bite: float, ring: float = 0.9) -> np.ndarray:
    """Tine piano by frequency modulation (Chowning 1973): ratio 1 for the body, 14 for the strike; `bite` is 0 to 2."""
    turn = np.float32(2 * np.pi * hertz(note) / RATE) * np.arange(samples, dtype=np.float32)
    fall = decay(samples, ring * 2 ** ((60 - note) / 24))
    strike = 0.12 * bite * np.sin(14 * turn) * decay(samples, 0.03) if hertz(note) * 14 < RATE / 2 else 0
    return 0.6 * (np.sin(turn + bite * fall * np.sin(turn)) * fall + strike)


def piano(note: float, samples: int, ring: float = 0.8) -> np.ndarray:
    """A plain piano: two slightly different strings with a struck spectrum, and a dull thump."""
    frequency, ring = hertz(note), ring * 2 ** ((60 - note) / 18)
    strings = oscillate("piano", frequency * 0.9996, samples) + oscillate("piano", frequency * 1.0007, samples, 0.1)
    body = oscillate("triangle", frequency, samples) * decay(samples, ring)
    return 0.35 * strings * decay(samples, ring / 2.5) + 0.35 * body


def bell(note: float, samples: int, ring: float = 0.7) -> np.ndarray:
    """A bell by frequency modulation at ratio 3.5."""
    turn = np.float32(2 * np.pi * hertz(note) / RATE) * np.arange(samples, dtype=np.float32)
    fall = decay(samples, ring)
    return 0.5 * fall * np.sin(turn + 1.2 * fall * fall * np.sin(3.5 * turn))


def sub(note: float, samples: int, drive: float = 1.2, glide_from: float | None = None) -> np.ndarray:
    """A bass of one sine, driven into harmonics; with `glide_from` it starts on that note and slides: the 808."""
    pitch = np.full(samples, hertz(note), np.float32)
    if glide_from is not None:
        pitch *= 2 ** ((glide_from - note) / 12 * np.exp(-np.arange(samples, dtype=np.float32) / (0.045 * RATE)))
    return saturate(oscillate("sine", pitch, samples), drive) * gate(samples, 0.004, 0.04)


def reese(rng: np.random.Generator, note: float, samples: int, cents: float, cutoff: float) -> np.ndarray:
    """Two detuned saws that beat against each other, dark, over a clean sine."""
    frequency = hertz(note)
    saws = sum(oscillate("saw", frequency * 2 ** (c / 1200), samples, rng.random()) for c in (-cents, cents))
    return (0.6 * filtered(saws, "lowpass", cutoff) + 0.6 * oscillate("sine", frequency, samples)) * gate(samples, 0.01)


def screech(note: float, samples: int, drive: float, band: float, glide_from: float) -> np.ndarray:
    """The lead of hardstyle: a distorted saw through a resonance near `band` Hz, sliding into its note."""
    slide = 2 ** ((glide_from - note) / 12 * np.exp(-np.arange(samples, dtype=np.float32) / (0.03 * RATE)))
    wave = saturate(oscillate("saw", hertz(note) * slide, samples), drive)
    return (0.35 * wave + 1.1 * filtered(wave, "bandpass", (0.8 * band, 1.25 * band))) * gate(samples, 0.004, 0.03)


def reverse_bass(note: float, samples: int, drive: float, cutoff: float) -> np.ndarray:
    """A driven low saw that swells instead of dying: the offbeat of hardstyle."""
    swell = (np.arange(samples, dtype=np.float32) / samples) ** 0.6
    wave = filtered(oscillate("saw", hertz(note), samples), "lowpass", cutoff)
    return saturate(wave, drive) * swell * gate(samples, 0.004, 0.012)
