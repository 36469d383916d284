"""Pieces without their drums, as the items of a corpus. Worker processes import this module, so it imports no Keras."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from midi.files.reading import read
from midi.images import BLOCK, MidiImages
from midi.notes import Piece, with_notes
from midi.parts import encode_parts, remark
from training.cli import InputError


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
        told: list[str] = []
        try:
            whole = read(path, strict=self.strict, note=told.append)
        except InputError as error:  # the table has the name in another column
            raise InputError(str(error).removeprefix(f"{path} ")) from None
        piece = pitched(whole)
        parts, losses = encode_parts(piece, self.codec, self.parts)
        for varied in self._variations(path, piece):
            parts += encode_parts(varied, self.codec, self.parts)[0]
        for part in parts:
            for first in range(0, len(part.images), BLOCK):
                yield part.images[first : first + BLOCK]
        told = [line.removeprefix(f"{path}: ") for line in told]
        drums = len(whole) - len(piece)
        lost = remark(losses, piece.left_out)
        return "; ".join(filter(None, [*told, lost, f"left out {drums:,} drum notes" if drums else ""]))
