"""MIDI files as the items of a corpus: pictures of one codec."""

from __future__ import annotations

import zlib
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from midi.augment import Augment
from midi.codecs.codec import Codec, Encoded
from midi.files.reading import read
from midi.notes import Piece
from midi.parts import Parts, encode_parts, pedalled, remark
from midi.pedal import Pedal
from training.errors import InputError

BLOCK = 256
"""Pictures that are handed over at a time."""


@dataclass(frozen=True)
class MidiImages:
    """Encoder of `training.corpora.build`: a MIDI file -> the pictures of its windows that have notes, uint8.

    The remark of a file, in the last column of `items.csv`, tells what its pictures do not keep.
    """

    codec: Codec
    strict: bool = False
    """Read by mido."""
    parts: Parts = "together"
    """tracks: the pictures of one track after those of another."""
    variations: int = 0
    """How often a file is shown again after itself, each time varied by `augment`; a split keeps them together."""
    augment: Augment = field(default_factory=Augment)
    """How; drawn from the file's own bytes, so that a file's variations do not depend on what else is there."""
    pedal: Pedal = "auto"
    """Do notes last while the sustain pedal is down?"""

    kind = "midi images"
    dtype = "uint8"

    def __post_init__(self) -> None:
        if self.variations < 0:
            raise InputError(f"variations must be 0 or more; received {self.variations}")

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of a picture."""
        return self.codec.shape

    def facts(self) -> dict[str, Any]:
        """The codec's facts and how files were read, for the corpus' manifest; `midi.codecs.from_facts` reads them."""
        facts = {"codec": self.codec.facts(), "strict": self.strict, "parts": self.parts, "pedal": self.pedal}
        return facts | ({"variations": self.variations, "augment": asdict(self.augment)} if self.variations else {})

    def serves(self, facts: dict[str, Any]) -> bool:
        """Pictures of the same codec."""
        return facts["codec"] == self.codec.facts()

    def __call__(self, path: Path) -> Generator[np.ndarray, None, str]:
        """Blocks of pictures (up to BLOCK, *shape). InputError: unreadable, or no note that the codec can show."""
        piece, warnings = read_source(path, self.strict)
        piece, held = pedalled(piece, self.codec, self.pedal)
        encoded, losses = encode_parts(piece, self.codec, self.parts)
        yield from _blocks(encoded)
        for varied in self._variations(path, piece):
            yield from _blocks(encode_parts(varied, self.codec, self.parts)[0])
        return "; ".join(filter(None, [*warnings, held, remark(losses, piece.left_out)]))

    def _variations(self, path: Path, piece: Piece) -> Iterator[Piece]:
        if self.variations:
            rng = np.random.default_rng(zlib.crc32(path.read_bytes()))
            yield from (self.augment(piece, rng) for _ in range(self.variations))


def read_source(path: Path, strict: bool = False) -> tuple[Piece, list[str]]:
    """The piece in a file of a corpus and the warnings of its reader, without its name, which has a column of its own.

    InputError: as `midi.files.reading.read`, likewise.
    """
    warnings: list[str] = []
    try:
        piece = read(path, strict=strict, note=warnings.append)
    except InputError as error:
        raise InputError(str(error).removeprefix(f"{path} ")) from None
    return piece, [line.removeprefix(f"{path}: ") for line in warnings]


def _blocks(encoded: list[Encoded]) -> Iterator[np.ndarray]:
    for part in encoded:
        for first in range(0, len(part.images), BLOCK):
            yield part.images[first : first + BLOCK]
