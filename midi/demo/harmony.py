"""Keys, chords, progressions, and voicings that lead their voices.

Scale steps count from the tonic: 0 is the tonic, 7 the octave, -1 the note below.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product

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
RANGES = ((40, 60), (48, 67), (55, 74), (60, 81))
"""Lowest and highest pitch of bass, tenor, alto and soprano."""
FORBIDDEN = 1_000.0
"""Cost of what may not be; far above the sum of all that may."""


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


def four_parts(key: Key, degrees: tuple[int, ...], wish: np.ndarray, ends: frozenset[int]) -> np.ndarray:
    """(chords, 4) pitches of bass, tenor, alto and soprano: the voicings that lead best, by dynamic programming.

    No voices cross, no two move in parallel fifths or octaves (unisons too), no voice leaps more than an octave, the
    leading note is never doubled and goes up to the tonic in the soprano.
    wish: (chords,) pitch that the soprano would like to sing. ends: chords that close a phrase, in root position.
    """
    wanted = [(degree, place in ends) for place, degree in enumerate(degrees)]
    table = {chord: _voicings(key, *chord) for chord in sorted(set(wanted))}
    choices = [table[chord] for chord in wanted]
    cost = np.abs(choices[0][:, 3] - wish[0]) * 0.5
    back = []
    for before, after, degree, place in zip(choices, choices[1:], degrees, range(1, len(degrees)), strict=False):
        total = cost[:, None] + _motion(key, before, after, degree) + 0.5 * np.abs(after[:, 3] - wish[place])
        back.append(total.argmin(axis=0))
        cost = total.min(axis=0)
    path = [int(cost.argmin())]
    for step in reversed(back):
        path.append(int(step[path[-1]]))
    return np.array([voicings[index] for voicings, index in zip(choices, reversed(path), strict=True)])


def parallels(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Do two voices move from a fifth or octave to another one? (..., voices) pitches -> (...) of bool."""
    found = np.zeros(np.broadcast_shapes(before.shape, after.shape)[:-1], bool)
    for low, high in combinations(range(before.shape[-1]), 2):
        interval, then = (chord[..., high] - chord[..., low] for chord in (before, after))
        perfect = (interval % 12 == then % 12) & np.isin(interval % 12, (0, 7))
        found |= perfect & (before[..., low] != after[..., low]) & (before[..., high] != after[..., high])
    return found


def _voicings(key: Key, degree: int, root_position: bool) -> np.ndarray:
    """(voicings, 4) of one triad: complete, within the ranges, not crossed, upper voices within an octave of each other."""
    root, third, fifth = key.chord(degree)
    pitches = [[pitch for pitch in range(low, high + 1) if pitch % 12 in (root, third, fifth)] for low, high in RANGES]
    every = np.array(list(product(*pitches)))
    gaps = np.diff(every, axis=1)
    keep = (gaps >= 0).all(axis=1) & (gaps[:, 1:] <= 12).all(axis=1) & (gaps[:, 0] <= 19)
    classes = every % 12
    for pitch_class in (root, third, fifth):
        keep &= (classes == pitch_class).any(axis=1)
    keep &= (classes == third).sum(axis=1) == 1
    keep &= np.isin(classes[:, 0], (root,) if root_position or degree == 4 else (root, third))
    return every[keep]


def _motion(key: Key, before: np.ndarray, after: np.ndarray, degree: int) -> np.ndarray:
    """(voicings before, voicings after) cost of going from one to the other."""
    moves = after[None] - before[:, None]
    size = np.abs(moves)
    cost = size[..., 1:].sum(axis=-1) + 0.4 * size[..., 0]
    cost = cost + FORBIDDEN * (parallels(before[:, None], after[None]) | (size > 12).any(axis=-1))
    cost += 6.0 * np.isin(size, (6, 10, 11)).sum(axis=-1) + 1.5 * (moves[..., 3] == 0)
    # A voice does not pass the place where its neighbour has just been.
    cost += 8.0 * ((after[None, :, :-1] > before[:, None, 1:]) | (after[None, :, 1:] < before[:, None, :-1])).any(axis=-1)
    leading = (before[:, 3] % 12 == key.pitch(6, degree) % 12) & (degree in (4, 6))
    return cost + 20.0 * (leading[:, None] & (moves[..., 3] != 1) & (moves[..., 3] != 0))
