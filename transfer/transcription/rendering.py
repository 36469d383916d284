"""Pieces as sound of which every note is known: excerpts, played by the built-in synthesiser or by SoundFonts.

A rendering varies what recordings vary in: instruments, transposition, speed, velocities, tuning, drums, room, noise,
equalisation. Of some excerpts all pitches are drawn anew, so that nothing is learned of harmony alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import soxr

from midi.notes import Piece, make_piece
from midi.pedal import struck_again, with_pedal
from midi.synthesis.rendering import sound_of
from transfer.transcription.acoustics import equalised, in_room, levelled, noise, sines, summed, voice, without_drums
from transfer.transcription.notes import LOWEST, PITCHES, heard

VERSION = 4
"""One more whenever other sound comes of the same piece, so that a corpus made before is not taken for a new one."""
STUDIO = 48_000
"""Hz at which instruments play, so that nothing above half the model's rate is folded into it."""
DIVISION = 500
"""Ticks of an excerpt in a quarter of half a second: a millisecond each."""
PITCHED = 96
"""Programs below it play one pitch at a time; those above are effects, or drums."""
CENTS, SPEED, TRANSPOSED = 30.0, 1.25, 6
"""At most: cents of tuning, factor of speed, semitones."""
DRUMS, STROKES, LINE, REPEATED, SCATTERED, PIANO, MIXED = 0.5, 0.25, 0.15, 0.15, 0.2, 0.45, 0.35
"""Parts of the excerpts: with the piece's drums, else with strokes drawn anew, of one note at a time, with long notes struck
again and again, with pitches drawn anew, for piano alone, for instruments drawn anew."""
TONES, VOICE, FILTERED, PEDAL = 0.08, 0.15, 0.2, 0.4
"""Parts of them: as tones with few harmonics, with a voice that speaks, without what `without_drums` takes out; of those for
piano alone, under a pedal."""
HELD = 0.5, 4.0
"""Seconds from one release of the pedal to the next."""
REPEATS = 80, 400
"""Milliseconds from one stroke of a repeated note to the next."""
KIT = 5
"""Drums, at most, that strokes drawn anew have."""
TOGETHER = 0.03
"""Seconds within which two notes of a pitch, of whatever parts, are heard as one."""

Instruments = Literal["varied", "own"] | int
"""Drawn anew for some excerpts; the piece's own; a program for all."""


def rendered(
    piece: Piece,
    generator: np.random.Generator,
    *,
    rate: int,
    seconds: float,
    soundfonts: Sequence[str] = (),
    instruments: Instruments = "varied",
) -> tuple[np.ndarray, np.ndarray]:
    """An excerpt of a piece as (sound float32 (samples,), its notes of HEARD).

    varied: everything that the module tells of is drawn by `generator`, and whether one of `soundfonts` or the built-in
    synthesiser plays; otherwise only where the excerpt begins: the first of them plays, without drums.
    Both are empty where the excerpt has no note of a piano's range. InputError: a SoundFont that cannot be read.
    """
    varied = instruments == "varied"
    notes = _excerpt(with_pedal(piece, "extend")[0], generator, seconds)
    stretch = SPEED ** generator.uniform(-1, 1) if varied else 1.0
    notes = _varied(notes, generator) if varied else notes[~notes["drum"]]
    if isinstance(instruments, int):
        notes["program"] = instruments
    inside = notes["drum"] | ((notes["pitch"] >= LOWEST) & (notes["pitch"] < LOWEST + PITCHES))
    notes = notes[inside]
    for name in ("start", "end"):
        notes[name] = np.rint(notes[name] * stretch)
    notes["end"] = np.maximum(notes["end"], notes["start"] + 20)
    truth = once_each(notes[~notes["drum"]])
    if not len(truth):
        return np.zeros(0, np.float32), heard(*(np.zeros(0) for _ in range(4)))
    font = generator.choice(["", *soundfonts]) if varied else [*soundfonts, ""][0]
    tones = varied and generator.random() < TONES
    played = notes[notes["drum"]] if tones else notes
    sound = np.zeros((2, 0), np.float32)
    if len(played):
        seed = int(generator.integers(1 << 31))
        sound = sound_of(make_piece(played, DIVISION), soundfont=str(font) or None, rate=STUDIO, seed=seed)
    left = generator.uniform(0.3, 0.7)
    mono = sound[0] * left + sound[1] * (1 - left)
    if tones:
        mono = summed(mono, sines(notes[~notes["drum"]], STUDIO, generator))
    tuned = 2 ** (generator.uniform(-CENTS, CENTS) / 1_200) if varied else 1.0
    mono = soxr.resample(mono, STUDIO, rate * tuned).astype(np.float32)
    mono = mono[: round(rate * (seconds * stretch * tuned + 1.0))]
    if varied:
        if generator.random() < VOICE:
            speech = voice(len(mono), rate, generator)
            mono = mono + speech * np.std(mono) * 10 ** (generator.uniform(-15, 5) / 20)
        mono = in_room(equalised(mono, generator), rate, generator)
        if generator.random() < FILTERED:
            mono = without_drums(mono, rate)
        mono = mono + noise(len(mono), generator) * np.std(mono) * 10 ** (-generator.uniform(15, 60) / 20)
    begin, end = (truth[name] / 1_000 * tuned for name in ("start", "end"))
    return levelled(mono, rate), heard(begin, end, truth["pitch"], truth["velocity"])


def truth_of(piece: Piece) -> np.ndarray:
    """All that is to be heard of a piece as notes of HEARD: without drums, under its pedal, of a pitch one at a time."""
    piece, _ = with_pedal(piece, "extend")
    notes = piece.notes[~piece.notes["drum"]].copy()
    for name in ("start", "end"):
        notes[name] = np.rint(1_000 * piece.seconds(notes[name]))
    notes = once_each(notes)
    return heard(notes["start"] / 1_000, notes["end"] / 1_000, notes["pitch"], notes["velocity"])


