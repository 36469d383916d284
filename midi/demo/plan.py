"""The plan of a piece: its bars in the form A A B A, each with its chord."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from midi.demo.harmony import Key, progression

SECTION = 8
"""Bars of a section."""
FORM = "AABA"
"""Order of the sections; longer pieces repeat it."""


@dataclass(frozen=True)
class Bar:
    """One bar of a piece."""

    section: str
    """A or B."""
    round: int
    """How many times the section came before."""
    place: int
    """Number within the section, 0 to 7."""
    degree: int
    """Degree of the chord."""
    last: bool
    """Is it the last of the piece?"""


@dataclass(frozen=True)
class Plan:
    """Key, metre and bars of a piece."""

    key: Key
    meter: float
    """Quarters in a bar."""
    degrees: Mapping[str, tuple[int, ...]]
    """Section -> the degrees of its eight bars."""
    bars: tuple[Bar, ...]


def make_plan(key: Key, meter: float, count: int, degrees: Mapping[str, tuple[int, ...]]) -> Plan:
    """A plan of `count` bars. It ends with a whole A, so that it closes; what is too much is cut off its beginning."""
    letters = [FORM[number % len(FORM)] for number in range(-(-count // SECTION))]
    letters[-1] = "A"
    places = [(number, place) for number in range(len(letters)) for place in range(SECTION)][-count:]
    bars = []
    for number, place in places:
        letter, last = letters[number], (number, place) == places[-1]
        degree = 0 if last else degrees[letter][place]
        bars.append(Bar(letter, letters[:number].count(letter), place, degree, last))
    return Plan(key, meter, degrees, tuple(bars))


def tonal(rng: np.random.Generator) -> dict[str, tuple[int, ...]]:
    """Functional harmony: A is a period (half cadence, then authentic cadence), B sets out elsewhere and ends open."""
    a = progression(rng, 4, (4,)), progression(rng, 4, (4, 0))
    b = progression(rng, 4, (4, 5), first=3), progression(rng, 4, (1, 4), first=5)
    return {"A": a[0] + a[1], "B": b[0] + b[1]}


def looped(rng: np.random.Generator, loops: tuple[tuple[int, ...], ...]) -> dict[str, tuple[int, ...]]:
    """Loops of four chords, one for each section."""
    order = rng.permutation(len(loops))
    return {letter: loops[index] * 2 for letter, index in zip("AB", order[:2], strict=True)}
