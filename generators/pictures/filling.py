"""Sources that keep what a user's piece has: it is gone on with, or a hole in it is filled.

A piece is one strip of columns. What is to be drawn of it is drawn picture by picture, each with known cells in sight: of a
continuation the last bars of the picture before (the founding paper's plan for stitching: the last 16 columns), first those
of the piece; of a hole all that is there around it. Pictures begin on bar lines, as those that models are trained on do.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from generators.contract import Known, PictureSampler
from generators.pictures.sources import columns_of_bars
from generators.primers import encoded_file
from generators.samples import seed_of
from midi.codecs.codec import Codec
from midi.codecs.grid import division_of, ticks_of
from midi.codecs.strip import StripCodec
from midi.columns import check_columns
from midi.measures.continuation import columns_in_bar
from midi.notes import Piece
from midi.stitch import cut
from midi.tempo import TempoMap
from training.cli import log
from training.errors import InputError


@dataclass(frozen=True, eq=False)
class Songs:
    """Pieces of one length as strips of a codec's columns."""

    codec: StripCodec
    cells: np.ndarray
    """uint8 (pieces, rows, columns, channels)."""
    names: tuple[str, ...]
    """Of their files."""
    tempo: TempoMap | None = None
    """Of a user's file; None: the codec's."""

    @classmethod
    def unbegun(cls, codec: Codec) -> Songs:
        """One of no columns. InputError: a codec without columns."""
        check_columns(codec)
        return cls(codec, silence(codec, 0)[None], ("",))

    @property
    def columns(self) -> int:
        """Of each."""
        return self.cells.shape[2]

    def until(self, end: int) -> np.ndarray:
        """uint8 (pieces, rows, end, channels): their cells, and silence after them."""
        missing = silence(self.codec, end - self.columns)
        return np.concatenate([self.cells, np.repeat(missing[None], len(self.cells), axis=0)], axis=2)


