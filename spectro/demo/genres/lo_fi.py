"""Lo-fi: swung dusty drums at 66 to 94 BPM, seventh chords on an electric piano, tape wow, vinyl crackle, no treble."""

from __future__ import annotations

import numpy as np

from spectro.demo import drums, effects, textures
from spectro.demo.band import beat, comp, roots, silence, sing, strum
from spectro.demo.instruments import Pluck, electric_piano, pad, piano, sub
from spectro.demo.mastering import master
from spectro.demo.score import RATE, Song, melody, pick

KICKS = ("X.......x.x.....", "X..x......x.....", "X......o..x.....", "x.....x.x.......")
RHYTHMS = ([(0, 16)], [(0, 7), (7, 9)], [(0, 6), (10, 6)], [(0, 4), (6, 4), (10, 6)], [(2, 6), (10, 5)])


def play(rng: np.random.Generator, samples: int) -> np.ndarray:
    """A finished lo-fi track, float32 (2, samples)."""
    song = Song(
        rng, samples, rng.uniform(66, 94), pick(rng, ("major", "dorian", "minor", "lydian")), swing=rng.uniform(0.53, 0.66)
    )
    mix = _music(song)
    if rng.random() < 0.85:
        beats, starts = _drums(song)
        mix = mix * effects.pump(samples, starts, rng.uniform(0, 0.5), 0.25) + beats
    mix = effects.wow(mix, rng, rng.uniform(0.0003, 0.002))
    mix = effects.filtered(effects.saturate(0.7 * mix, rng.uniform(0.8, 2)), "lowpass", rng.uniform(2_500, 7_500))
    record = textures.crackle(rng, samples, rng.uniform(5, 60)) * np.float32(rng.uniform(0.1, 0.6))
    hiss = textures.coloured(rng, samples, -1) * np.float32(rng.uniform(0.002, 0.015))
    return master(mix + record + hiss, rng, -17)


def _drums(song: Song) -> tuple[np.ndarray, list[int]]:
    """Loose kick, snare or rim, hats; and where the kick falls."""
    rng, stem = song.rng, silence(song)
    starts = beat(
        song,
        stem,
        drums.kick(rng, rng.uniform(48, 65), 90, rng.uniform(0.08, 0.14)),
        pick(rng, KICKS),
        rng.uniform(0.5, 0.9),
        loose=0.1,
    )
    backbeat = pick(rng, (drums.snare, drums.rim, drums.clap))(rng)
    beat(song, stem, backbeat, "....x.......x...", rng.uniform(0.4, 0.7), loose=0.12)
    top = drums.hat(rng, rng.uniform(0.02, 0.05), 5_000) if rng.random() < 0.7 else drums.shaker(rng)
    hats = pick(rng, ("x.x.x.x.x.x.x.x.", "x.xox.x.x.xox.xo", "..x...x...x...x."))
    beat(song, stem, top, hats, rng.uniform(0.12, 0.35), layer="hats", loose=0.12, pan=0.2)
    return stem, starts


def _music(song: Song) -> np.ndarray:
    """Keys, a round bass, and a sparse lead or a pad."""
    rng, stem = song.rng, silence(song)
    bite, delay = rng.uniform(0.3, 1.6), int(rng.uniform(0, 0.02) * RATE)
    keys = pick(
        rng,
        (
            lambda n, s: electric_piano(n, s, bite),
            lambda n, s: electric_piano(n, s, bite, 1.5),
            piano,
            Pluck("triangle", 0.7, 0.3),
        ),
    )
    comp(
        song, stem, strum(keys, delay), pick(rng, RHYTHMS), 0.8, size=int(rng.integers(4, 6)), low=int(rng.integers(50, 58))
    )
    if rng.random() < 0.6:
        lead = pick(rng, (Pluck("triangle", 0.5, 0.2), keys, Pluck("hollow", 0.4, 0.3)))
        sing(song, stem, lead, melody(rng, rng.uniform(0.25, 0.6)), rng.uniform(0.3, 0.5), ring=1.5)
    if rng.random() < 0.4:
        comp(song, stem, lambda n, s: pad(rng, n, s, 1_500), [(0, 16)], rng.uniform(0.2, 0.4), size=3)
    roots(
        song,
        stem,
        lambda n, s: sub(n, s, 1.6),
        pick(rng, ([(0, 6), (10, 5)], [(0, 12)], [(0, 4), (7, 3), (10, 5)])),
        rng.uniform(0.3, 0.6),
        low=31,
    )
    return effects.reverb(stem, rng, rng.uniform(0.4, 1.2), rng.uniform(0.1, 0.35), 3_500)
