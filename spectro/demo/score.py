"""What is played when: keys, chords, bars and sections of a track. Pitches are MIDI note numbers, times are samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

RATE = 22_050
"""Sample rate of the demo music in Hz, that of the spectrogram presets."""

MODES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
}
"""Semitones above the tonic, degree by degree."""

PROGRESSIONS = (
    (0, 4, 5, 3),
    (5, 3, 0, 4),
    (0, 5, 3, 4),
    (3, 4, 5, 0),
    (1, 4, 0, 5),
    (0, 3, 0, 4),
    (0, 5, 2, 6),
    (0, 0, 5, 4),
    (3, 2, 1, 0),
    (0, 6, 5, 6),
    (5, 4, 3, 4),
    (0, 0, 3, 3),
)
"""Degrees (0 = tonic) of four bars of chords; every genre draws from the same list."""

SECTIONS = {
    "intro": frozenset({"chords"}),
    "build": frozenset({"chords", "hats", "lead", "roll"}),
    "groove": frozenset({"drums", "hats", "bass"}),
    "chorus": frozenset({"drums", "hats", "bass", "chords", "lead"}),
    "break": frozenset({"chords", "lead"}),
}
"""Layers that sound in each kind of section."""

FORMS = (
    ("intro", "chorus", "chorus", "break", "chorus"),
    ("groove", "chorus", "break", "build", "chorus"),
    ("build", "chorus", "groove", "chorus"),
    ("chorus", "break", "chorus", "groove"),
    ("intro", "groove", "chorus", "chorus"),
    ("chorus", "chorus", "build", "chorus"),
)
"""Orders of sections, repeated to fill a track."""

SHORT = 4
"""Tracks of up to this many bars are all chorus."""


@dataclass
class Song:
    """The plan of one track in 4/4: a bar has 16 steps, one chord and the layers of its section."""

    rng: np.random.Generator
    samples: int
    tempo: float
    """Beats a minute."""
    mode: str
    swing: float = 0.5
    """Place of the second of two steps between the first and the next pair: 0.5 straight, 0.67 triplets."""
    key: int = field(init=False)
    """Tonic, MIDI note 48 to 59."""
    progression: tuple[int, ...] = field(init=False)
    layers: list[frozenset[str]] = field(init=False)
    """Layers that sound, bar by bar."""

    def __post_init__(self) -> None:
        self.key = int(self.rng.integers(48, 60))
        self.progression = pick(self.rng, PROGRESSIONS)
        self.layers = arrangement(self.rng, -(-self.samples // int(self.step * 16)))

    @property
    def step(self) -> float:
        """Samples of a sixteenth note."""
        return RATE * 15 / self.tempo

    def at(self, bar: int, step: float = 0) -> int:
        """First sample of a step (fractions allowed) of a bar, swung."""
        pair, within = divmod(step, 2)
        late = within * 2 * self.swing if within < 1 else 2 * self.swing + (within - 1) * 2 * (1 - self.swing)
        return round((bar * 16 + 2 * pair + late) * self.step)

    def bars(self, layer: str) -> Iterator[int]:
        """Numbers of the bars in which a layer sounds."""
        return (bar for bar, layers in enumerate(self.layers) if layer in layers)

    def pitch(self, degree: int) -> int:
        """Note of a scale degree counted from the tonic; 7 is the octave, negative degrees lie below."""
        octave, place = divmod(int(degree), 7)
        return self.key + 12 * octave + MODES[self.mode][place]

    def root(self, bar: int, low: int = 28) -> int:
        """Root of the bar's chord in the octave above `low`."""
        return low + (self.pitch(self._degree(bar)) - low) % 12

    def chord(self, bar: int, size: int = 4, low: int = 55) -> list[int]:
        """`size` stacked thirds of the bar's chord, folded into the octave above `low`: close and smoothly led."""
        notes = (self.pitch(self._degree(bar) + 2 * third) for third in range(size))
        return sorted({low + (note - low) % 12 for note in notes})

    def _degree(self, bar: int) -> int:
        return self.progression[bar % len(self.progression)]


def pick(rng: np.random.Generator, choices: tuple) -> object:
    """One of the choices, as it is (`Generator.choice` would turn it into an array)."""
    return choices[int(rng.integers(len(choices)))]


def arrangement(rng: np.random.Generator, bars: int) -> list[frozenset[str]]:
    """Layers of each bar: a form drawn at random, its sections two or four bars long; short tracks are all chorus."""
    if bars <= SHORT:
        return [SECTIONS["chorus"]] * bars
    form, length = pick(rng, FORMS), 2 if bars < 14 else int(pick(rng, (2, 4, 4)))
    return [SECTIONS[form[bar // length % len(form)]] for bar in range(bars)]


def hits(pattern: str) -> list[tuple[int, float]]:
    """Steps and strengths of a drum pattern: X loud, x normal, o soft, anything else a rest."""
    return [(step, {"X": 1.0, "x": 0.8, "o": 0.4}[mark]) for step, mark in enumerate(pattern) if mark in "Xxo"]


def melody(rng: np.random.Generator, density: float, steps: int = 32) -> list[tuple[int, int, int]]:
    """A motif as (step, length in steps, degree above the chord): a random walk that prefers small intervals.

    `density` is the probability that a note starts on an eighth; off the beat it is half as likely.
    """
    starts = [s for s in range(0, steps, 2) if rng.random() < (density if s % 4 == 0 else density / 2)] or [0]
    degree, motif = int(rng.integers(0, 5)), []
    for start, end in zip(starts, [*starts[1:], steps], strict=True):
        motif.append((start, min(end - start, 8), degree))
        degree = int(np.clip(degree + rng.choice((-2, -1, -1, 0, 1, 1, 2, 4)), -3, 9))
    return motif
