"""Ragtime: one piano, the left hand strides between bass notes and chords, the right hand plays across the beat."""

from __future__ import annotations

import numpy as np

from midi.demo.harmony import Key, pick, voiced, within
from midi.demo.melody import Tone, compose_melody
from midi.demo.plan import make_plan, tonal
from midi.demo.score import Score
from midi.notes import Piece

RHYTHMS = (
    (0.25, 0.5, 0.25, 0.5, 0.5),
    (0.25, 0.5, 0.25, 0.25, 0.5, 0.25),
    (0.5, 0.25, 0.5, 0.25, 0.5),
    (-0.25, 0.25, 0.25, 0.25, 0.25, 0.5, 0.25),
    (0.25, 0.5, 0.5, 0.5, 0.25),
)
"""Bars of 2/4."""


def play(rng: np.random.Generator, bars: int) -> Piece:
    """Compose a rag in 2/4; the melody gains octaves when it comes again."""
    key = Key(int(rng.integers(-6, 6)), "major")
    plan = make_plan(key, 2, bars, tonal(rng))
    tune = compose_melody(rng, plan, RHYTHMS, 65, 86)
    score = Score(rng, 2)
    program = int(pick(rng, (0, 3, 3, 1)))
    right, left = score.part(program, 82), score.part(program, 70)
    before: tuple[int, ...] = ()
    for number, bar in enumerate(plan.bars):
        at = number * 2.0
        before = voiced(key.chord(bar.degree), before, 48, 68)
        for tone in tune[bar.section][bar.place]:
            _right_hand(score, right, at, tone, before, octaves=bar.round > 0)
        roots = [within(key.pitch(bar.degree + up, bar.degree), 33, 45) for up in (0, 4)]
        for beat in range(1 if bar.last else 2):
            score.chord(left, at + beat, 0.5, (roots[beat], roots[beat] - 12) if roots[beat] > 40 else (roots[beat],))
            score.chord(left, at + beat + 0.5, 0.5, before, -6)
    return score.piece(float(rng.integers(76, 108)), bars, (2, 4), slowing=float(pick(rng, (1.0, 0.8, 0.7))))


def _right_hand(score: Score, part: int, at: float, tone: Tone, chord: tuple[int, ...], *, octaves: bool) -> None:
    """The tune; longer notes are filled with a note of the chord, and all are doubled an octave lower with `octaves`."""
    score.note(part, at + tone.start, tone.length, tone.pitch, 6)
    if octaves:
        score.note(part, at + tone.start, tone.length, tone.pitch - 12)
    if tone.length >= 0.5:
        inner = [within(pitch, tone.pitch - 11, tone.pitch) for pitch in chord]
        score.note(part, at + tone.start, tone.length, min(inner, key=lambda pitch: abs(tone.pitch - pitch - 5)), -6)
