"""A piece as a row of columns that tell of every pitch whether it is silent, begins or goes on: for sequence models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from midi.codecs.codec import Codec
from midi.codecs.strip import StripCodec
from midi.notes import Piece
from midi.stitch import cut
from midi.tempo import Tempo
from training.errors import InputError

PAD = 3
"""Class of every cell of a column that lies beyond the end of its piece; the others are those of `midi.codecs.codec`."""


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


def piece_of(columns: np.ndarray, codec: Codec, tempo: Tempo | None = None) -> Piece:
    """The inverse: uint8 (columns, rows) -> the piece at a tempo (microseconds a quarter) or a map (None: the codec's)."""
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
