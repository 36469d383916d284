"""Future bass: bright detuned seventh chords that wobble and pump, big snares around 150 BPM."""

from __future__ import annotations

import numpy as np

from spectro.demo import drums, effects
from spectro.demo.band import beat, comp, roots, silence, sing
from spectro.demo.instruments import Pluck, bell, electric_piano, piano, sub, supersaw
from spectro.demo.mastering import master
from spectro.demo.oscillators import gate
from spectro.demo.score import RATE, Song, melody, pick
from spectro.demo.voice import Singer, chop

KICKS = ("X.....x.....x...", "X..x......x.....", "X.........x.....", "X......x..x.....")
RHYTHMS = (
    [(0, 16)],
    [(0, 6), (6, 10)],
    [(0, 3), (3, 3), (6, 4), (10, 6)],
    [(0, 6), (6, 6), (12, 4)],
    [(0, 2), (3, 2), (6, 2), (8, 4), (12, 4)],
)


def play(rng: np.random.Generator, samples: int) -> np.ndarray:
    """A finished future bass track, float32 (2, samples)."""
    song = Song(rng, samples, rng.uniform(136, 164), pick(rng, ("major", "lydian", "mixolydian", "minor")))
    mix = silence(song)
    kick = drums.kick(rng, rng.uniform(45, 58), rng.uniform(150, 250), rng.uniform(0.09, 0.16))
    starts = beat(song, mix, kick, pick(rng, KICKS), rng.uniform(0.8, 1.1))
    snare = drums.snare(rng, rng.uniform(170, 230), rng.uniform(0.1, 0.2), 9_000)
    beat(song, mix, snare, "........X.......", rng.uniform(0.6, 0.9))
    beat(song, mix, snare, ("x...x...x...x...", "x.x.x.x.xxxxxxxx"), 0.4, layer="roll")
    beat(song, mix, drums.clap(rng), "........x.......", rng.uniform(0.2, 0.5))
    hats = pick(rng, ("x.x.x.x.x.x.x.x.", "x.xxx.x.x.xxx.xx", "..x...x...x...x.", "xxoxxoxxxxoxxoxx"))
    beat(song, mix, drums.hat(rng, rng.uniform(0.015, 0.05)), hats, rng.uniform(0.12, 0.35), layer="hats")
    beat(song, mix, drums.crash(rng), ("X...............", *["................"] * 3), 0.3)
    duck = effects.pump(
        samples, [*starts, *(song.at(bar, 8) for bar in song.bars("drums"))], rng.uniform(0.5, 0.95), rng.uniform(0.15, 0.35)
    )
    return master(mix + duck * _music(song), rng, -12)


def _music(song: Song) -> np.ndarray:
    """Wobbling chords, sub bass and a lead in a room."""
    rng = song.rng
    music = _chords(song) * np.float32(rng.uniform(0.9, 1.5))
    bass = silence(song)
    roots(song, bass, lambda n, s: sub(n, s, 1.5), [(0, 16)], rng.uniform(0.3, 0.6), low=31)
    lead, ring, singer = silence(song), rng.uniform(0.15, 0.5), Singer(rng.uniform(1.1, 1.3), 0.1, 0.1)
    voice = pick(
        rng,
        (
            Pluck("saw", ring, 0.7, 10),
            Pluck("square", ring, 0.5),
            lambda n, s: bell(n, s, ring),
            lambda n, s: supersaw(rng, [n], s, 3, 12) * gate(s),
            lambda n, s: 0.5 * chop(rng, singer, n, s),
        ),
    )
    sing(song, lead, voice, melody(rng, rng.uniform(0.5, 0.9)), rng.uniform(0.2, 0.45))
    lead = effects.echo(lead, int(3 * song.step), 0.5, rng.uniform(0.1, 0.5))
    return bass + effects.reverb(music + lead, rng, rng.uniform(0.6, 2), rng.uniform(0.1, 0.45), 7_000)


def _chords(song: Song) -> np.ndarray:
    """Supersaws behind a filter that opens twice to four times a beat, or keys in the breaks of some tracks."""
    rng, stem = song.rng, silence(song)
    cents, low, shape = rng.uniform(8, 22), int(rng.integers(52, 60)), pick(rng, ("saw", "saw", "square"))
    size = int(rng.integers(4, 6))
    comp(
        song,
        stem,
        lambda n, s: supersaw(rng, n, s, 4, cents, shape) * gate(s, 0.01, 0.04),
        pick(rng, RHYTHMS),
        size=size,
        low=low,
    )
    wobble = rng.choice((1, 4 / 3, 2, 3)) * song.tempo / 60
    phase = 2 * np.pi * wobble * np.arange(song.samples, dtype=np.float32) / RATE
    opening = 1 - rng.uniform(0.2, 1) * (0.5 + 0.5 * np.cos(phase))
    stem = effects.swept(stem, rng.uniform(400, 1_500), rng.uniform(7_000, 10_000), opening)
    if rng.random() < 0.4:
        keys = pick(rng, (electric_piano, piano))
        for bar in song.bars("chords"):
            for note in song.chord(bar, 4, 60):
                sound = keys(note, int(16 * song.step), *([0.6] if keys is electric_piano else []))
                effects.add(stem, sound, song.at(bar), 0.3)
    return stem