@dataclass(frozen=True, eq=False)
class Strips:
    """A `Source` of items that are one strip each: some cells of it stand, the others are drawn."""

    songs: Songs
    """What stands; items are of them in turn."""
    free: np.ndarray
    """bool (rows, columns of the strip): True where a cell is drawn; False where it stays."""
    parts: tuple[tuple[int, int], ...]
    """Columns [first, last) of the pictures that are drawn, in this order. A cell is drawn in the first that has it."""
    written: tuple[int, int]
    """Columns [first, last) of the strip that items have."""
    what: str
    """What the pieces are, as the manifest names them: primer or fill."""
    count: int
    temperature: float = 1.0

    at_once = 1

    def __len__(self) -> int:
        return self.count

    @property
    def tempo(self) -> TempoMap | None:
        """From where items begin."""
        tempos, codec = self.songs.tempo, self.songs.codec
        if tempos is None:
            return None
        begun = ticks_of(np.array(self.written[0]), codec.resolution, codec.unit, tempos, codec.rounding)
        return tempos.in_division(division_of(codec.resolution, codec.unit)).since(int(begun))

    @property
    def windows(self) -> int:
        """Pictures of an item, the last filled up with silence."""
        first, last = self.written
        return -(-(last - first) // self.songs.codec.columns)

    @property
    def shown(self) -> int:
        """The first picture in which something is drawn."""
        return (self._begun - self.written[0]) // self.songs.codec.columns

    @property
    def joints(self) -> tuple[int, ...]:
        """Columns of the strip at which what one picture draws meets what was there before it."""
        return (*([self._begun] if self._begun else []), *(last for _, last in self.parts[:-1]))

    @property
    def _begun(self) -> int:
        """The first column in which something is drawn."""
        return int(self.free.any(axis=0).argmax())

    def about(self, item: int) -> dict[str, Any]:
        """See `Source`."""
        return {self.what: self.songs.names[item % len(self.songs.names)], f"{self.what}_columns": self.songs.columns}

    def pictures(self, sampler: PictureSampler, items: range, labels: np.ndarray | None, seed: int) -> np.ndarray:
        """See `Source`; part p of item i of seed s has the seed (s, i, p)."""
        return np.concatenate([self._cut(strip) for strip in self.strips(sampler, items, labels, seed)])

    def strips(self, sampler: PictureSampler, items: range, labels: np.ndarray | None, seed: int) -> np.ndarray:
        """uint8 (items, rows, columns, channels): the strip of every item, whole. InputError: as `PictureSampler.draw`."""
        strips = self.songs.until(self.free.shape[1])[np.array(items) % len(self.songs.cells)]
        free = self.free.copy()
        for number, (first, last) in enumerate(self.parts):
            seeds = np.array([seed_of(seed, item, number) for item in items], np.uint64)
            here, missing = strips[:, :, first:last], free[:, first:last, None]
            known = None if missing.all() else Known(here.copy(), np.broadcast_to(~missing, here.shape))
            here[:] = np.where(missing, sampler.draw(seeds, labels, self.temperature, known), here)
            free[:, first:last] = False
        return strips

    def _cut(self, strip: np.ndarray) -> np.ndarray:
        """The pictures of a strip."""
        (first, last), codec = self.written, self.songs.codec
        missing = silence(codec, self.windows * codec.columns - (last - first))
        return cut(np.concatenate([strip[:, first:last], missing], axis=1), codec.columns)


def continuation(
    primers: Songs, bars: int, count: int, *, overlap: int = 1, temperature: float = 1.0, only_new: bool = False
) -> Strips:
    """`count` continuations of pieces by `bars` bars of 4/4; of one that has not begun a whole picture is drawn first.

        continuation(song_of("song.mid", codec), 16, 20).pictures(sampler, range(20), None, seed=0)

    overlap: bars that every picture has in sight of what stands before it. only_new: leave the primers out.
    InputError: a codec whose columns are no parts of a quarter, more bars than there are columns for, an overlap that leaves
    no room in a picture.
    """
    codec, begun = primers.codec, primers.columns
    end = begun + columns_of_bars(codec, bars, begun)
    if begun or end > codec.columns:
        _check_overlap(codec, overlap)
    free = np.zeros((codec.rows, _length(codec, end)), bool)
    free[:, begun:] = True
    parts = _parts(free[:, :end], codec, free.shape[1], overlap * columns_in_bar(codec))
    return Strips(primers, free, parts, (begun if only_new else 0, end), "primer", count, temperature)


def filling(
    songs: Songs, hole: np.ndarray, count: int, *, any_width: bool = False, overlap: int = 1, temperature: float = 1.0
) -> Strips:
    """`count` pieces that are drawn anew in a hole and are else as they were.

    hole: bool (rows, columns), True where cells are drawn; it may go on beyond the last column of the pieces.
    any_width: one picture has all of the hole and a picture's width before and after it in sight; else the hole is drawn by
    pictures of the codec's width, from left to right, which is told where it takes several.
    InputError: an overlap that leaves no room in a picture.
    """
    codec, end = songs.codec, max(songs.columns, hole.shape[1])
    bar, width, length = columns_in_bar(codec), codec.columns, _length(codec, end)
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
    return Strips(songs, free, parts, (0, end), "fill", count, temperature)


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


def song_of(path: str | os.PathLike, codec: Codec, columns: int | None = None) -> Songs:
    """A MIDI file, or its first `columns`, up to where its last note ends, at its tempos.

    What the codec does not keep is told. InputError: unreadable, no note in the codec's range, a codec without columns.
    """

    def encode(piece: Piece) -> tuple[Songs, Mapping[str, float]]:
        check_columns(codec)
        counted = codec.unit == "quarter"
        others = sorted({f"{numerator}/{denominator}" for _, numerator, denominator in piece.signatures.tolist()} - {"4/4"})
        if others and counted:
            log(f"{path} has bars of {' and '.join(others)}; all bars are counted as 4/4 here")
        placed = codec.bars(piece)[0]
        wide = replace(codec, columns=codec.length(placed)) if len(placed.row) else codec
        encoded = wide.encode(piece)
        return Songs(codec, encoded.images[:1, :, :columns], (str(path),), piece.tempo_map), encoded.losses

    return encoded_file(path, encode)


def silence(codec: StripCodec, columns: int) -> np.ndarray:
    """uint8 (rows, columns, channels) in which nothing sounds."""
    wide = replace(codec, columns=max(columns, 1))
    return wide.from_classes(np.zeros((1, codec.rows, wide.columns), np.uint8))[0, :, :columns]
