"""Melodies that repeat their motifs: rhythm and contour belong to a cell, and a phrase is cells over changing chords."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from midi.demo.harmony import pick
from midi.demo.plan import Plan

CELLS = ("xyxz", "xxyz", "xyyz", "xyzx")
"""Orders of the cells of four bars."""


@dataclass(frozen=True)
class Tone:
    """A note within a bar."""

    start: float
    """Quarters from the start of the bar."""
    length: float
    """Quarters."""
    pitch: int
    """MIDI pitch."""


def compose_melody(
    rng: np.random.Generator, plan: Plan, rhythms: tuple[tuple[float, ...], ...], low: int, high: int
) -> dict[str, list[list[Tone]]]:
    """Section -> the tones of each of its bars, within [low, high] (more than an octave).

    rhythms: lengths in quarters that fill a bar; a negative one is a rest. Notes on the beat belong to the chord, others
    go by step; each fourth bar comes to rest on a note of its chord, an A on the tonic.
    """
    return {section: _section(rng, plan, section, rhythms, low, high) for section in plan.degrees}


def varied(rng: np.random.Generator, plan: Plan, degree: int, tones: list[Tone], probability: float = 0.4) -> list[Tone]:
    """The tones of a bar with some longer ones turned into a note, its upper neighbour and the note again."""
    result = []
    for tone in tones:
        step = _step_of(plan, tone.pitch, degree)
        if tone.length < 1 or tone.start + tone.length >= plan.meter or rng.random() > probability:
            result.append(tone)
            continue
        quarter, upper = tone.length / 4, plan.key.pitch(step + 1, degree)
        result.append(replace(tone, length=quarter))
        result.append(Tone(tone.start + quarter, quarter, upper))
        result.append(Tone(tone.start + 2 * quarter, 2 * quarter, tone.pitch))
    return result


def _section(
    rng: np.random.Generator, plan: Plan, section: str, rhythms: tuple[tuple[float, ...], ...], low: int, high: int
) -> list[list[Tone]]:
    cells = {name: (rhythm := pick(rng, rhythms), _contour(rng, len(rhythm))) for name in "xyz"}
    order = pick(rng, CELLS) * 2
    step, bars = _nearest(plan, (low + high) / 2 + rng.integers(-3, 4), 0, low, high, chord_only=True), []
    for place, degree in enumerate(plan.degrees[section]):
        if place % 4 == 3:
            ends_on = 0 if place == 7 and degree == 0 else None
            tones, step = _close(plan, step, degree, low, high, ends_on)
        else:
            tones, step = _bar(plan, step, degree, *cells[order[place]], low, high)
        bars.append(tones)
    return bars


def _contour(rng: np.random.Generator, count: int) -> list[int]:
    """Steps from note to note: mostly seconds, at times a leap, after which the line turns back."""
    steps: list[int] = []
    for _ in range(count):
        leapt = steps and abs(steps[-1]) > 2
        steps.append(-int(np.sign(steps[-1])) if leapt else int(rng.choice((-3, -2, -1, -1, -1, 0, 1, 1, 1, 2, 4))))
    return steps


def _bar(
    plan: Plan, step: int, degree: int, rhythm: tuple[float, ...], contour: list[int], low: int, high: int
) -> tuple[list[Tone], int]:
    tones, start = [], 0.0
    for length, move in zip(rhythm, contour, strict=True):
        if length > 0:
            wanted = plan.key.pitch(step + move, degree)
            step = _nearest(plan, wanted, degree, low, high, chord_only=start % 1 == 0)
            tones.append(Tone(start, length, plan.key.pitch(step, degree)))
        start += abs(length)
    return tones, step


def _close(plan: Plan, step: int, degree: int, low: int, high: int, ends_on: int | None) -> tuple[list[Tone], int]:
    """A bar that comes to rest: one long note, then a rest to breathe."""
    wanted = plan.key.pitch(step, degree)
    if ends_on is None:
        step = _nearest(plan, wanted - 1, degree, low, high, chord_only=True)
    else:
        tonics = [octave for octave in range(-21, 22, 7) if low <= plan.key.pitch(octave) <= high]
        step = min(tonics, key=lambda octave: abs(octave - step))
    return [Tone(0.0, plan.meter - 1, plan.key.pitch(step, degree))], step


def _nearest(plan: Plan, pitch: float, degree: int, low: int, high: int, chord_only: bool) -> int:
    """The step nearest to a pitch, within the range; chord_only: of the chord's notes."""
    steps = [step for step in range(-28, 29) if low <= plan.key.pitch(step, degree) <= high]
    if chord_only:
        steps = [step for step in steps if (step - degree) % 7 in (0, 2, 4)]
    return min(steps, key=lambda step: abs(plan.key.pitch(step, degree) - pitch))


def _step_of(plan: Plan, pitch: int, degree: int) -> int:
    return _nearest(plan, pitch, degree, 0, 127, chord_only=False)
