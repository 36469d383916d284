"""MIDI files as the items of a corpus: pictures of one codec."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from midi.codecs.codec import Codec
from midi.parts import Parts, encode_parts, remark
from midi.reading import read
from training.cli import InputError

BLOCK = 256
"""Pictures that are handed over at a time."""


@dataclass(frozen=True)
class MidiImages:
    """Encoder of `training.build`: a MIDI file -> the pictures of its windows that have notes, uint8.

    The remark of a file, in the last column of `items.csv`, tells what its pictures do not keep.
    """

    codec: Codec
    strict: bool = False
    """Read by mido, and count notes that never end."""
    parts: Parts = "together"
    """tracks: the pictures of one track after those of another."""

    kind = "midi images"
    dtype = "uint8"

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of a picture."""
        return self.codec.shape

    def facts(self) -> dict[str, Any]:
        """The codec's facts and how files were read, for the corpus' manifest; `midi.codecs.from_facts` reads them."""
        return {"codec": self.codec.facts(), "strict": self.strict, "parts": self.parts}

    def __call__(self, path: Path) -> Generator[np.ndarray, None, str]:
        """Blocks of pictures (up to BLOCK, *shape). InputError: unreadable, or no note that the codec can show."""
        told: list[str] = []
        try:
            piece = read(path, strict=self.strict, note=told.append)
        except InputError as error:  # the table has the name in another column
            raise InputError(str(error).removeprefix(f"{path} ")) from None
        encoded, losses = encode_parts(piece, self.codec, self.parts)
        for part in encoded:
            for first in range(0, len(part.images), BLOCK):
                yield part.images[first : first + BLOCK]
        told = [line.removeprefix(f"{path}: ") for line in told]
        return "; ".join(filter(None, [*told, remark(losses, piece.left_out)]))
