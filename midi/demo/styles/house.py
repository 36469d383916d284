"""House: four on the floor, offbeat hats, stabbed chords in a loop, a syncopated bass, an arpeggio in the break."""

from __future__ import annotations

import numpy as np

from midi.demo.harmony import Key, pick, voiced, within
from midi.demo.plan import Bar, looped, make_plan
from midi.demo.score import Score
from midi.notes import Piece

LOOPS = ((0, 5, 2, 6), (0, 5, 3, 6), (5, 6, 0, 0), (0, 3, 5, 6), (0, 0, 5, 6), (0, 2, 6, 3), (3, 6, 0, 0))
STABS = ("x..x..x...x..x..", "x...x..x..x.x...", "..x..x....x..x..", "x..x..x.x..x..x.", "..x...x...x...x.")
BASSES = ("..x...x...x...x.", "x..x..x...x.x...", "..xx..xx..xx..xx", "x.xx..x.x.xx..x.", "x.....x...x..x..")
"""Sixteenths of a bar."""
ARPEGGIOS = ((0, 1, 2, 3), (0, 2, 1, 3), (3, 2, 1, 0), (0, 1, 2, 1), (0, 2, 3, 2))


def play(rng: np.random.Generator, bars: int) -> Piece:
    """Compose a house piece: layers come in by and by, B is the break."""
    key = Key(int(rng.integers(-6, 6)), pick(rng, ("minor", "minor", "dorian")))
    plan = make_plan(key, 4, bars, looped(rng, LOOPS))
    score = Score(rng, 4)
    stabs, bass = score.part(pick(rng, (0, 4, 16, 90)), 76), score.part(pick(rng, (38, 39, 38)), 88)
    arpeggio, pad = score.part(pick(rng, (81, 80, 88, 10)), 70), score.part(pick(rng, (89, 90, 50)), 56)
    drums = score.part(0, 88, drum=True)
    rhythm, low, turn = pick(rng, STABS), pick(rng, BASSES), pick(rng, ARPEGGIOS)
    before: tuple[int, ...] = ()
    for number, bar in enumerate(plan.bars):
        at, root = number * 4.0, within(key.pitch(bar.degree), 31, 43)
        before = voiced(tuple(key.pitch(bar.degree + 2 * third) % 12 for third in range(4)), before, 55, 79)
        full = bar.section == "A" and not bar.last
        if full:
            _struck(score, stabs, at, rhythm, before)
        if full and bar.round + bar.place // 4 > 0:
            for place, mark in enumerate(low):
                if mark == "x":
                    score.note(bass, at + place / 4, 0.25, root + 12 * (place % 4 == 3))
        if bar.section == "B" or bar.round > 1:
            _arpeggio(score, arpeggio, at, turn, before)
        if not full or bar.round:
            score.chord(pad, at, 4.0, before)
        score.drums(drums, number, _beat(bar))
    return score.piece(float(rng.integers(116, 132)), bars, (4, 4))


def _struck(score: Score, part: int, at: float, rhythm: str, chord: tuple[int, ...]) -> None:
    for place, mark in enumerate(rhythm):
        if mark == "x":
            score.chord(part, at + place / 4, 0.25, chord)


def _arpeggio(score: Score, part: int, at: float, turn: tuple[int, ...], chord: tuple[int, ...]) -> None:
    for place in range(16):
        score.note(part, at + place / 4, 0.25, chord[turn[place % 4]] + 12, -4 * (place % 4))


def _beat(bar: Bar) -> dict[str, str]:
    if bar.last:
        return {"kick": "X", "crash": "x"}
    if bar.section == "B":
        roll = {"snare": "o.o.o.o.xxxxXXXX"} if bar.place == 7 else {}
        return {"shaker": "oxoxoxoxoxoxoxox", **roll}
    beat = {"kick": "X.X.X.X." if bar.place == 7 else "XXXX", "open": ".x.x.x.x"}
    if bar.round or bar.place > 3:
        beat |= {"clap": ".X.X", "closed": "xoxoxoxoxoxoxoxo"}
    return beat
