"""Sources that keep what a user's piece has: it is gone on with, or a hole in it is filled.

A piece is one strip of columns. What is to be drawn of it is drawn picture by picture, each with known cells in sight: of a
continuation the last bars of the picture before (the founding paper's plan for stitching: the last 16 columns), first those
of the piece; of a hole all that is there around it. Pictures begin on bar lines, as those that models are trained on do.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from generators.contract import Known, PictureSampler
from generators.pictures.sources import columns_of_bars
from generators.primers import encoded_file
from generators.samples import seed_of
from midi.codecs.codec import Codec
from midi.codecs.strip import StripCodec
from midi.columns import check_columns
from midi.measures.continuation import columns_in_bar
from midi.notes import Piece
from midi.stitch import cut
from training.cli import log
from training.errors import InputError


@dataclass(frozen=True, eq=False)
class Strips:
    """A `Source` of items that are one strip each: some cells of it stand, the others are drawn."""

    codec: StripCodec
    pieces: np.ndarray
    """uint8 (pieces, rows, columns, channels), as wide as the codec's pictures at least: items are of them in turn."""
    free: np.ndarray
    """bool (rows, columns): True where a cell is drawn; False where it stays."""
    parts: tuple[tuple[int, int], ...]
    """Columns [first, last) of the pictures that are drawn, in this order. A cell is drawn in the first that has it."""
    written: tuple[int, int]
    """Columns [first, last) of the strip that items have."""
    count: int
    temperature: float = 1.0

    at_once = 1

    def __len__(self) -> int:
        return self.count

    @property
    def windows(self) -> int:
        """Pictures of an item, the last filled up with silence."""
        first, last = self.written
        return -(-(last - first) // self.codec.columns)

    @property
    def joints(self) -> tuple[int, ...]:
        """Columns of the strip at which what one picture draws meets what was there before it."""
        begun = int(self.free.any(axis=0).argmax())
        return (*([begun] if begun else []), *(last for _, last in self.parts[:-1]))

    @property
    def shown(self) -> int:
        """The first picture in which something is drawn."""
        return (int(self.free.any(axis=0).argmax()) - self.written[0]) // self.codec.columns

    def pictures(self, sampler: PictureSampler, items: range, labels: np.ndarray | None, seed: int) -> np.ndarray:
        """See `Source`; part p of item i of seed s has the seed (s, i, p)."""
        return np.concatenate([self._cut(strip) for strip in self.strips(sampler, items, labels, seed)])

    def strips(self, sampler: PictureSampler, items: range, labels: np.ndarray | None, seed: int) -> np.ndarray:
        """uint8 (items, rows, columns, channels): the strip of every item, whole. InputError: as `PictureSampler.draw`."""
        strips, free = self.pieces[np.array(items) % len(self.pieces)], self.free.copy()
        for number, (first, last) in enumerate(self.parts):
            seeds = np.array([seed_of(seed, item, number) for item in items], np.uint64)
            here, missing = strips[:, :, first:last], free[:, first:last, None]
            known = None if missing.all() else Known(here.copy(), np.broadcast_to(~missing, here.shape))
            here[:] = np.where(missing, sampler.draw(seeds, labels, self.temperature, known), here)
            free[:, first:last] = False
        return strips

    def _cut(self, strip: np.ndarray) -> np.ndarray:
        """The pictures of a strip."""
        first, last = self.written
        missing = silence(self.codec, self.windows * self.codec.columns - (last - first))
        return cut(np.concatenate([strip[:, first:last], missing], axis=1), self.codec.columns)


def continuation(
    codec: Codec, primers: np.ndarray | None, bars: int, count: int, *, overlap: int = 1, temperature: float = 1.0,
    only_new: bool = False,
) -> Strips:  # fmt: skip
    """`count` continuations of pieces in turn, by `bars` bars of 4/4.

    primers: uint8 (pieces, rows, columns, channels); None: each begins with a whole picture of its own.
    overlap: bars that every picture has in sight of what stands before it. only_new: leave the primer out.
    InputError: a codec whose columns are no parts of a quarter, more bars than there are columns for, an overlap that leaves
    no room in a picture.
    """
    check_columns(codec)
    primers = silence(codec, 0)[None] if primers is None else primers
    begun, bar = primers.shape[2], columns_in_bar(codec)
    end = begun + columns_of_bars(codec, bars, begun)
    if begun or end > codec.columns:
        _check_overlap(codec, overlap)
    pieces = _lengthened(primers, codec, _length(codec, end))
    free = np.zeros(pieces.shape[1:3], bool)
    free[:, begun:] = True
    parts = _parts(free[:, :end], codec, pieces.shape[2], overlap * bar)
    return Strips(codec, pieces, free, parts, (begun if only_new else 0, end), count, temperature)


def filling(
    codec: Codec, pieces: np.ndarray, hole: np.ndarray, count: int, *, any_width: bool = False, overlap: int = 1,
    temperature: float = 1.0,
) -> Strips:  # fmt: skip
    """`count` pieces, those given in turn, that are drawn anew in a hole and are else as they were.

    pieces: uint8 (pieces, rows, columns, channels). hole: bool (rows, columns), True where cells are drawn; it may go on
    beyond the last column.
    any_width: one picture has all of the hole and a picture's width before and after it in sight; else the hole is drawn by
    pictures of the codec's width, from left to right, which is told where it takes several.
    InputError: as `continuation`.
    """
    check_columns(codec)
    bar, width = columns_in_bar(codec), codec.columns
    end = max(pieces.shape[2], hole.shape[1])
    length = _length(codec, end)
    pieces = _lengthened(pieces, codec, length)
    free = np.pad(hole, ((0, 0), (0, length - hole.shape[1])))
    if any_width:
        drawn = np.flatnonzero(free.any(axis=0)).tolist()
        parts = ((max(drawn[0] // bar * bar - width, 0), min((drawn[-1] // bar + 1) * bar + width, length)),)
    else:
        _check_overlap(codec, overlap)
        parts = _parts(free, codec, length, overlap * bar)
    if len(parts) > 1:
        log(
            f"the hole and what is around it do not fit a picture of {width} columns: it takes {len(parts)}, from left to "
            "right, of which the first do not have in sight what comes after it"
        )
    return Strips(codec, pieces, free, parts, (0, end), count, temperature)


def _lengthened(pieces: np.ndarray, codec: StripCodec, length: int) -> np.ndarray:
    """Pieces (pieces, rows, columns, channels) with silence after them."""
    missing = silence(codec, length - pieces.shape[2])
    return np.concatenate([pieces, np.repeat(missing[None], len(pieces), axis=0)], axis=2)


def _check_overlap(codec: StripCodec, overlap: int) -> None:
    """InputError: in a picture with `overlap` bars of what stands before it there is no bar left to draw."""
    bars = codec.columns / columns_in_bar(codec)
    if overlap + 1 > bars:
        raise InputError(
            f"--overlap-bars {overlap} leaves no bar to draw in pictures of {codec.name}, which have {bars:g} bars"
        )


def _length(codec: StripCodec, end: int) -> int:
    """Columns of a strip that ends at `end` or later, so that its last picture begins on a bar line."""
    bar = columns_in_bar(codec)
    return codec.columns + max(0, -(-(end - codec.columns) // bar) * bar)


def _parts(free: np.ndarray, codec: StripCodec, length: int, overlap: int) -> tuple[tuple[int, int], ...]:
    """Pictures [first, last) within `length` columns that have all free columns of `free` (rows, columns) in them.

    Each begins on a bar line, `overlap` columns or more before the bar of the first column that is still to be drawn.
    """
    columns, bar, parts = np.flatnonzero(free.any(axis=0)), columns_in_bar(codec), []
    while len(columns):
        first = max(min(int(columns[0]) // bar * bar - overlap, length - codec.columns), 0)
        parts.append((first, first + codec.columns))
        columns = columns[columns >= first + codec.columns]
    return tuple(parts)


def strip_of(path: str | os.PathLike, codec: Codec, columns: int | None = None) -> np.ndarray:
    """uint8 (rows, columns, channels): a MIDI file, or its first `columns`, up to where its last note ends.

    What the codec does not keep is told. InputError: unreadable, no note in the codec's range, a codec without columns.
    """

    def encode(piece: Piece) -> tuple[np.ndarray, Mapping[str, float]]:
        check_columns(codec)
        others = sorted({f"{numerator}/{denominator}" for _, numerator, denominator in piece.signatures.tolist()} - {"4/4"})
        if others and codec.unit == "quarter":
            log(f"{path} has bars of {' and '.join(others)}; all bars are counted as 4/4 here")
        placed = codec.bars(piece)[0]
        wide = replace(codec, columns=codec.length(placed)) if len(placed.row) else codec
        encoded = wide.encode(piece)
        return encoded.images[0], encoded.losses

    return encoded_file(path, encode)[:, :columns]


def silence(codec: StripCodec, columns: int) -> np.ndarray:
    """uint8 (rows, columns, channels) in which nothing sounds."""
    wide = replace(codec, columns=max(columns, 1))
    return wide.from_classes(np.zeros((1, codec.rows, wide.columns), np.uint8))[0, :, :columns]
