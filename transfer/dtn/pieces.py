"""Pieces without their drums, as the items of a corpus, and the instruments that play a kind of music.

Worker processes import this module, so it imports no Keras.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from midi.files.reading import read
from midi.images import BLOCK, MidiImages
from midi.notes import Piece, with_notes
from midi.parts import encode_parts, remark
from training.errors import InputError

PROGRAMS = "programs.json"
"""Name of the file of a run that holds the target's programs."""
OCTAVES = 11
"""Octave o holds the pitches 12 o to 12 o + 11."""
MIN_SHARE = 0.01
"""Of all notes: an octave with fewer has the program of the nearest one with more."""


def pitched(piece: Piece) -> Piece:
    """The piece without its drums. InputError: there is no other note."""
    if len(piece) and piece.notes["drum"].all():
        raise InputError(f"it holds drums alone, {len(piece):,} notes without a pitch")
    return with_notes(piece, piece.notes[~piece.notes["drum"]])


@dataclass(frozen=True)
class PitchedImages(MidiImages):
    """`MidiImages` of pieces without their drums, whose pitches name instruments and would be taken for bass notes."""

    def facts(self) -> dict[str, Any]:
        """Those of `MidiImages`, and that drums are left out; corpora with drums serve too."""
        return super().facts() | {"drums": False}

    def __call__(self, path: Path) -> Generator[np.ndarray, None, str]:
        """Blocks of pictures (up to BLOCK, *shape). InputError: unreadable, or no note that the codec can show."""
        notes: list[str] = []
        try:
            complete = read(path, strict=self.strict, note=notes.append)
        except InputError as error:  # the table has the name in another column
            raise InputError(str(error).removeprefix(f"{path} ")) from None
        piece = pitched(complete)
        parts, losses = encode_parts(piece, self.codec, self.parts)
        for varied in self._variations(path, piece):
            parts += encode_parts(varied, self.codec, self.parts)[0]
        for part in parts:
            for first in range(0, len(part.images), BLOCK):
                yield part.images[first : first + BLOCK]
        notes = [line.removeprefix(f"{path}: ") for line in notes]
        drums = len(complete) - len(piece)
        lost = remark(losses, piece.left_out)
        return "; ".join(filter(None, [*notes, lost, f"left out {drums:,} drum notes" if drums else ""]))


def programs_of(pieces: Iterable[Piece]) -> list[int]:
    """(OCTAVES,) programs, 0 to 127, of pieces; all 0 without notes. Drums do not count."""
    counts = np.zeros((OCTAVES, 128), int)
    for piece in pieces:
        notes = piece.notes[~piece.notes["drum"]]
        np.add.at(counts, (notes["pitch"] // 12, notes["program"]), 1)
    notes = counts.sum(axis=1)
    frequent = np.flatnonzero(notes > MIN_SHARE * notes.sum())
    if not len(frequent):
        return [0] * OCTAVES
    nearest = frequent[np.abs(np.arange(OCTAVES)[:, None] - frequent).argmin(axis=1)]
    return counts[nearest].argmax(axis=1).tolist()


def played_by(piece: Piece, programs: list[int]) -> Piece:
    """The piece played by the program of each octave."""
    notes = piece.notes.copy()
    notes["program"] = np.array(programs)[notes["pitch"] // 12]
    return with_notes(piece, notes)
