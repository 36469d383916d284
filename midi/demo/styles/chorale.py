"""Chorale: four voices that lead by the rules, a chord a beat, passing notes, a pause at the end of each phrase."""

from __future__ import annotations

import numpy as np

from midi.demo.harmony import Key, four_parts, parallels, pick, progression
from midi.demo.plan import FORM, SECTION
from midi.demo.score import Score
from midi.notes import Piece

ENSEMBLES = ((52, 52, 52, 52), (19, 19, 19, 19), (42, 42, 41, 40), (70, 71, 69, 68), (58, 57, 60, 56))
"""Programs of bass, tenor, alto and soprano: choir, church organ, strings, reeds, brass."""


def play(rng: np.random.Generator, bars: int) -> Piece:
    """Compose a chorale: phrases of two bars; sections A A B A."""
    key = Key(int(rng.integers(-5, 6)), pick(rng, ("major", "major", "minor")))
    meter = int(pick(rng, (3, 4, 4)))
    degrees, ends = _chords(rng, bars, meter)
    voices = four_parts(key, degrees, _wish(rng, key, len(degrees), meter), ends)
    return _written(rng, bars, meter, key, voices, degrees, ends)


def _chords(rng: np.random.Generator, bars: int, meter: int) -> tuple[tuple[int, ...], frozenset[int]]:
    """The degree of every beat, and the beats that close a phrase; they last to the end of their bar."""
    cadences = {"A": ((4,), (4, 0), (4,), (4, 0)), "B": ((4, 5), (4,), (4, 0), (4,))}
    phrases = {
        letter: [progression(rng, 2 * meter - 1, cadence, first=0 if letter == "A" else 5) for cadence in cadences[letter]]
        for letter in cadences
    }
    letters = [FORM[number % len(FORM)] for number in range(-(-bars // SECTION))]
    letters[-1] = "A"
    row = [phrase for letter in letters for phrase in phrases[letter]]
    row = row[len(row) - -(-bars // 2) :]
    if bars % 2:
        row[0] = row[0][-(meter - 1) :]
    ends = frozenset(int(end) for end in np.cumsum([len(phrase) for phrase in row]) - 1)
    return tuple(degree for phrase in row for degree in phrase), ends


def _wish(rng: np.random.Generator, key: Key, count: int, meter: int) -> np.ndarray:
    """The soprano's wish: an arch in every section, with a little unrest of its own; equal in equal sections."""
    section = SECTION // 2 * (2 * meter - 1)
    arch = 67 + key.tonic / 3 + 6 * np.sin(np.pi * np.arange(section) / section) + rng.normal(0, 2, section)
    return np.resize(arch[::-1], count)[::-1]


def _written(
    rng: np.random.Generator,
    bars: int,
    meter: int,
    key: Key,
    voices: np.ndarray,
    degrees: tuple[int, ...],
    ends: frozenset[int],
) -> Piece:
    score = Score(rng, meter)
    parts = [score.part(program, loudness) for program, loudness in zip(pick(rng, ENSEMBLES), (74, 68, 68, 82), strict=True)]
    passing, at = rng.random(len(voices)) < 0.5, 0.0
    for place, chord in enumerate(voices):
        length = 2.0 if place in ends else 1.0
        after = voices[place + 1] if place + 1 < len(voices) and place not in ends else None
        moved = _passed(key, chord, after, degrees[place]) if after is not None and passing[place] else chord
        for part, pitch, then in zip(parts, chord.tolist(), moved.tolist(), strict=True):
            if then == pitch:
                score.note(part, at, length, pitch)
            else:
                score.note(part, at, length / 2, pitch)
                score.note(part, at + length / 2, length / 2, then)
        at += length
    tempo = float(rng.integers(66, 96))
    return score.piece(tempo, bars, (meter, 4), slowing=float(pick(rng, (0.6, 0.7, 0.8))))


def _passed(key: Key, chord: np.ndarray, after: np.ndarray, degree: int) -> np.ndarray:
    """The chord with a passing note in one voice that moves by a third, if that makes no parallels; else the chord."""
    for voice in (3, 0, 1, 2):
        move = int(after[voice] - chord[voice])
        if abs(move) not in (3, 4):
            continue
        scale = {key.pitch(step, degree) % 12 for step in range(7)}
        between = [chord[voice] + by * np.sign(move) for by in (2, 1) if (chord[voice] + by * np.sign(move)) % 12 in scale]
        if not between:
            continue
        moved = chord.copy()
        moved[voice] = between[0]
        if (np.diff(moved) >= 0).all() and not parallels(moved, after):
            return moved
    return chord
