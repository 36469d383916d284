"""The facts plane of `lossless` pictures: bytes, row by row, in a channel of their own.

A header says where a picture belongs (window, layer, voice) and how its columns are measured; behind it stands a part of
the changes: all tempos and time signatures of the piece. The changes are cut into parts, and part after part goes round
the pictures, so that every picture holds all of them where one plane has room for them. The checksum tells a plane that
was written here from any other bytes.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from midi.notes import SIGNATURE, TEMPO, Piece

HEADER = np.dtype(
    [
        ("magic", "S3"),
        ("version", "u1"),
        ("crc32", ">u4"),  # of all that follows
        ("program", "u1"),
        ("drum", "?"),
        ("track", ">i2"),
        ("division", ">u2"),
        ("resolution", ">u2"),
        ("window", ">u4"),
        ("layer", ">u4"),
        ("offset", ">u4"),  # the part of the changes: where it begins, and its bytes
        ("length", ">u4"),
    ]
)
"""The first bytes of a plane."""
SIZE = HEADER.itemsize
_MAGIC, _VERSION, _CHECKED = b"LSL", 1, 8
_CHANGE = np.dtype([("tick", ">i8"), ("value", ">i8"), ("denominator", ">i8")])
"""A change of tempo has the denominator -1 and microseconds as its value; of a time signature the value is the numerator."""


@dataclass(frozen=True, eq=False)
class Facts:
    """What the planes of some pictures tell.

    valid: (count,) has the picture a header? headers: (count,) of HEADER, meaningless where it has none.
    tempos, signatures: as in `Piece`, as far as the pictures hold them.
    """

    valid: np.ndarray
    headers: np.ndarray
    tempos: np.ndarray
    signatures: np.ndarray


def changes_of(piece: Piece) -> bytes:
    """The tempos and time signatures of a piece."""
    tempos, signatures = piece.tempos, piece.signatures
    records = np.empty(len(tempos) + len(signatures), _CHANGE)
    records["tick"] = np.concatenate([tempos["tick"], signatures["tick"]])
    records["value"] = np.concatenate([tempos["microseconds"], signatures["numerator"]])
    records["denominator"] = np.concatenate([np.full(len(tempos), -1), signatures["denominator"]])
    return records.tobytes()


def parts_of(changes: bytes, room: int) -> int:
    """How many pictures with `room` bytes a plane it takes to hold the changes."""
    return max(1, -(-len(changes) // (room - SIZE)))


def write(planes: np.ndarray, pictures: np.ndarray, headers: np.ndarray, changes: bytes) -> None:
    """Write the planes (count, room) of `pictures`, at least `parts_of` them.

    headers: (pictures,) of HEADER with division, resolution, window, layer and voice; the other fields are filled in.
    """
    room = planes.shape[1] - SIZE
    parts = [changes[at : at + room] for at in range(0, max(len(changes), 1), room)]
    headers["magic"], headers["version"] = _MAGIC, _VERSION
    headers["offset"] = np.arange(len(pictures)) % len(parts) * room
    headers["length"] = np.resize([len(part) for part in parts], len(pictures))
    raw = headers.view(np.uint8).reshape(len(pictures), SIZE)
    for place, header in enumerate(raw):
        headers["crc32"][place] = zlib.crc32(parts[place % len(parts)], zlib.crc32(header[_CHECKED:]))
    planes[pictures, :SIZE] = raw
    for number, part in enumerate(parts):
        planes[pictures[number :: len(parts)], SIZE : SIZE + len(part)] = np.frombuffer(part, np.uint8)


def read(planes: np.ndarray) -> Facts:
    """What planes (count, room) of any bytes tell."""
    headers = np.ascontiguousarray(planes[:, :SIZE]).view(HEADER)[:, 0]
    valid = (headers["magic"] == _MAGIC) & (headers["version"] == _VERSION) & (headers["length"] <= planes.shape[1] - SIZE)
    valid &= (headers["division"] > 0) & (headers["division"] < 1 << 15) & (headers["resolution"] > 0)
    parts = {}
    for picture in np.flatnonzero(valid):
        end = SIZE + int(headers["length"][picture])
        valid[picture] = zlib.crc32(planes[picture, _CHECKED:end].tobytes()) == headers["crc32"][picture]
        if valid[picture]:
            parts.setdefault(int(headers["offset"][picture]), planes[picture, SIZE:end])
    return Facts(valid, headers, *_changes(parts))


def _changes(parts: dict[int, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """(tempos, signatures) of the parts that are there, by offset; a change of which bytes are missing is left out."""
    if not parts:
        return np.empty(0, TEMPO), np.empty(0, SIGNATURE)
    places, first = np.unique(np.concatenate([at + np.arange(len(part)) for at, part in parts.items()]), return_index=True)
    values = np.concatenate(list(parts.values()))[first]
    _, number, present = np.unique(places // _CHANGE.itemsize, return_inverse=True, return_counts=True)
    records = values[present[number] == _CHANGE.itemsize].view(_CHANGE)
    tempo = records["denominator"] == -1
    tempos = np.empty(np.count_nonzero(tempo), TEMPO)
    tempos["tick"], tempos["microseconds"] = records["tick"][tempo], records["value"][tempo]
    signatures = np.empty(len(records) - len(tempos), SIGNATURE)
    for name, field in zip(SIGNATURE.names, _CHANGE.names, strict=True):
        signatures[name] = records[field][~tempo]
    return tempos, signatures
