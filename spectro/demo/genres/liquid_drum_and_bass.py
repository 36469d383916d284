"""Liquid drum and bass: a breakbeat at 166 to 178 BPM, reese or sub bass, airy pads and keys."""

from __future__ import annotations

import numpy as np

from spectro.demo import drums, effects
from spectro.demo.band import beat, comp, roots, silence, sing, strum
from spectro.demo.instruments import Pluck, electric_piano, pad, piano, reese, sub
from spectro.demo.mastering import master
from spectro.demo.score import Song, melody, pick

BREAKS = (
    ("X.........X.....", "....X..o.o..X..o"),
    ("X.X.......XX....", "....X..o.o..X..."),
    ("X.....o...X.....", "....X.......X..."),
    ("X.x.......x.....", "....X..o....X.o."),
)
"""Kick and snare."""
RIDES = ("x.x.x.x.x.x.x.x.", "xoxoxoxoxoxoxoxo", "x.xox.xox.xox.xo")
BASS = ([(0, 16)], [(0, 10), (10, 6)], [(0, 3), (6, 4), (10, 6)], [(0, 6), (8, 2), (11, 5)])


def play(rng: np.random.Generator, samples: int) -> np.ndarray:
    """A finished drum and bass track, float32 (2, samples)."""
    song = Song(
        rng, samples, rng.uniform(166, 178), pick(rng, ("minor", "dorian", "major", "lydian")), swing=rng.uniform(0.5, 0.54)
    )
    beats, starts = _break(song)
    bass = silence(song)
    cents, cutoff = rng.uniform(8, 28), rng.uniform(250, 1_200)
    low = pick(rng, (lambda n, s: reese(rng, n, s, cents, cutoff), lambda n, s: sub(n, s, 1.5)))
    roots(song, bass, low, pick(rng, BASS), rng.uniform(0.4, 0.8), low=29)
    duck = effects.pump(samples, starts, rng.uniform(0, 0.5), 0.12)
    return master(beats + duck * (bass + _music(song)), rng, -13)


def _break(song: Song) -> tuple[np.ndarray, list[int]]:
    """The breakbeat, in a small room of its own; and where the kick falls."""
    rng, stem = song.rng, silence(song)
    kick, snare = pick(rng, BREAKS)
    starts = beat(
        song,
        stem,
        drums.kick(rng, rng.uniform(50, 65), 160, rng.uniform(0.06, 0.11)),
        kick,
        rng.uniform(0.7, 1.0),
        loose=0.04,
    )
    beat(
        song,
        stem,
        drums.snare(rng, rng.uniform(180, 250), rng.uniform(0.06, 0.12)),
        snare,
        rng.uniform(0.6, 0.9),
        loose=0.04,
    )
    beat(
        song,
        stem,
        drums.hat(rng, rng.uniform(0.02, 0.08), 5_500),
        pick(rng, RIDES),
        rng.uniform(0.15, 0.35),
        layer="hats",
        loose=0.05,
        pan=-0.2,
    )
    if rng.random() < 0.5:
        beat(song, stem, drums.shaker(rng), "xoxoxoxoxoxoxoxo", rng.uniform(0.1, 0.3), layer="hats", pan=0.3)
    return effects.reverb(stem, rng, rng.uniform(0.2, 0.5), rng.uniform(0.05, 0.25), 6_000), starts


def _music(song: Song) -> np.ndarray:
    """Pads, keys and a plucked lead with echoes in a large room."""
    rng, stem = song.rng, silence(song)
    cutoff, shape, bite = rng.uniform(800, 4_500), pick(rng, ("saw", "triangle", "hollow")), rng.uniform(0.3, 1.2)
    comp(
        song,
        stem,
        lambda n, s: pad(rng, n, s, cutoff, shape),
        [(0, 16)],
        rng.uniform(0.5, 0.9),
        low=int(rng.integers(54, 64)),
    )
    if rng.random() < 0.5:
        keys = pick(rng, (lambda n, s: electric_piano(n, s, bite), piano))
        rhythm = pick(rng, ([(0, 16)], [(0, 6), (6, 10)], [(2, 4), (8, 8)]))
        comp(song, stem, strum(keys), rhythm, rng.uniform(0.3, 0.6))
    ring = rng.uniform(0.2, 0.6)
    voice = pick(rng, (Pluck("hollow", ring, 0.4), Pluck("saw", ring, 0.4, 9), lambda n, s: electric_piano(n, s, bite)))
    sing(song, stem, voice, melody(rng, rng.uniform(0.3, 0.7)), rng.uniform(0.2, 0.45), ring=1.5)
    stem = effects.echo(stem, int(6 * song.step), 0.45, rng.uniform(0.1, 0.4))
    return effects.reverb(stem, rng, rng.uniform(1.2, 2.5), rng.uniform(0.25, 0.6), rng.uniform(3_500, 7_000))
