"""Vocal: a sung line or speech by formant synthesis, alone or over a light backing."""

from __future__ import annotations

import numpy as np

from spectro.demo import effects, textures
from spectro.demo.band import beat, comp, silence, strum
from spectro.demo.drums import kick, shaker
from spectro.demo.instruments import electric_piano, pad, piano
from spectro.demo.mastering import master
from spectro.demo.score import RATE, Song, melody, pick
from spectro.demo.voice import CONSONANTS, Singer, Syllable

VOWELS = ("a", "e", "i", "o", "u", "a", "o", "m")


def play(rng: np.random.Generator, samples: int) -> np.ndarray:
    """A finished vocal track, float32 (2, samples)."""
    song = Song(rng, samples, rng.uniform(66, 150), pick(rng, ("major", "minor", "dorian", "mixolydian")))
    high = rng.random() < 0.5
    singer = Singer(
        rng.uniform(1.1, 1.25) if high else rng.uniform(0.92, 1.05), rng.uniform(0, 0.45), rng.uniform(0.02, 0.3)
    )
    spoken = rng.random() < 0.4
    line = _speech(rng, samples, 55 if high else 44) if spoken else _song(song, 12 if high else 0)
    mix = silence(song)
    effects.add(mix, singer.sing(rng, line, samples), 0, 1.0, rng.uniform(-0.2, 0.2))
    if not spoken and rng.random() < 0.4:
        third = [
            Syllable(s.start + 300, s.samples, s.note + float(pick(rng, (3, 4, 7))), s.vowel, None, s.fall) for s in line
        ]
        effects.add(mix, singer.sing(rng, third, samples), 0, 0.5, pick(rng, (-0.6, 0.6)))
    mix = effects.reverb(mix / max(effects.loudness(mix), 1e-6), rng, rng.uniform(0.3, 2.0), rng.uniform(0.05, 0.5))
    return master(mix + _backing(song) * np.float32(rng.uniform(0.3, 0.9)), rng, -17)


def _song(song: Song, octave: int) -> list[Syllable]:
    """A motif with words: long notes, some of several syllables; some fourth bars are rests."""
    rng, motif, line = song.rng, melody(song.rng, song.rng.uniform(0.5, 0.9)), []
    for bar in range(len(song.layers)):
        if bar % 4 == 3 and rng.random() < 0.4:
            continue
        for step, length, degree in motif:
            if step // 16 == bar % 2:
                note = song.pitch(degree) + octave - (12 if song.key > 53 else 0)
                samples = int(length * song.step * rng.uniform(0.8, 1.0))
                line.append(_syllable(rng, song.at(bar, step % 16), samples, note, rng.uniform(-0.3, 0.6)))
    return line


def _speech(rng: np.random.Generator, samples: int, note: float) -> list[Syllable]:
    """Phrases of 4 to 12 quick syllables whose pitch declines, with breaths between."""
    line, place, pace = [], int(0.1 * RATE), rng.uniform(0.13, 0.22)
    while place < samples:
        count = int(rng.integers(4, 13))
        for index in range(count):
            length = int(RATE * pace * rng.uniform(0.6, 1.7))
            pitch = note + 4 - 6 * index / count + rng.normal(0, 1.5)
            line.append(_syllable(rng, place, int(0.85 * length), pitch, rng.uniform(-1, 3)))
            place += length
        place += int(RATE * rng.uniform(0.2, 0.7))
    return line


def _syllable(rng: np.random.Generator, start: int, samples: int, note: float, fall: float) -> Syllable:
    consonant = pick(rng, tuple(CONSONANTS)) if rng.random() < 0.6 else None
    return Syllable(start, samples, note, pick(rng, VOWELS), consonant, fall)


def _backing(song: Song) -> np.ndarray:
    """Nothing, room noise, or a few soft chords; in some tracks a quiet beat as well. Loudness about 0.3."""
    rng, stem = song.rng, silence(song)
    kind = pick(rng, ("none", "room", "chords", "chords", "beat"))
    if kind == "room":
        stem += 0.05 * textures.coloured(rng, song.samples, -1.2)
    if kind in ("chords", "beat"):
        keys = pick(rng, (strum(piano), strum(lambda n, s: electric_piano(n, s, 0.7)), lambda n, s: pad(rng, n, s, 1_500)))
        comp(song, stem, keys, pick(rng, ([(0, 16)], [(0, 8), (8, 8)])), 0.8, low=50)
    if kind == "beat":
        beat(song, stem, kick(rng), "X.......X.......", 0.9)
        beat(song, stem, shaker(rng), "x.x.x.x.x.x.x.x.", 0.25, layer="hats")
    return stem
