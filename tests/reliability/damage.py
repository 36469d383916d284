"""Damages of MIDI files, at random but repeatable: bytes, blocks, lengths and delta times."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def damaged(data: bytes, generator: np.random.Generator) -> bytes:
    """`data` with one or more damages of any kind, mostly few."""
    found = bytearray(data)
    for _ in range(generator.geometric(0.4)):
        kind = DAMAGES[int(generator.integers(len(DAMAGES)))]
        kind(found, generator)
    return bytes(found)


def _flip(data: bytearray, generator: np.random.Generator) -> None:
    """A bit, or a whole byte, becomes another."""
    if data:
        place = _place(data, generator)
        data[place] ^= 1 << int(generator.integers(8)) if generator.integers(2) else int(generator.integers(1, 256))


def _overwrite(data: bytearray, generator: np.random.Generator) -> None:
    place, noise = _place(data, generator), _noise(generator)
    data[place : place + len(noise)] = noise


def _insert(data: bytearray, generator: np.random.Generator) -> None:
    place = _place(data, generator)
    data[place:place] = _noise(generator)


def _double(data: bytearray, generator: np.random.Generator) -> None:
    """A block stands twice, or once more somewhere else."""
    place, length = _place(data, generator), int(generator.integers(1, 300))
    there = place if generator.integers(2) else _place(data, generator)
    data[there:there] = data[place : place + length]


def _cut(data: bytearray, generator: np.random.Generator) -> None:
    place = _place(data, generator)
    del data[place : place + int(generator.integers(1, 40))]


def _cut_off(data: bytearray, generator: np.random.Generator) -> None:
    """The end is missing; seldom, since little can be damaged afterwards."""
    if generator.integers(4) == 0:
        del data[_place(data, generator) :]


def _change_track_length(data: bytearray, generator: np.random.Generator) -> None:
    place = _one_of(data, b"MTrk", generator)
    if place >= 0:
        choices = (0, 1, 0xFFFFFFFF, 0x7FFFFFFF, int(generator.integers(1 << 32)), int(generator.integers(1 << 12)))
        data[place + 4 : place + 8] = choices[int(generator.integers(len(choices)))].to_bytes(4, "big")


def _change_meta_length(data: bytearray, generator: np.random.Generator) -> None:
    place = _one_of(data, b"\xff", generator)
    if 0 <= place < len(data) - 2:
        choices = (b"\0", b"\x7f", b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff\x7f", _noise(generator)[:1])
        data[place + 2 : place + 3] = choices[int(generator.integers(len(choices)))]


def _change_header(data: bytearray, generator: np.random.Generator) -> None:
    """Another header length, format, number of tracks or division."""
    if len(data) >= 14:
        data[int(generator.integers(4, 14))] = int(generator.integers(256))


def _lengthen_delta(data: bytearray, generator: np.random.Generator) -> None:
    """Up to four bytes more in front of the delta time of a note (a fourth is one too many)."""
    place = _one_of(data, bytes([int(generator.choice([0x80, 0x90])) | int(generator.integers(10))]), generator)
    if place > 0:
        data[place - 1 : place - 1] = bytes([int(generator.integers(0x80, 0x100))]) * int(generator.integers(1, 5))


DAMAGES: tuple[Callable[[bytearray, np.random.Generator], None], ...] = (
    _flip, _flip, _overwrite, _insert, _double, _cut, _cut_off, _change_track_length, _change_meta_length, _change_header,
    _lengthen_delta,
)  # fmt: skip
"""Kinds of damage, as often as they are chosen."""


def _place(data: bytearray, generator: np.random.Generator) -> int:
    """Any place in the data."""
    return int(generator.integers(max(1, len(data))))


def _noise(generator: np.random.Generator) -> bytes:
    return generator.bytes(int(generator.integers(1, 33)))


def _one_of(data: bytearray, wanted: bytes, generator: np.random.Generator) -> int:
    """The first `wanted` behind any place, or else in the data; -1 if there is none."""
    found = data.find(wanted, _place(data, generator))
    return found if found >= 0 else data.find(wanted)
