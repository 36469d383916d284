"""MIDI files into pieces: by symusic, after mending where the file is not well-formed; or all by mido."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable

from midi.files.lenient import read_by_mido, read_leniently
from midi.files.symusic_bridge import from_symusic
from midi.files.wellformed import survey
from midi.notes import Piece
from training.cli import log
from training.errors import InputError

SUFFIXES = frozenset([".mid", ".midi", ".kar", ".rmi", ".smf"])
"""File names that are taken for MIDI when a folder is read."""
MAX_FILE_BYTES = 1 << 24
"""Bytes of a file at most: some three million notes, which take 250 MB while they are read."""


def read(path: str | os.PathLike, *, strict: bool = False, note: Callable[[str], None] = log) -> Piece:
    """The piece in a MIDI file (format 0 or 1, also RIFF-wrapped).

        piece = read("song.mid")
        len(piece), piece.end / piece.division  # notes, quarters

    Notes are paired first in, first out within a track, channel and pitch; a note-off without a note is passed over, a
    note that never ends is dropped, and both are counted in `Piece.left_out`. strict: read by mido, not by symusic.
    note: is told when a file is not well-formed and had to be read leniently.
    InputError: not a MIDI file, damaged beyond reading, SMPTE time, format 2, larger than MAX_FILE_BYTES.
    """
    data = _unwrapped(_bytes(path), path)
    reason, left_out = survey(data)
    if not (strict or reason):
        from symusic import Score

        return from_symusic(Score.from_midi(data), left_out)
    piece = (read_by_mido if strict else read_leniently)(data, path)
    if reason:
        note(f"{path}: read leniently: {reason}")
    return piece


def _bytes(path: str | os.PathLike) -> bytes:
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            raise InputError(f"{path} is {'a folder' if stat.S_ISDIR(found.st_mode) else 'no file'}; expected a MIDI file")
        if found.st_size > MAX_FILE_BYTES:
            raise InputError(
                f"{path} has {found.st_size / 1e6:.0f} MB; a MIDI file has {MAX_FILE_BYTES / 1e6:.0f} MB at most"
            )
        with open(path, "rb", buffering=0) as file:
            return file.readall()
    except FileNotFoundError:
        raise InputError(f"{path} not found") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None


def _unwrapped(data: bytes, path: str | os.PathLike) -> bytes:
    """The MIDI file within a RIFF file (.rmi), or `data` itself. InputError: certainly no MIDI file."""
    if data[:4] == b"RIFF" and data[8:12] == b"RMID":
        at = 12
        while at + 8 <= len(data):
            size = int.from_bytes(data[at + 4 : at + 8], "little")
            if data[at : at + 4] == b"data":
                data = data[at + 8 : at + 8 + size]
                break
            at += 8 + size + size % 2
    if data[:4] != b"MThd":
        raise InputError(f"{path} is not a MIDI file: " + ("it is empty" if not data else f"it begins with {data[:4]!r}"))
    if len(data) < 14:
        raise InputError(f"{path} is cut short: {len(data)} bytes, within the header")
    division = int.from_bytes(data[12:14], "big")
    if not 1 <= division < 0x8000:
        found = "SMPTE frames for" if division else "0"
        raise InputError(f"{path} has {found} ticks in a quarter note; expected 1 to 32767")
    if int.from_bytes(data[8:10], "big") > 1:
        raise InputError(f"{path} is of MIDI format {int.from_bytes(data[8:10], 'big')}; expected 0 or 1")
    return data
