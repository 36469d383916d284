"""House: kick on every beat at 117 to 130 BPM, open hats between, organ or piano stabs, a syncopated bass line."""

from __future__ import annotations

import numpy as np

from spectro.demo import drums, effects
from spectro.demo.band import beat, comp, roots, silence, sing, strum
from spectro.demo.instruments import Pluck, electric_piano, pad, piano, supersaw
from spectro.demo.mastering import master
from spectro.demo.oscillators import decay, gate, hertz, oscillate
from spectro.demo.score import Song, melody, pick
from spectro.demo.voice import Singer, chop

STABS = (
    [(0, 2), (3, 2), (6, 2), (10, 2), (13, 2)],
    [(2, 2), (5, 2), (10, 2), (13, 2)],
    [(0, 3), (6, 3), (11, 3)],
    [(0, 2), (4, 2), (7, 2), (10, 4)],
    [(2, 1), (6, 1), (10, 1), (14, 1)],
)
BASS = (
    [(2, 2), (6, 2), (10, 2), (14, 2)],
    [(0, 2), (3, 2), (6, 3), (11, 2), (14, 2)],
    [(2, 1), (3, 1), (6, 2), (10, 3)],
    [(0, 3), (3, 3), (6, 4), (10, 6)],
)


def play(rng: np.random.Generator, samples: int) -> np.ndarray:
    """A finished house track, float32 (2, samples)."""
    song = Song(
        rng,
        samples,
        rng.uniform(117, 130),
        pick(rng, ("minor", "dorian", "major", "mixolydian")),
        swing=rng.uniform(0.5, 0.58),
    )
    beats, starts = _drums(song)
    bass, drive = silence(song), rng.uniform(400, 1_600)
    shape = pick(rng, ("saw", "square", "triangle"))

    def low(note: float, samples: int) -> np.ndarray:
        wave = effects.filtered(oscillate(shape, hertz(note), samples), "lowpass", drive)
        return wave * decay(samples, 0.25) * gate(samples, 0.003, 0.02) + 0.3 * oscillate("sine", hertz(note), samples)

    roots(song, bass, low, pick(rng, BASS), rng.uniform(0.4, 0.8), low=31, jump=rng.uniform(0, 0.3))
    duck = effects.pump(samples, starts, rng.uniform(0.2, 0.8), rng.uniform(0.12, 0.3))
    return master(beats + duck * (bass + _music(song)), rng, -13)


def _drums(song: Song) -> tuple[np.ndarray, list[int]]:
    """Kick, clap, hats and a shaker; and where the kick falls."""
    rng, stem = song.rng, silence(song)
    starts = beat(
        song,
        stem,
        drums.kick(rng, rng.uniform(45, 58), rng.uniform(120, 220), rng.uniform(0.1, 0.2)),
        "X...X...X...X...",
        rng.uniform(0.8, 1.1),
    )
    backbeat = drums.clap(rng) if rng.random() < 0.7 else drums.snare(rng, length=0.08)
    beat(song, stem, backbeat, "....X.......X...", rng.uniform(0.3, 0.6))
    beat(
        song,
        stem,
        drums.hat(rng, rng.uniform(0.05, 0.16), rng.uniform(5_000, 7_500)),
        "..x...x...x...x.",
        rng.uniform(0.2, 0.5),
        layer="hats",
    )
    if rng.random() < 0.7:
        closed = pick(rng, (drums.hat, drums.shaker))(rng)
        beat(song, stem, closed, "xoxxxoxxxoxxxoxx", rng.uniform(0.08, 0.25), layer="hats", pan=0.3)
    return stem, starts


def _music(song: Song) -> np.ndarray:
    """Stabs, a pad in half of the tracks, a lead in some, behind a filter that opens slowly in a third of them."""
    rng, stem, ring, bite = song.rng, silence(song), song.rng.uniform(0.15, 0.5), song.rng.uniform(0.3, 1.2)
    stab = pick(
        rng,
        (
            strum(lambda n, s: 0.6 * oscillate("organ", hertz(n), s) * gate(s, 0.004, 0.03)),
            strum(piano),
            strum(lambda n, s: electric_piano(n, s, bite)),
            strum(Pluck("saw", ring, 0.7, 8)),
            lambda n, s: supersaw(rng, n, s, 3, 9) * gate(s, 0.004, 0.03),
        ),
    )
    comp(song, stem, stab, pick(rng, STABS), rng.uniform(0.5, 0.9), low=int(rng.integers(54, 62)))
    if rng.random() < 0.5:
        cutoff = rng.uniform(700, 3_000)
        comp(song, stem, lambda n, s: pad(rng, n, s, cutoff), [(0, 16)], rng.uniform(0.3, 0.6), size=3)
    if rng.random() < 0.5:
        singer = Singer(rng.uniform(1.0, 1.2), 0.1, 0.1)
        lead = pick(rng, (Pluck("square", ring, 0.5), lambda n, s: chop(rng, singer, n - 12, s)))
        sing(song, stem, lead, melody(rng, rng.uniform(0.4, 0.8)), rng.uniform(0.15, 0.35))
    if rng.random() < 0.35:
        stem = effects.swept(stem, 400, 8_000, np.linspace(rng.random(), rng.random(), song.samples))
    stem = effects.echo(stem, int(3 * song.step), 0.4, rng.uniform(0, 0.35))
    return effects.reverb(stem, rng, rng.uniform(0.5, 1.8), rng.uniform(0.1, 0.4), 5_000)
