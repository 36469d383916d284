"""Waltz: bass on one, chords on two and three, a lilting tune on top."""

from __future__ import annotations

import numpy as np

from midi.demo.harmony import Key, pick, voiced, within
from midi.demo.melody import compose_melody, varied
from midi.demo.plan import make_plan, tonal
from midi.demo.score import Score
from midi.notes import Piece

RHYTHMS = ((2.0, 1.0), (1.0, 1.0, 1.0), (1.5, 0.5, 1.0), (1.0, 0.5, 0.5, 1.0), (3.0,), (-1.0, 1.0, 1.0), (0.5,) * 6)
LEADS = (40, 73, 71, 21, 68, 22)
"""Violin, flute, clarinet, accordion, oboe, harmonica."""


def play(rng: np.random.Generator, bars: int) -> Piece:
    """Compose a waltz for a tune, a bass and an accompanying instrument; the second strain may be doubled."""
    key = Key(int(rng.integers(-6, 6)), pick(rng, ("major", "major", "minor")))
    plan = make_plan(key, 3, bars, tonal(rng))
    tune = compose_melody(rng, plan, RHYTHMS, 62, 86)
    score = Score(rng, 3)
    lead = score.part(pick(rng, LEADS), 88)
    chords, bass = score.part(pick(rng, (0, 24, 46, 48)), 62), score.part(pick(rng, (32, 43, 58)), 76)
    second = score.part(pick(rng, (48, 42, 60)), 58)
    before: tuple[int, ...] = ()
    for number, bar in enumerate(plan.bars):
        at, tones = number * 3.0, tune[bar.section][bar.place]
        for tone in varied(rng, plan, bar.degree, tones) if bar.round else tones:
            score.note(lead, at + tone.start, tone.length, tone.pitch)
        before = voiced(key.chord(bar.degree), before, 52, 72)
        root = within(key.pitch(bar.degree, bar.degree), 36, 48)
        fifth = within(key.pitch(bar.degree + 4, bar.degree), 36, 48)
        score.note(bass, at, 3.0 if bar.last else 1.0, fifth if bar.place % 2 and bar.place != 7 else root)
        for beat in (1.0, 2.0):
            score.chord(chords, at + beat, 0.5, before)
        if bar.section == "B":
            score.chord(second, at, 3.0, before[-2:])
    return score.piece(float(rng.integers(140, 190)), bars, (3, 4), slowing=float(pick(rng, (1.0, 0.7, 0.6))))