def once_each(notes: np.ndarray) -> np.ndarray:
    """Notes of NOTE as one instrument of keys has them: of a pitch one at a time, each until the next one begins."""
    kept: list[np.ndarray] = []
    for pitch in np.unique(notes["pitch"]):
        mine = notes[notes["pitch"] == pitch]
        mine = mine[np.argsort(mine["start"], kind="stable")]
        first = np.diff(mine["start"], prepend=-(1 << 40)) > 1_000 * TOGETHER
        group = np.cumsum(first) - 1
        one = mine[first].copy()
        np.maximum.at(one["end"], group, mine["end"])
        np.maximum.at(one["velocity"], group, mine["velocity"])
        one["end"][:-1] = np.minimum(one["end"][:-1], one["start"][1:])
        kept.append(one)
    return np.concatenate(kept) if kept else notes[:0]


def _excerpt(piece: Piece, generator: np.random.Generator, seconds: float) -> np.ndarray:
    """The notes of `seconds` of the piece, of which one is its first, in milliseconds from there on."""
    start, end = piece.seconds(piece.notes["start"]), piece.seconds(piece.notes["end"])
    last = start.max(initial=0.0) - seconds
    begins = start[start <= max(last, start.min(initial=0.0))]
    begin = generator.choice(begins) if len(begins) else 0.0
    inside = (start >= begin) & (start < begin + seconds)
    notes = piece.notes[inside].copy()
    notes["start"] = np.rint(1_000 * (start[inside] - begin + 0.1))
    notes["end"] = np.rint(1_000 * (np.minimum(end[inside], begin + seconds) - begin + 0.1))
    return notes


def _varied(notes: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Other drums, pitches, velocities and instruments."""
    if not notes["drum"].all():
        struck = notes if generator.random() < DRUMS else notes[~notes["drum"]]
        notes = _with_strokes(struck, generator) if not struck["drum"].any() and generator.random() < STROKES else struck
    if generator.random() < LINE:
        notes = notes[notes["drum"] | _of_one_line(notes)]
    if generator.random() < REPEATED:
        notes = _repeated(notes, generator)
    pitched = ~notes["drum"]
    count = int(pitched.sum())
    if generator.random() < SCATTERED:
        pitches = generator.integers(LOWEST, LOWEST + PITCHES, count)
    else:
        pitches = notes["pitch"][pitched].astype(int) + generator.integers(-TRANSPOSED, TRANSPOSED + 1)
    notes["pitch"][pitched] = np.clip(pitches, 0, 127)
    loud = generator.uniform(50, 100) + generator.uniform(0, 25) * generator.standard_normal(count)
    notes["velocity"][pitched] = np.clip(loud, 20, 127)
    kind = generator.random()
    if kind < PIANO:
        notes["program"][pitched] = generator.choice([0, 0, 0, 1, 2])
        if generator.random() < PEDAL:
            notes["end"][pitched] = _under_pedal(notes[pitched], generator)
    elif kind < PIANO + MIXED:
        parts = notes["track"][pitched].astype(int) * 128 + notes["program"][pitched]
        _, part = np.unique(parts, return_inverse=True)
        notes["program"][pitched] = generator.integers(0, PITCHED, part.max(initial=0) + 1)[part]
    return notes


def _with_strokes(notes: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """With strokes of some drums, at places of a grid that is not the piece's."""
    grid = np.arange(100, notes["end"].max(), generator.uniform(80, 500))
    times = grid[generator.random(len(grid)) < generator.uniform(0.3, 1)]
    kit = generator.choice(np.arange(35, 82), generator.integers(1, KIT + 1))
    strokes = np.zeros(len(times), notes.dtype)
    strokes["start"], strokes["end"], strokes["drum"] = times, times + 50, True
    strokes["pitch"], strokes["velocity"] = generator.choice(kit, len(times)), generator.integers(40, 128, len(times))
    return np.concatenate([notes, strokes])


def _repeated(notes: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """With half of the notes struck again, as evenly as they last for, drums aside."""
    every = np.where(generator.random(len(notes)) < 0.5, generator.uniform(*REPEATS), np.inf)
    length = notes["end"] - notes["start"]
    count = np.where(notes["drum"], 1, np.maximum(1, length // every)).astype(int)
    again = np.repeat(notes, count)
    stroke = np.concatenate([np.arange(one) for one in count]) if len(notes) else np.zeros(0, int)
    begin, step = again["start"].copy(), np.repeat(length / count, count)
    again["start"], again["end"] = np.rint(begin + stroke * step), np.rint(begin + (stroke + 1) * step)
    return again


def _under_pedal(notes: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """(count,) where they end under a pedal that comes up now and then: there, or where their pitch is struck again."""
    last = notes["end"].max(initial=0)
    releases = np.cumsum(1_000 * generator.uniform(*HELD, 1 + int(last / 1_000 / HELD[0])))  # the last one comes after it
    until = np.minimum(releases[np.searchsorted(releases, notes["end"])], last)
    return np.maximum(notes["end"], np.minimum(until, struck_again(notes)))


def _of_one_line(notes: np.ndarray) -> np.ndarray:
    """Which of them begin when none of those before them sounds, drums aside."""
    chosen, silent = np.zeros(len(notes), bool), 0
    for place in np.argsort(notes["start"], kind="stable"):
        if not notes["drum"][place] and notes["start"][place] >= silent:
            chosen[place], silent = True, notes["end"][place]
    return chosen
