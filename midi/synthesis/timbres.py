"""Timbres of the 128 General MIDI programs: families of partials and envelopes, and their band-limited wave tables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

SIZE = 2_048
"""Samples in a wave table; read between two samples by a straight line, 70 dB below the partials that are there."""
HIGHEST = 0.46
"""No partial lies above this fraction of the sample rate: vibrato and detuning keep below Nyquist too."""


@dataclass(frozen=True)
class Timbre:
    """A body of partials that holds or decays, and a bright layer above it that dies sooner and grows with velocity."""

    slope: float = 1.6
    """Partial k of the body has the amplitude k ** -slope."""
    bright: float = 0.8
    """The same of the bright layer."""
    even: float = 1.0
    """Factor of the even partials: 0 for closed pipes."""
    partials: tuple[float, ...] = ()
    """Amplitudes of the first partials of the body, instead of `slope`."""
    attack: float = 0.003
    """Seconds."""
    decay: float = 1.0
    """Seconds in which the body falls by 8.7 dB towards `sustain`, at middle C; higher notes fall faster."""
    sustain: float = 0.0
    """Level that is held as long as the note; 0 for plucked and struck sounds."""
    fade: float = 0.25
    """The same as `decay` of the bright layer; it is held at half of `sustain`."""
    release: float = 0.08
    """Seconds in which the sound falls by 8.7 dB after the note."""
    vibrato: float = 0.0
    """Cents."""
    detune: float = 0.0
    """Cents by which left and right are apart from the middle."""
    level: float = 1.0
    """Loudness beside other timbres."""
    pan: float = 1.0
    """How far from the middle the part may be; 0 for basses."""


PIANO = Timbre(1.5, 0.7, decay=0.9, fade=0.18, release=0.10)
STRUCK = Timbre(partials=(1, 0, 0, 0.35, 0, 0, 0, 0, 0, 0.12), bright=0.9, attack=0.001, decay=0.45, fade=0.03, release=0.25)
ORGAN = Timbre(partials=(1, 0.8, 0.5, 0.5, 0, 0.3, 0, 0.35), sustain=1.0, attack=0.008, fade=0.02, release=0.04, level=0.7)
GUITAR = Timbre(1.3, 0.6, attack=0.002, decay=0.6, fade=0.12, release=0.06)
DISTORTED = Timbre(0.75, 0.4, attack=0.004, decay=1.5, sustain=0.7, fade=0.3, release=0.05, detune=4, level=0.55)
BASS = Timbre(1.4, 0.9, attack=0.004, decay=0.8, fade=0.1, release=0.06, level=1.3, pan=0)
STRINGS = Timbre(1.1, 0.8, attack=0.06, decay=0.5, sustain=0.8, fade=0.4, release=0.14, vibrato=9, level=0.75)
ENSEMBLE = replace(STRINGS, slope=1.3, attack=0.09, release=0.2, vibrato=5, detune=7)
CHOIR = Timbre(
    partials=(1, 0.7, 0.35, 0.12, 0.2, 0.1, 0.04, 0.03),
    bright=1.6,
    attack=0.08,
    sustain=0.9,
    release=0.16,
    vibrato=10,
    detune=6,
)
BRASS = Timbre(0.9, 0.3, attack=0.03, decay=0.3, sustain=0.75, fade=0.2, release=0.07, vibrato=4, level=0.7)
REED = Timbre(1.0, 0.6, even=0.8, attack=0.025, decay=0.4, sustain=0.8, fade=0.3, release=0.06, vibrato=7, level=0.75)
PIPE = Timbre(2.2, 1.2, attack=0.04, decay=0.3, sustain=0.9, fade=0.1, release=0.08, vibrato=8)
LEAD = Timbre(1.0, 0.5, attack=0.004, decay=0.4, sustain=0.7, fade=0.2, release=0.05, detune=5, level=0.6)
PAD = Timbre(1.4, 1.0, attack=0.18, decay=1.0, sustain=0.85, fade=0.8, release=0.35, detune=9, level=0.7)
HARP = replace(GUITAR, slope=1.9, decay=0.5, release=0.3)
FAMILIES = (
    PIANO, STRUCK, ORGAN, GUITAR, BASS, STRINGS, ENSEMBLE, BRASS, REED, PIPE, LEAD, PAD, PAD, GUITAR, STRUCK, PAD,
)  # fmt: skip
"""The timbre of programs 0 to 7, 8 to 15 and so on, where EXCEPTIONS has none."""
EXCEPTIONS = {
    4: replace(PIANO, slope=2.6, fade=0.06),
    5: replace(PIANO, slope=2.2, even=0.6, fade=0.08),
    6: replace(GUITAR, bright=0.3, fade=0.3),
    20: replace(REED, vibrato=0),
    21: replace(REED, slope=0.8, detune=6, vibrato=0),
    22: replace(REED, slope=0.9),
    23: replace(REED, detune=8),
    26: replace(GUITAR, slope=1.8),
    28: replace(GUITAR, decay=0.15),
    29: DISTORTED,
    30: replace(DISTORTED, slope=0.6, bright=0.3),
    38: replace(BASS, slope=1.0, bright=0.5, sustain=0.6),
    39: replace(BASS, slope=1.2, even=0.2, sustain=0.6),
    43: replace(STRINGS, pan=0.3),
    45: replace(GUITAR, decay=0.12, fade=0.05),
    46: HARP,
    47: replace(STRUCK, partials=(1, 0.4, 0.2), decay=0.4),
    52: CHOIR,
    53: CHOIR,
    54: CHOIR,
    55: replace(BRASS, sustain=0.0, decay=0.25),
    58: replace(BRASS, slope=1.1, attack=0.04, pan=0.3),
    71: replace(REED, even=0.15),
    80: replace(LEAD, even=0.0),
    108: replace(STRUCK, decay=0.2),
    109: replace(REED, vibrato=0),
    110: STRINGS,
    111: REED,
}


def timbre_of(program: int) -> Timbre:
    """The timbre of a General MIDI program, 0 to 127."""
    return EXCEPTIONS.get(program, FAMILIES[program // 8])


def frequency(pitch: np.ndarray) -> np.ndarray:
    """MIDI pitch -> Hz, equal temperament, A4 (69) at 440 Hz."""
    return 440.0 * 2.0 ** ((np.asarray(pitch) - 69) / 12)


@lru_cache(maxsize=4_096)
def wave_tables(timbre: Timbre, pitch: int, rate: int) -> np.ndarray:
    """float32 (2, SIZE + 1): one period of the body and of the bright layer; the last sample is the first again.

    Both are sums of the partials below HIGHEST of the rate, of equal phases, so that mixing them never cancels any.
    """
    number = np.arange(1, 1 + min(SIZE // 16, max(1, int(HIGHEST * rate / frequency(pitch)))))
    body, bright = (number ** -float(slope) for slope in (timbre.slope, timbre.bright))
    if timbre.partials:
        body = np.append(timbre.partials, np.zeros(len(number)))[: len(number)].astype(float)
    even = np.where(number % 2 == 0, timbre.even, 1.0)
    phases = np.exp(2j * np.pi * np.random.default_rng(1).random(len(number)))
    spectrum = np.zeros((2, SIZE // 2 + 1), complex)
    spectrum[:, number] = np.stack([body, bright]) * even * phases
    if frequency(pitch) > HIGHEST * rate:
        spectrum[:] = 0
    tables = np.fft.irfft(spectrum, axis=1)
    tables /= np.maximum(tables.std(axis=1, keepdims=True), 1e-12)
    return np.append(tables, tables[:, :1], axis=1).astype(np.float32)
