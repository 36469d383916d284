"""Jazz ballad: seventh chords without roots on electric piano, swung, bass in two that walks in B, soft cymbals."""

from __future__ import annotations

import numpy as np

from midi.demo.harmony import Key, pick, voiced, within
from midi.demo.melody import compose_melody, varied
from midi.demo.plan import Plan, make_plan
from midi.demo.score import Score
from midi.notes import Piece

STRAINS = (
    (0, 5, 1, 4, 2, 5, 1, 4),
    (1, 4, 0, 5, 1, 4, 0, 0),
    (0, 3, 2, 5, 1, 4, 0, 4),
    (0, 1, 2, 5, 3, 4, 0, 0),
    (5, 1, 4, 0, 3, 1, 4, 0),
    (3, 2, 1, 0, 5, 1, 4, 4),
)
"""Eight bars of chords each, a chord a bar."""
RHYTHMS = (
    (1.5, 0.5, 2.0),
    (-0.5, 0.5, 0.5, 0.5, 2.0),
    (2.0, -0.5, 0.5, 0.5, 0.5),
    (1.0, 1.0, 1.5, 0.5),
    (3.0, 0.5, 0.5),
    (-1.0, 0.5, 0.5, 1.5, 0.5),
)
COMPING = ((0.0, 1.5), (0.0, 2.5), (0.5, 2.0), (0.0,), (1.5, 3.5))
"""Quarters of a bar on which the chord is struck."""
THIRD_AND_TWO = 2 / 3


def play(rng: np.random.Generator, bars: int) -> Piece:
    """Compose a ballad for a tune, chords, bass and brushes."""
    key = Key(int(rng.integers(-7, 5)), pick(rng, ("major", "major", "minor")))
    a, b = rng.permutation(len(STRAINS))[:2]
    plan = make_plan(key, 4, bars, {"A": (*STRAINS[a][:6], 4, 0), "B": STRAINS[b]})
    tune = compose_melody(rng, plan, RHYTHMS, 58, 81)
    score = Score(rng, 4, swing=THIRD_AND_TWO)
    lead, piano = score.part(pick(rng, (66, 65, 59, 11, 26)), 78), score.part(pick(rng, (4, 0, 5, 26)), 58)
    bass, drums = score.part(pick(rng, (32, 35)), 70), score.part(0, 50, drum=True)
    before: tuple[int, ...] = ()
    for number, bar in enumerate(plan.bars):
        at, tones = number * 4.0, tune[bar.section][bar.place]
        for tone in varied(rng, plan, bar.degree, tones, 0.3) if bar.round else tones:
            score.note(lead, at + tone.start, tone.length, tone.pitch)
        before = voiced(key.chord(bar.degree, 5)[1:], before, 50, 74)
        strokes = (0.0,) if bar.last else pick(rng, COMPING)
        for start, end in zip(strokes, (*strokes[1:], 4.0), strict=True):
            score.chord(piano, at + start, end - start, before)
        following = plan.bars[number + 1].degree if not bar.last else 0
        _bass(rng, score, bass, plan, at, bar.degree, following, walking=bar.section == "B" and not bar.last)
        ride = "X...x.o." if bar.section == "B" else "x...o..."
        score.drums(drums, number, {"ride": "x"} if bar.last else {"ride": ride, "pedal": "..o...o.", "brush": "o.o.o.o."})
    return score.piece(float(rng.integers(56, 92)), bars, (4, 4), slowing=float(pick(rng, (0.6, 0.7, 0.8))))


def _bass(
    rng: np.random.Generator, score: Score, part: int, plan: Plan, at: float, degree: int, following: int, *, walking: bool
) -> None:
    """Root and fifth, or four quarters of which the last is a step away from the next root."""
    if not walking:
        score.note(part, at, 2.0, within(plan.key.pitch(degree, degree), 31, 45))
        score.note(part, at + 2.0, 2.0, within(plan.key.pitch(degree + 4, degree), 31, 45))
        return
    middle = pick(rng, ((2, 4), (4, 2), (1, 2), (4, 7)))
    for beat, step in enumerate((degree, degree + middle[0], degree + middle[1], following + int(pick(rng, (-1, 1))))):
        score.note(part, at + beat, 1.0, within(plan.key.pitch(step, degree), 31, 45))
