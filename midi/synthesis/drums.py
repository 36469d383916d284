"""Sounds of the General MIDI drum keys: a tone that falls in pitch, and shaped noise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

HOLD = 7.0
"""A sound ends after this many of its longest decay times, 61 dB down."""


@dataclass(frozen=True)
class Drum:
    """A drum, cymbal or shaker."""

    tone: float = 0.0
    """Hz that the tone falls to; 0 for none."""
    fall: float = 1.0
    """How many times higher it begins."""
    ring: float = 0.1
    """Seconds in which the tone falls by 8.7 dB."""
    noise: float = 0.0
    """Level of the noise; that of the tone is 1."""
    band: tuple[float, float] = (200.0, 8_000.0)
    """Hz in which the noise lies."""
    decay: float = 0.08
    """Seconds in which the noise falls by 8.7 dB."""
    strokes: int = 1
    """Strokes of noise, 11 ms apart."""
    level: float = 1.0
    """Loudness beside other drums."""
    pan: float = 0.0
    """-1 left to 1 right."""


KICK = Drum(48, 4.0, 0.11, noise=0.15, band=(1_000, 5_000), decay=0.006, level=1.5)
SNARE = Drum(185, 1.3, 0.05, noise=1.1, band=(900, 9_000), decay=0.065)
HAT = Drum(noise=1, band=(6_500, 16_000), decay=0.02, level=0.5, pan=0.3)
CYMBAL = Drum(noise=1, band=(3_500, 15_000), decay=0.35, level=0.55, pan=-0.35)
RIDE = Drum(3_520, 1.0, 0.2, noise=1.2, band=(5_000, 14_000), decay=0.22, level=0.35, pan=0.4)
TOM = Drum(110, 1.6, 0.14, noise=0.2, decay=0.03, level=1.1)
HAND = Drum(250, 1.2, 0.06, noise=0.15, decay=0.015, level=0.7, pan=-0.3)
BLOCK = Drum(1_000, 1.0, 0.025, noise=0.2, decay=0.004, level=0.6, pan=0.25)
BELL = Drum(800, 1.0, 0.12, noise=0.1, band=(2_000, 8_000), decay=0.02, level=0.5, pan=0.35)
SHAKER = Drum(noise=1, band=(5_000, 12_000), decay=0.03, level=0.4, pan=-0.4)
KIT = {
    35: replace(KICK, tone=44),
    36: KICK,
    37: replace(BLOCK, tone=1_700, pan=0),
    38: SNARE,
    40: replace(SNARE, tone=210, decay=0.05),
    39: Drum(noise=1, band=(800, 5_000), decay=0.05, strokes=4, level=0.9),
    42: HAT,
    44: replace(HAT, decay=0.015),
    46: replace(HAT, decay=0.14),
    41: replace(TOM, tone=75, pan=0.4),
    43: replace(TOM, tone=90, pan=0.3),
    45: replace(TOM, tone=110, pan=0.1),
    47: replace(TOM, tone=130, pan=-0.1),
    48: replace(TOM, tone=155, pan=-0.2),
    50: replace(TOM, tone=180, pan=-0.3),
    49: CYMBAL,
    52: replace(CYMBAL, band=(2_000, 9_000)),
    55: replace(CYMBAL, decay=0.18),
    57: replace(CYMBAL, pan=0.35),
    51: RIDE,
    53: replace(RIDE, tone=1_760, noise=0.4),
    59: replace(RIDE, decay=0.3),
    54: replace(SHAKER, decay=0.06),
    56: replace(BELL, tone=560),
    58: replace(SHAKER, decay=0.2),
    60: replace(HAND, tone=420),
    61: replace(HAND, tone=310),
    62: replace(HAND, tone=330, ring=0.03),
    63: replace(HAND, tone=280),
    64: replace(HAND, tone=200),
    65: replace(HAND, tone=370, ring=0.12),
    66: replace(HAND, tone=290, ring=0.12),
    67: replace(BELL, tone=1_450),
    68: replace(BELL, tone=1_080),
    69: SHAKER,
    70: replace(SHAKER, pan=0.4),
    71: replace(BELL, tone=2_350, ring=0.05),
    72: replace(BELL, tone=2_300, ring=0.15),
    73: replace(SHAKER, strokes=3),
    74: replace(SHAKER, strokes=6),
    75: replace(BLOCK, tone=2_500),
    76: replace(BLOCK, tone=1_150),
    77: replace(BLOCK, tone=800),
    78: replace(HAND, tone=480, fall=0.7),
    79: replace(HAND, tone=420, fall=0.7),
    80: replace(BELL, tone=4_200, ring=0.05),
    81: replace(BELL, tone=4_200, ring=0.5),
}
"""General MIDI key -> drum; other keys sound as a short knock."""


@lru_cache(maxsize=1_024)
def drum_sound(key: int, rate: int, seed: int) -> np.ndarray:
    """float32 (samples,): one stroke of a key, 0 to 127; the noise is drawn from (seed, key)."""
    drum = KIT.get(key, BLOCK)
    decay = max(drum.ring if drum.tone else 0.0, drum.decay if drum.noise else 0.0)
    time = np.arange(int(HOLD * decay * rate) + 1) / rate
    sound = np.zeros(len(time))
    if drum.tone:
        # The pitch falls exponentially in a quarter of the ring; its phase is the integral.
        glide = drum.ring / 4
        cycles = drum.tone * (time + (drum.fall - 1) * glide * (1 - np.exp(-time / glide)))
        sound += np.sin(2 * np.pi * cycles) * np.exp(-time / drum.ring)
    if drum.noise:
        sound += drum.noise * _noise(np.random.default_rng([seed, key]), drum, time, rate)
    fade = np.minimum(1, (time[-1] - time) / (0.1 * time[-1]))
    return (drum.level * sound * fade).astype(np.float32)


def _noise(rng: np.random.Generator, drum: Drum, time: np.ndarray, rate: int) -> np.ndarray:
    spectrum = np.fft.rfft(rng.standard_normal(len(time)))
    hertz = np.fft.rfftfreq(len(time), 1 / rate)
    low, high = (min(edge, 0.45 * rate) for edge in drum.band)
    # Slopes of 12 dB an octave on both sides: sharp edges would ring.
    spectrum /= 1 + (low / np.maximum(hertz, 1)) ** 2
    spectrum /= 1 + (hertz / high) ** 2
    noise = np.fft.irfft(spectrum, len(time))
    envelope = np.zeros(len(time))
    for stroke in range(drum.strokes):
        late = time - 0.011 * stroke
        envelope = np.where(late >= 0, np.exp(-np.maximum(late, 0) / drum.decay), envelope)
    return noise / max(float(noise.std()), 1e-12) * 0.4 * envelope
