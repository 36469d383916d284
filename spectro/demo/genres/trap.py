"""Trap: half-time drums around 140 BPM, a gliding 808, rolling hi-hats, a sparse dark melody."""

from __future__ import annotations

import numpy as np

from spectro.demo import drums, effects, textures
from spectro.demo.band import beat, comp, silence, sing
from spectro.demo.instruments import Pluck, bell, electric_piano, pad, piano, sub
from spectro.demo.mastering import master
from spectro.demo.score import Song, melody, pick

KICKS = ("X.....x...x.....", "X..x......x..x..", "X......x..X.....", "X.........x..x..", "X..x..x.....x...")
ROLLS = (1, 1, 1, 1.5, 2, 3, 4)
"""Hits in an eighth note."""


def play(rng: np.random.Generator, samples: int) -> np.ndarray:
    """A finished trap track, float32 (2, samples)."""
    song = Song(rng, samples, rng.uniform(128, 160), pick(rng, ("minor", "phrygian", "harmonic minor")))
    rhythm, kick = pick(rng, KICKS), drums.kick(rng, rng.uniform(42, 55), rng.uniform(120, 220), rng.uniform(0.1, 0.2))
    mix = silence(song)
    beat(song, mix, kick, rhythm, rng.uniform(0.8, 1.1))
    backbeat = drums.clap(rng) if rng.random() < 0.5 else drums.snare(rng, rng.uniform(180, 260), 0.09)
    beat(song, mix, backbeat, "........X.......", rng.uniform(0.5, 0.8))
    if rng.random() < 0.5:
        beat(song, mix, drums.rim(rng), ("...o......o.....", "......o......o.o"), 0.5, pan=0.4)
    _hats(song, mix, rng.uniform(0.18, 0.45))
    _bass(song, mix, rhythm, rng.uniform(0.5, 0.9))
    return master(mix + _music(song), rng, -13)


def _hats(song: Song, mix: np.ndarray, gain: float) -> None:
    """Eighths that burst into rolls, each roll rising or falling in level."""
    rng = song.rng
    hat = drums.hat(rng, rng.uniform(0.015, 0.035), rng.uniform(5_500, 8_000))
    rolls = [[float(pick(rng, ROLLS)) for _ in range(8)] for _ in range(2)]
    for bar in song.bars("hats"):
        for eighth, count in enumerate(rolls[bar % 2]):
            parts = np.arange(0, 1, 1 / count)
            for part, level in zip(parts, np.linspace(1, rng.uniform(0.4, 1), len(parts)), strict=True):
                effects.add(mix, hat, song.at(bar, 2 * (eighth + part)), gain * level, 0.15)


def _bass(song: Song, mix: np.ndarray, rhythm: str, gain: float) -> None:
    """The 808 follows the kick and holds until the next one; some notes slide in from above or below."""
    rng, drive = song.rng, song.rng.uniform(1.2, 3.5)
    steps = [step for step, mark in enumerate(rhythm) if mark != "."]
    for bar in song.bars("bass"):
        for step, end in zip(steps, [*steps[1:], 16], strict=True):
            note = song.root(bar, 27)
            slide = note + float(pick(rng, (12, -12, 5, 7))) if rng.random() < 0.35 else None
            length = int((end - step) * rng.uniform(0.7, 1.0) * song.step)
            effects.add(mix, sub(note, length, drive, slide), song.at(bar, step), gain)


def _music(song: Song) -> np.ndarray:
    """The melody, a dark pad or a second line under it, crackle in a few, all in a large room."""
    rng, stem, ring = song.rng, silence(song), song.rng.uniform(0.25, 0.9)
    bite = rng.uniform(0.3, 1.2)
    voice = pick(
        rng,
        (
            lambda n, s: bell(n, s, ring),
            Pluck("hollow", ring, 0.4),
            lambda n, s: piano(n - 12, s, ring),
            lambda n, s: electric_piano(n - 12, s, bite),
            Pluck("saw", ring, 0.5, 8),
        ),
    )
    sing(song, stem, voice, melody(rng, rng.uniform(0.35, 0.7)), rng.uniform(0.3, 0.6), ring=2)
    if rng.random() < 0.6:
        dark = rng.uniform(500, 2_000)
        comp(song, stem, lambda n, s: pad(rng, n, s, dark), [(0, 16)], rng.uniform(0.25, 0.6), size=3, low=50)
    else:
        sing(song, stem, voice, melody(rng, 0.6), rng.uniform(0.3, 0.6), layer="chords", octave=0, ring=2)
    if rng.random() < 0.2:
        stem += 0.3 * textures.crackle(rng, song.samples, 20)
    stem = effects.echo(stem, int(3 * song.step), 0.4, rng.uniform(0, 0.4))
    return effects.reverb(stem, rng, rng.uniform(1.0, 2.2), rng.uniform(0.2, 0.6), rng.uniform(2_000, 5_000))
