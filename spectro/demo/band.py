"""Playing a plan: drum patterns, chords, bass lines and melodies of a `Song` put into stereo stems."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from spectro.demo.effects import add
from spectro.demo.score import Song, hits

Rhythm = Sequence[tuple[float, float]]
"""Pairs (step of the bar, length in steps)."""


def silence(song: Song) -> np.ndarray:
    """An empty stem, (2, samples)."""
    return np.zeros((2, song.samples), np.float32)


def beat(
    song: Song,
    stem: np.ndarray,
    sound: np.ndarray,
    patterns: str | Sequence[str],
    gain: float = 1.0,
    *,
    layer: str = "drums",
    pan: float = 0.0,
    loose: float = 0.0,
) -> list[int]:
    """Play a hit in every bar of a layer, one pattern a bar in turn, and return the samples where it starts.

    `loose` is how far a hit may be late or early, in steps; strengths vary by a tenth.
    """
    patterns, starts = [patterns] if isinstance(patterns, str) else patterns, []
    for bar in song.bars(layer):
        for step, strength in hits(patterns[bar % len(patterns)]):
            start = song.at(bar, step) + round(loose * song.step * song.rng.uniform(-1, 1))
            add(stem, sound, start, gain * strength * song.rng.uniform(0.9, 1.0), pan)
            starts.append(start)
    return starts


def comp(
    song: Song,
    stem: np.ndarray,
    instrument: Callable[[list[int], int], np.ndarray],
    rhythm: Rhythm,
    gain: float = 1.0,
    *,
    layer: str = "chords",
    size: int = 4,
    low: int = 55,
) -> None:
    """Play the bar's chord in a rhythm, `size` notes above `low`; an equal chord is computed once and played again."""
    known: dict[tuple, np.ndarray] = {}
    for bar in song.bars(layer):
        notes = song.chord(bar, size, low)
        for step, length in rhythm:
            samples = int(length * song.step)
            key = (*notes, samples)
            if key not in known:
                known[key] = instrument(notes, samples)
            add(stem, known[key], song.at(bar, step), gain * song.rng.uniform(0.85, 1.0))


def strum(instrument: Callable[[float, int], np.ndarray], delay: int = 0) -> Callable[[list[int], int], np.ndarray]:
    """Make a chord player out of a note player: the notes sound together, each `delay` samples after the one below."""

    def play(notes: list[int], samples: int) -> np.ndarray:
        out = np.zeros(samples, np.float32)
        for order, note in enumerate(notes):
            skip = min(order * delay, samples - 1)
            out[skip:] += instrument(note, samples - skip)
        return out / np.float32(len(notes) ** 0.7)

    return play


def roots(
    song: Song,
    stem: np.ndarray,
    instrument: Callable[[float, int], np.ndarray],
    rhythm: Rhythm,
    gain: float = 1.0,
    *,
    layer: str = "bass",
    low: int = 28,
    jump: float = 0.0,
) -> None:
    """Play the root of the bar's chord in a rhythm; with probability `jump` a note is the octave instead."""
    for bar in song.bars(layer):
        for step, length in rhythm:
            note = song.root(bar, low) + 12 * (song.rng.random() < jump)
            add(stem, instrument(note, int(length * song.step)), song.at(bar, step), gain)


def sing(
    song: Song,
    stem: np.ndarray,
    instrument: Callable[[float, int], np.ndarray],
    motif: Sequence[tuple[int, int, int]],
    gain: float = 1.0,
    *,
    layer: str = "lead",
    octave: int = 1,
    ring: float = 1.0,
) -> None:
    """Play a motif over and over where its layer sounds, now and then dropping a note; `ring` stretches the notes."""
    for bar in song.bars(layer):
        for step, length, degree in motif:
            if step // 16 == bar % 2 and song.rng.random() > 0.08:
                note = song.pitch(degree) + 12 * octave
                sound, start = instrument(note, int(length * ring * song.step)), song.at(bar, step % 16)
                add(stem, sound, start, gain * song.rng.uniform(0.8, 1.0), song.rng.uniform(-0.2, 0.2))
