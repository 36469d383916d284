"""Folk tune: a reel in running eighths or a jig in 6/8, fiddle or whistle over strummed chords and a plain bass."""

from __future__ import annotations

import numpy as np

from midi.demo.harmony import Key, pick, voiced, within
from midi.demo.melody import compose_melody
from midi.demo.plan import make_plan, tonal
from midi.demo.score import Score
from midi.notes import Piece

REEL = ((0.5,) * 8, (1.0, 0.5, 0.5, 1.0, 0.5, 0.5), (0.5, 0.5, 1.0, 0.5, 0.5, 1.0), (1.0, 1.0, 0.5, 0.5, 0.5, 0.5))
JIG = ((0.5,) * 6, (1.0, 0.5, 1.0, 0.5), (1.0, 0.5, 0.5, 0.5, 0.5), (0.5, 0.5, 0.5, 1.0, 0.5), (1.5, 1.0, 0.5))


def play(rng: np.random.Generator, bars: int) -> Piece:
    """Compose a reel (4/4) or a jig (6/8, three quarters a bar)."""
    jig = rng.random() < 0.5
    meter, beat = (3, 1.5) if jig else (4, 1.0)
    key = Key(int(pick(rng, (2, -5, -3, 0, 5))), pick(rng, ("major", "major", "dorian", "mixolydian")))
    plan = make_plan(key, meter, bars, tonal(rng))
    tune = compose_melody(rng, plan, JIG if jig else REEL, 62, 84)
    score = Score(rng, meter, beat=beat)
    lead = score.part(pick(rng, (40, 74, 72, 21, 105, 15)), 90)
    guitar, bass = score.part(pick(rng, (25, 24, 105)), 62), score.part(pick(rng, (32, 43)), 74)
    frame = score.part(0, 62, drum=True) if rng.random() < 0.4 else None
    before: tuple[int, ...] = ()
    for number, bar in enumerate(plan.bars):
        at = number * meter
        for tone in tune[bar.section][bar.place]:
            score.note(lead, at + tone.start, tone.length, tone.pitch)
        before = voiced(key.chord(bar.degree), before, 50, 71)
        roots = [within(key.pitch(bar.degree + up, bar.degree), 36, 48) for up in (0, 4)]
        for half in range(2):
            start, length = at + half * meter / 2, meter / 2
            score.note(bass, start, length - 0.5, roots[half * (not bar.last)])
            score.chord(guitar, start + (0.5 if not jig else 1.0), 0.5, before)
            if not jig:
                score.chord(guitar, start + 1.5, 0.5, before, -8)
        if frame is not None:
            score.drums(frame, number, {"low tom": "X.ox.o" if jig else "X.o.x.oo"})
    tempo = rng.integers(150, 186) if jig else rng.integers(170, 216)
    return score.piece(float(tempo), bars, (6, 8) if jig else (4, 4), slowing=float(pick(rng, (1.0, 1.0, 0.75))))
