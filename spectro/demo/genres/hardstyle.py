"""Hardstyle: a distorted pitched kick, four on the floor around 150 BPM, reverse bass off the beat, screech lead."""

from __future__ import annotations

import numpy as np

from spectro.demo import drums, effects
from spectro.demo.band import beat, comp, roots, silence, sing
from spectro.demo.instruments import pad, reverse_bass, screech, supersaw
from spectro.demo.mastering import master
from spectro.demo.oscillators import gate
from spectro.demo.score import Song, melody, pick


def play(rng: np.random.Generator, samples: int) -> np.ndarray:
    """A finished hardstyle track, float32 (2, samples)."""
    song = Song(rng, samples, rng.uniform(144, 160), pick(rng, ("minor", "harmonic minor", "phrygian")))
    mix, starts = silence(song), []
    drive = rng.uniform(2.5, 9)
    for chord in sorted(set(song.progression)):
        bars = "X...X...X...X..." if rng.random() < 0.75 else "X...X...X...X.x."
        patterns = [bars if degree == chord else "................" for degree in song.progression]
        note = 33 + (song.pitch(chord) - 33) % 12
        starts += beat(song, mix, drums.hard_kick(rng, note, drive), patterns, rng.uniform(0.7, 0.9))
    _top(song, mix)
    bass, swell, cutoff = silence(song), rng.uniform(1.5, 5), rng.uniform(500, 1_800)
    roots(
        song,
        bass,
        lambda n, s: reverse_bass(n, s, swell, cutoff),
        [(beat + 1.6, 2.3) for beat in (0, 4, 8, 12)],
        rng.uniform(0.3, 0.6),
        low=33,
    )
    duck = effects.pump(samples, starts, rng.uniform(0.5, 0.9), rng.uniform(0.12, 0.3))
    return master(effects.saturate(0.8 * (mix + bass + duck * _music(song)), rng.uniform(1, 2)), rng, -11)


def _top(song: Song, mix: np.ndarray) -> None:
    """Claps on two and four, open hats off the beat, a crash every four bars, a snare roll before the drop."""
    rng = song.rng
    beat(song, mix, drums.clap(rng), "....X.......X...", rng.uniform(0.1, 0.5))
    open_hat = drums.hat(rng, rng.uniform(0.04, 0.12), rng.uniform(5_000, 7_500))
    beat(song, mix, open_hat, "..x...x...x...x.", rng.uniform(0.1, 0.4), layer="hats")
    beat(song, mix, drums.snare(rng), ("x...x...x...x...", "x.x.x.x.xxxxxxxx"), 0.4, layer="roll")
    beat(song, mix, drums.crash(rng), ("X...............", *["................"] * 3), 0.3)


def _music(song: Song) -> np.ndarray:
    """A screech or a wall of saws on the melody, chords behind it, in a hall."""
    rng, stem = song.rng, silence(song)
    drive, band, slide, cents = rng.uniform(2, 9), rng.uniform(900, 3_500), float(pick(rng, (-12, -5, 3, 7))), 16.0
    voice = pick(
        rng,
        (
            lambda n, s: screech(n, s, drive, band, n + slide),
            lambda n, s: screech(n - 12, s, drive, band, n - 12 + slide),
            lambda n, s: supersaw(rng, [n, n - 12], s, 4, cents) * gate(s),
        ),
    )
    sing(song, stem, voice, melody(rng, rng.uniform(0.6, 1)), rng.uniform(0.3, 0.6))
    bright = rng.uniform(1_000, 6_000)
    if rng.random() < 0.5:
        comp(song, stem, lambda n, s: pad(rng, n, s, bright), [(0, 16)], rng.uniform(0.3, 0.7), size=3, low=52)
    else:
        comp(
            song,
            stem,
            lambda n, s: supersaw(rng, n, s, 3, cents) * gate(s),
            [(0, 4), (4, 4), (8, 4), (12, 4)],
            rng.uniform(0.2, 0.5),
            size=3,
            low=54,
        )
    return effects.reverb(stem, rng, rng.uniform(1, 2.5), rng.uniform(0.15, 0.5), 5_000)
