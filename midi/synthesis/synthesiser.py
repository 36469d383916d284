"""A piece into sound, block by block, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from midi.notes import Piece
from midi.synthesis.controls import curves_of
from midi.synthesis.drums import BLOCK as KNOCK
from midi.synthesis.drums import KIT, drum_sound
from midi.synthesis.kernels import TAIL, VOICE, add_strokes, add_voices
from midi.synthesis.timbres import SIZE, frequency, timbre_of, wave_tables
from training.errors import InputError

BLOCK = 1 << 16
"""Samples of a block."""
WIDTH = 0.4
"""Places of the first and last part, left and right of the middle; 1 is one side only."""


def blocks(piece: Piece, rate: int = 44_100, seed: int = 0, size: int = BLOCK) -> Iterator[np.ndarray]:
    """The sound of a piece: float32 (2, size) for one stretch after the other, the last one shorter; not normalised.

    The samples are the same whatever the size. seed: of the drums' noise. A note starts at its time to the sample.
    InputError: rate not from 8,000 to 192,000 Hz.
    """
    if not 8_000 <= rate <= 192_000:
        raise InputError(f"rate must be from 8000 to 192000 Hz; received {rate}")
    begin = np.rint(piece.seconds(piece.notes["start"]) * rate).astype(np.int64)
    curves, bent = curves_of(piece, begin, rate)
    pitched = ~piece.notes["drum"]
    voices, tables = _voices(piece, pitched, begin, bent, rate)
    strokes = _Strokes(piece, ~pitched, begin, bent, rate, seed)
    length = max(int(voices["stop"].max(initial=0)), int(strokes.stop.max(initial=0)))
    playing = _Playing(voices["begin"], voices["stop"]), _Playing(strokes.begin, strokes.stop)
    for first in range(0, length, size):
        out = np.zeros((2, min(size, length - first)), np.float32)
        last = first + out.shape[1]
        add_voices(out, first, float(rate), voices[playing[0].between(first, last)], tables, curves)
        strokes.add(out, first, playing[1].between(first, last))
        yield out


class _Playing:
    """Which of many stretches [begin, stop), sorted by begin, touch a block; asked for block after block."""

    def __init__(self, begin: np.ndarray, stop: np.ndarray) -> None:
        self.begin, self.stop = begin, stop
        self.alive, self.next = np.empty(0, np.int64), 0

    def between(self, first: int, last: int) -> np.ndarray:
        """Indices, ascending."""
        following = int(np.searchsorted(self.begin, last))
        alive = np.append(self.alive, np.arange(self.next, following))
        self.alive, self.next = alive[self.stop[alive] > first], following
        return self.alive


def _pans(notes: np.ndarray) -> np.ndarray:
    """(count,) place of each note's part between left and right, spread by track; one part alone is in the middle."""
    part = (notes["track"].astype(np.int64) << 8) | (notes["program"].astype(np.int64) << 1) | notes["drum"]
    parts, number = np.unique(part, return_inverse=True)
    return np.linspace(-WIDTH, WIDTH, len(parts))[number] if len(parts) > 1 else np.zeros(len(notes))


def _voices(
    piece: Piece, chosen: np.ndarray, begin: np.ndarray, bent: np.ndarray, rate: int
) -> tuple[np.ndarray, np.ndarray]:
    """The pitched notes as (count,) of VOICE, and the wave tables (tables, 2, SIZE + 1) that they point to.

    begin, bent: of all notes, the sample of each and what its channel's curve makes of it.
    """
    pan = np.where(bent["panned"], 0.0, _pans(piece.notes))[chosen]
    notes = piece.notes[chosen]
    kinds, kind = np.unique(notes["program"].astype(np.int64) * 128 + notes["pitch"], return_inverse=True)
    timbres = [timbre_of(int(program)) for program in kinds // 128]
    tables = [wave_tables(timbre, int(pitch), rate) for timbre, pitch in zip(timbres, kinds % 128, strict=True)]

    def column(name: str) -> np.ndarray:
        return np.array([getattr(timbre, name) for timbre in timbres], float)[kind]

    voices = np.zeros(len(notes), VOICE)
    for name in ("attack", "sustain", "fade", "release"):
        voices[name] = column(name)
    higher = 2.0 ** ((60.0 - notes["pitch"]) / 24)
    voices["decay"] = column("decay") * higher
    voices["table"], voices["hertz"] = kind, frequency(notes["pitch"].astype(float))
    voices["vibrato"], voices["detune"] = (2 ** (column(name) / 1_200) - 1 for name in ("vibrato", "detune"))
    start = piece.seconds(notes["start"])
    voices["held"] = piece.seconds(notes["end"]) - start
    voices["begin"] = begin[chosen]
    voices["stop"] = voices["begin"] + np.ceil(_sounding(voices) * rate).astype(np.int64)
    strength = notes["velocity"] / 127
    voices["bright"] = 0.7 * strength**1.5
    voices["left"], voices["right"] = _gains(0.1 * column("level") * strength**1.6 * np.sqrt(higher), pan * column("pan"))
    for name in ("first", "last", "origin"):
        voices[name] = bent[name][chosen]
    order = np.argsort(voices["begin"], kind="stable")
    return voices[order], np.array(tables, np.float32).reshape(-1, 2, SIZE + 1)


def _sounding(voices: np.ndarray) -> np.ndarray:
    """Seconds from onset to silence: to the end of the release, or until a plucked note is 65 dB down."""
    faded = voices["attack"] + 7.5 * np.maximum(voices["decay"], voices["fade"])
    released = voices["held"] + TAIL * voices["release"]
    return np.where(voices["sustain"] > 0, released, np.minimum(released, faded))


class _Strokes:
    """The drum notes of a piece and the sounds they play."""

    def __init__(self, piece: Piece, chosen: np.ndarray, begin: np.ndarray, bent: np.ndarray, rate: int, seed: int) -> None:
        order = np.flatnonzero(chosen)[np.argsort(begin[chosen], kind="stable")]
        notes, bent, self.begin = piece.notes[order], bent[order], begin[order]
        keys, self.sound = np.unique(notes["pitch"], return_inverse=True)
        sounds = [drum_sound(int(key), rate, seed) for key in keys]
        self.bank = np.concatenate([np.zeros(0, np.float32), *sounds])
        self.edges = np.cumsum([0, *map(len, sounds)])
        self.stop = self.begin + np.diff(self.edges)[self.sound] if len(keys) else self.begin
        places = np.array([KIT.get(int(key), KNOCK).pan for key in keys])[self.sound] if len(keys) else np.zeros(0)
        left, right = _gains(0.42 * (notes["velocity"] / 127) ** 1.6, places)
        self.left, self.right = left * bent["left"], right * bent["right"]

    def add(self, out: np.ndarray, first: int, playing: np.ndarray) -> None:
        """Add the strokes with the indices `playing` to the block that begins at sample `first`."""
        strokes = (column[playing] for column in (self.begin, self.sound, self.left, self.right))
        add_strokes(out, first, *strokes, self.bank, self.edges)


def _gains(level: np.ndarray, pan: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Left and right of equal power in sum."""
    angle = (1 + pan) * np.pi / 4
    return (level * np.cos(angle)).astype(np.float32), (level * np.sin(angle)).astype(np.float32)
