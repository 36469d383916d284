"""Rock: a riff of fifths on distorted guitar, bass in unison, straight drums, a pentatonic lead."""

from __future__ import annotations

import numpy as np

from midi.demo.harmony import Key, pick, within
from midi.demo.plan import Bar, looped, make_plan
from midi.demo.score import Score
from midi.notes import Piece

LOOPS = ((0, 0, 3, 0), (0, 6, 3, 0), (0, 5, 6, 0), (0, 3, 6, 0), (5, 6, 0, 0), (3, 3, 0, 0), (0, 2, 3, 6))
RIFFS = ("x.xx.xx.", "x.x.xxx.", "xx.x.x.x", "x..x..x.", "xxxxxx.x", "x.xxx.x.", "xxx.xxx.")
"""Eighths of a bar in which the riff strikes."""
PENTATONIC = {"minor": (0, 2, 3, 4, 6), "dorian": (0, 2, 3, 4, 6), "mixolydian": (0, 1, 2, 4, 5)}
"""Steps of the scale that the lead uses."""
FILL = {"snare": "....xxXX", "high tom": "xx......", "low tom": "..xx....", "kick": "X...X..."}


def play(rng: np.random.Generator, bars: int) -> Piece:
    """Compose a rock piece: riffs in A, wider chords and half-time drums in B, a solo over the later A."""
    key = Key(int(rng.integers(-8, 4)), pick(rng, tuple(PENTATONIC)))
    plan = make_plan(key, 4, bars, looped(rng, LOOPS))
    score = Score(rng, 4)
    guitar, bass = score.part(pick(rng, (30, 29, 30)), 84), score.part(pick(rng, (33, 34)), 86)
    lead, drums = score.part(pick(rng, (29, 27, 18, 81)), 84), score.part(0, 86, drum=True)
    organ = score.part(pick(rng, (16, 18, 48)), 56)
    riff, walk = pick(rng, RIFFS), rng.choice((0, 0, 0, 2, -1, 3), 8)
    solo = {place: _lick(rng) for place in range(4)}
    for number, bar in enumerate(plan.bars):
        at, root = number * 4.0, key.pitch(bar.degree)
        if bar.section == "A" and not bar.last:
            for eighth, mark in enumerate(riff):
                if mark == "x":
                    step = bar.degree + (int(walk[eighth]) if bar.place % 2 and eighth > 3 else 0)
                    _fifth(score, guitar, bass, at + eighth / 2, 0.5, key.pitch(step))
        else:
            _fifth(score, guitar, bass, at, 4.0 if bar.last else 2.0, root)
            if not bar.last:
                _fifth(score, guitar, bass, at + 2.0, 2.0, root)
            score.chord(organ, at, 4.0, tuple(within(pitch, 60, 72) for pitch in key.chord(bar.degree)))
        if bar.round and not bar.last:
            _play_lick(score, lead, key, at, solo[(bar.place + bar.round) % 4])
        score.drums(drums, number, _beat(bar))
    tempo = float(rng.integers(96, 172))
    return score.piece(tempo, bars, (4, 4), slowing=float(pick(rng, (1.0, 1.0, 0.8))))


def _fifth(score: Score, guitar: int, bass: int, at: float, length: float, root: int) -> None:
    low = within(root, 40, 52)
    score.chord(guitar, at, length, (low, low + 7, low + 12))
    score.note(bass, at, length, within(root, 28, 40))


def _lick(rng: np.random.Generator) -> list[tuple[float, float, int]]:
    """(start, length, step on the pentatonic scale) of a bar of lead guitar."""
    lengths, lick, at, step = (0.5, 0.5, 0.5, 0.25, 1.0), [], 0.0, int(rng.integers(0, 8))
    while at < 4:
        length = min(float(rng.choice(lengths)), 4 - at)
        if rng.random() < 0.85:
            lick.append((at, length, step))
        step, at = int(np.clip(step + rng.choice((-2, -1, -1, 1, 1, 2)), -1, 11)), at + length
    return lick


def _play_lick(score: Score, lead: int, key: Key, at: float, lick: list[tuple[float, float, int]]) -> None:
    scale = PENTATONIC[key.mode]
    for start, length, step in lick:
        octave, place = divmod(step, 5)
        score.note(lead, at + start, length, within(key.pitch(scale[place] + 7 * octave), 57, 88))


def _beat(bar: Bar) -> dict[str, str]:
    if bar.last:
        return {"crash": "X", "kick": "X"}
    if bar.place == 7:
        return FILL
    crash = {"crash": "X..."} if bar.place == 0 else {}
    if bar.section == "B":
        return {"kick": "X.....x.", "snare": "....X...", "ride": "x.x.x.x.", **crash}
    kick = "X..xX..." if bar.place % 2 else "X...X.x."
    return {"kick": kick, "snare": "..X...X.", "closed": "xoxoxoxo", **crash}
