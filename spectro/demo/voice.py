"""A voice by source and filter (Fant 1960): a glottal wave with a pitch contour through the formants of its vowels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.signal import iirpeak, lfilter

from spectro.demo.effects import filtered
from spectro.demo.oscillators import gate, hertz, oscillate
from spectro.demo.score import RATE

FORMANTS = {
    "a": (730, 1090, 2440, 3400),
    "e": (530, 1840, 2480, 3500),
    "i": (270, 2290, 3010, 3700),
    "o": (570, 840, 2410, 3300),
    "u": (300, 870, 2240, 3200),
    "m": (250, 1100, 2100, 3000),
}
"""Formant frequencies in Hz of a grown man (Peterson and Barney 1952); "m" hums through the nose."""
STRENGTHS = (1.0, 0.55, 0.28, 0.12)
"""Amplitudes of the four formants."""
CONSONANTS = {"s": (4_500, 9_000), "sh": (2_200, 6_000), "t": (3_000, 8_000), "k": (1_400, 3_000), "h": (800, 3_000)}
"""Bands of noise in Hz."""


@dataclass(frozen=True)
class Syllable:
    """One syllable of a line: what is said, when, and how high."""

    start: int
    """First sample."""
    samples: int
    note: float
    """MIDI note on which it is sung or begun."""
    vowel: str
    consonant: str | None
    fall: float
    """Semitones that the pitch drops within it."""


@dataclass(frozen=True)
class Singer:
    """Constants of one voice."""

    tract: float
    """Scale of all formants: 1 a man, 1.17 a woman, 1.3 a child."""
    vibrato: float
    """Depth in semitones."""
    breath: float
    """Noise in the glottal wave, 0 to 1."""

    def sing(self, rng: np.random.Generator, line: Sequence[Syllable], samples: int) -> np.ndarray:
        """The line as float32 (samples,); syllables that start later are left out, no line is silence."""
        line = [syllable for syllable in line if syllable.start < samples]
        if not line:
            return np.zeros(samples, np.float32)
        pitch, loud = self._contour(rng, line, samples)
        air = self.breath * rng.standard_normal(samples, np.float32)
        source = filtered((oscillate("glottis", pitch, samples) + 0.3 * air) * loud, "highpass", 80)
        out = np.zeros(samples, np.float32)
        for vowel in sorted({syllable.vowel for syllable in line}):
            out += self._vowel(source * _weight(line, vowel, samples), vowel)
        for syllable in line:
            _speak(out, rng, syllable)
        return out

    def _contour(self, rng: np.random.Generator, line: Sequence[Syllable], samples: int) -> tuple[np.ndarray, np.ndarray]:
        """Pitch in Hz and loudness at every sample: smooth steps, falls, and vibrato that grows within a syllable."""
        note, loud = np.full(samples, line[0].note, float), np.zeros(samples, np.float32)
        rate = rng.uniform(4.6, 6.2) / RATE * 2 * np.pi
        for s in line:
            time = np.arange(min(s.samples, samples - s.start))
            swing = self.vibrato * np.minimum(1, time / (0.4 * RATE)) * np.sin(rate * time)
            note[s.start :] = s.note
            note[s.start : s.start + len(time)] += swing - s.fall * time / s.samples
            loud[s.start : s.start + len(time)] = gate(len(time), 0.03, 0.06)
        smooth = int(0.025 * RATE)
        note = np.convolve(np.pad(note, smooth, mode="edge"), np.ones(2 * smooth + 1) / (2 * smooth + 1), "valid")
        return hertz(note), loud

    def _vowel(self, source: np.ndarray, vowel: str) -> np.ndarray:
        """The source through four parallel resonances."""
        out = np.zeros(len(source), np.float32)
        for formant, strength in zip(FORMANTS[vowel], STRENGTHS, strict=True):
            frequency = min(formant * self.tract, 0.45 * RATE)
            out += strength * lfilter(*iirpeak(frequency, frequency / (60 + 0.04 * frequency), fs=RATE), source)
        return out


def chop(rng: np.random.Generator, singer: Singer, note: float, samples: int) -> np.ndarray:
    """One sung vowel, peak 1, (samples,): the vocal chop of a producer."""
    vowel = ("a", "e", "o", "u")[int(rng.integers(4))]
    sound = singer.sing(rng, [Syllable(0, samples, note, vowel, None, 0.0)], samples)
    return sound / np.float32(max(np.abs(sound).max(), 1e-6))


def _weight(line: Sequence[Syllable], vowel: str, samples: int) -> np.ndarray:
    """How much of the source a vowel gets at every sample: one vowel glides into the next in 40 ms."""
    weight = np.zeros(samples, np.float32)
    for syllable in line:
        weight[syllable.start :] = syllable.vowel == vowel
    smooth = int(0.02 * RATE)
    total = np.cumsum(np.pad(weight, (smooth + 1, smooth), mode="edge"), dtype=np.float64)
    return ((total[2 * smooth + 1 :] - total[: -2 * smooth - 1]) / (2 * smooth + 1)).astype(np.float32)


def _speak(out: np.ndarray, rng: np.random.Generator, syllable: Syllable) -> None:
    """Add the consonant in front of the vowel."""
    if syllable.consonant is None:
        return
    length = int(RATE * (0.03 if syllable.consonant in "tk" else 0.09))
    start = max(0, syllable.start - length)
    hiss = filtered(rng.standard_normal(length, np.float32), "bandpass", CONSONANTS[syllable.consonant])
    hiss = (hiss * gate(length, 0.004, 0.02))[: len(out) - start]
    out[start : start + len(hiss)] += 0.09 * hiss
