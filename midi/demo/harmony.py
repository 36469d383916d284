"""Keys, chords and progressions. Scale steps count from the tonic: 0 is the tonic, 7 the octave, -1 the note below."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MODES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
}
"""Semitones above the tonic, step by step."""
LEADS_TO = {0: (3, 4, 5, 1, 3), 1: (4, 4, 3), 2: (5, 3), 3: (4, 1, 0, 4), 4: (0, 0, 5), 5: (3, 1, 4)}
"""Degrees that may follow a degree in functional harmony: tonic, subdominant, dominant, tonic."""


@dataclass(frozen=True)
class Key:
    """A tonic and a mode."""

    tonic: int
    """Pitch class, 0 is C."""
    mode: str
    """Name among MODES."""

    def pitch(self, step: int, degree: int = 0) -> int:
        """MIDI pitch of a scale step above the tonic in the octave of middle C, where the chord of `degree` sounds.

        In minor the seventh step is raised over the dominant and the diminished chord.
        """
        octave, place = divmod(int(step), 7)
        raised = self.mode == "minor" and degree in (4, 6) and place == 6
        return 60 + self.tonic + 12 * octave + MODES[self.mode][place] + raised

    def chord(self, degree: int, size: int = 3) -> tuple[int, ...]:
        """Pitch classes of `size` stacked thirds on a degree, root first."""
        return tuple(self.pitch(degree + 2 * third, degree) % 12 for third in range(size))


def pick(rng: np.random.Generator, choices: tuple) -> object:
    """One of the choices, as it is (`Generator.choice` would turn it into an array)."""
    return choices[int(rng.integers(len(choices)))]


def progression(rng: np.random.Generator, count: int, cadence: tuple[int, ...], first: int = 0) -> tuple[int, ...]:
    """`count` degrees that begin on `first`, follow LEADS_TO and end with `cadence`: (4, 0) authentic, (4,) half.

    cadence begins on a degree that can follow any other in two steps, as 4 and 1 can.
    """
    degrees = [first]
    while len(degrees) < count - len(cadence):
        following = LEADS_TO[degrees[-1]]
        last = len(degrees) == count - len(cadence) - 1
        smooth = tuple(degree for degree in following if cadence[0] in LEADS_TO[degree])
        degrees.append(pick(rng, smooth if last else following))
    return (*degrees, *cadence)


def voiced(chord: tuple[int, ...], before: tuple[int, ...], low: int, high: int) -> tuple[int, ...]:
    """The close position of a chord within [low, high] whose voices move least from `before`, lowest first.

    The range must be an octave and a half or more.
    """
    positions = []
    for turn in range(len(chord)):
        classes = chord[turn:] + chord[:turn]
        for lowest in range(low + (classes[0] - low) % 12, high + 1, 12):
            notes = [lowest]
            for pitch_class in classes[1:]:
                notes.append(notes[-1] + (pitch_class - notes[-1]) % 12)
            if notes[-1] <= high:
                positions.append(tuple(notes))
    target = np.array(before) if len(before) == len(chord) else np.full(len(chord), (low + high) / 2)
    return min(positions, key=lambda notes: float(np.abs(np.array(notes) - target).sum()))


def within(pitch: int, low: int, high: int) -> int:
    """The pitch moved by octaves into [low, high], a range of an octave or more."""
    while pitch < low:
        pitch += 12
    while pitch > high:
        pitch -= 12
    return pitch
