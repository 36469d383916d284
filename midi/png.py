"""PNG files written strip by strip, so that a sheet of hundreds of megabytes, nearly all of it black, takes little of memory
and time. Pillow writes only what is in memory as a whole, and compresses the black as slowly as all the rest.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import BinaryIO

import numpy as np

_COLOURS = {1: 0, 3: 2, 4: 6}
"""Channels -> colour type of PNG: grey, RGB, RGBA."""
_BLACK = 1 << 13
"""Bytes of black rows from which on they are not compressed again: files get a twentieth larger, and are written in half
the time."""


def write_png(
    file: BinaryIO, size: tuple[int, int, int], text: Mapping[str, str], strips: Iterable[tuple[np.ndarray, np.ndarray]]
) -> None:
    """Write a picture of 8 bits. size: height, width and channels (1, 3 or 4).

    strips: (places, pictures), from the top down: uint8 (height of the strip, count, width of each, channels) go side by
    side at `places`, each of the same size; all other places are black. text: ASCII, a tEXt chunk each.
    """
    height, width, channels = size
    file.write(b"\x89PNG\r\n\x1a\n")
    _write_chunk(file, b"IHDR", struct.pack(">IIBBBBB", width, height, 8, _COLOURS[channels], 0, 0, 0))
    for key, value in text.items():
        _write_chunk(file, b"tEXt", key.encode("ascii") + b"\0" + value.encode("ascii"))
    for part in _deflated(_rows(strip, width * channels) for strip in strips):
        if part:
            _write_chunk(file, b"IDAT", part)
    _write_chunk(file, b"IEND", b"")


def _write_chunk(file: BinaryIO, name: bytes, data: bytes) -> None:
    file.write(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(name))))


def _rows(strip: tuple[np.ndarray, np.ndarray], width: int) -> np.ndarray:
    """(rows, 1 + width) of bytes as PNG has them: each begins with 0, no filter."""
    places, pictures = strip
    rows = np.zeros((len(pictures), 1 + width), np.uint8)
    rows[:, 1:].reshape(len(rows), -1, *pictures.shape[2:])[:, places] = pictures
    return rows


def _deflated(strips: Iterable[np.ndarray]) -> Iterator[bytes]:
    """The parts of a zlib stream (RFC 1950): what is compressed, and between it ready parts for black rows."""
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    total = 1
    yield b"\x78\x9c"
    for rows in strips:
        parts = []
        for first, last, black in _runs(rows):
            if black:  # a full flush ends on a whole byte, and nothing behind it refers to anything before
                parts += compressor.flush(zlib.Z_FULL_FLUSH), _black((last - first) * rows.shape[1])
                total = _adler_of_black(total, (last - first) * rows.shape[1])
            else:
                parts.append(compressor.compress(rows[first:last]))
                total = zlib.adler32(rows[first:last], total)
        yield b"".join(parts)
    yield compressor.flush() + struct.pack(">I", total)


def _runs(rows: np.ndarray) -> Iterator[tuple[int, int, bool]]:
    """(first, last, black) of rows that are written in one way; few black ones go with their neighbours."""
    lit = rows.any(axis=1)
    edges = [0, *(np.flatnonzero(lit[1:] != lit[:-1]) + 1).tolist(), len(rows)]
    done = 0
    for first, last in pairwise(edges):
        if lit[first] or (last - first) * rows.shape[1] < _BLACK:
            continue
        if done < first:
            yield done, first, False
        yield first, last, True
        done = last
    if done < len(rows):
        yield done, len(rows), False


def _adler_of_black(total: int, count: int) -> int:
    """`zlib.adler32` of `count` zeros behind what gave `total`."""
    low, high = total & 0xFFFF, total >> 16
    return (high + count * low) % 65_521 << 16 | low


def _black(count: int) -> bytes:
    """Deflate blocks of `count` zeros."""
    return (count >> 20) * _zeros(1 << 20) + (count >> 16 & 15) * _zeros(1 << 16) + _zeros(count & 0xFFFF)


@lru_cache(maxsize=256)
def _zeros(count: int) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(bytes(count)) + compressor.flush(zlib.Z_FULL_FLUSH)
