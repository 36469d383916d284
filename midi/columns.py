"""A piece as a row of columns that tell of every pitch whether it is silent, begins or goes on: for sequence models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from midi.codecs.codec import Codec
from midi.codecs.strip import StripCodec
from midi.images import read_source
from midi.notes import Piece
from midi.parts import remark
from midi.stitch import cut
from training.cli import InputError

PAD = 3
"""Class of every cell of a column that lies beyond the end of its piece; the others are those of `midi.codecs.codec`."""
BLOCK = 64
"""Columns in an item of a corpus."""


def columns_of(piece: Piece, codec: Codec) -> tuple[np.ndarray, dict[str, float]]:
    """(uint8 (columns, rows) of REST, ONSET and SUSTAIN, what `codec` does not keep of the piece).

        columns, losses = columns_of(read("song.mid"), codec_named("beats88"))

    InputError: a codec without columns, no note that it can show.
    """
    check_columns(codec)
    if not len(piece):
        raise InputError("it holds no notes")
    bars, _ = codec.bars(piece)
    wide = replace(codec, columns=codec.length(bars)) if len(bars.row) else codec
    encoded = wide.encode(piece)
    return np.ascontiguousarray(wide.classes(encoded.images)[0].T), dict(encoded.losses)


def piece_of(columns: np.ndarray, codec: Codec, tempo: int | None = None) -> Piece:
    """The inverse: uint8 (columns, rows) -> the piece at one tempo (microseconds a quarter; None: the codec's)."""
    if not len(columns):
        raise InputError("a piece needs one column or more; received none")
    wide = replace(codec, columns=len(columns))
    return wide.decode(wide.from_classes(columns.T[None]), tempo=tempo)


def images_of(columns: np.ndarray, codec: Codec) -> np.ndarray:
    """uint8 (columns, rows) -> the codec's pictures (count, *codec.shape), the last filled up with silence."""
    wide = replace(codec, columns=len(columns))
    return cut(wide.from_classes(columns.T[None])[0], codec.columns)


def check_columns(codec: Codec) -> None:
    """InputError: a picture of this codec is no row of columns with one cell a pitch."""
    if not (isinstance(codec, StripCodec) and codec.shape[0] == codec.rows):
        raise InputError(f"the columns of {codec.name} do not show one cell a pitch; use beats88 or levels88")


@dataclass(frozen=True)
class MidiColumns:
    """Encoder of `training.corpora.build`: a MIDI file -> its columns in blocks of BLOCK, the last filled up with PAD."""

    codec: Codec

    kind = "midi columns"
    dtype = "uint8"

    @property
    def shape(self) -> tuple[int, int]:
        """(columns, rows) of a block."""
        return BLOCK, self.codec.shape[0]

    def facts(self) -> dict[str, Any]:
        """The codec's facts, for the corpus' manifest."""
        return {"codec": self.codec.facts()}

    def serves(self, facts: dict[str, Any]) -> bool:
        """Columns of the same codec, however long its pictures are."""
        return facts["codec"] | {"columns": 0} == self.codec.facts() | {"columns": 0}

    def __call__(self, path: Path) -> Iterator[np.ndarray]:
        """Blocks (up to 256, BLOCK, rows). InputError: unreadable, or no note that the codec can show."""
        piece, warnings = read_source(path)
        columns, losses = columns_of(piece, self.codec)
        blocks = blocks_of(columns)
        for first in range(0, len(blocks), 256):
            yield blocks[first : first + 256]
        return "; ".join(filter(None, [*warnings, remark(losses, piece.left_out)]))


def blocks_of(columns: np.ndarray) -> np.ndarray:
    """(columns, rows) -> (blocks, BLOCK, rows), the last filled up with PAD."""
    missing = -len(columns) % BLOCK
    return np.pad(columns, ((0, missing), (0, 0)), constant_values=PAD).reshape(-1, BLOCK, columns.shape[1])
