"""MIDI files into pieces: in one walk through the bytes, after mending where the file is not well-formed; or all by mido."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from midi.files.assembly import assembled
from midi.files.lenient import read_by_mido, rescued
from midi.files.wellformed import events_of
from midi.notes import TEMPO, Piece
from training.cli import log
from training.errors import InputError

SUFFIXES = frozenset([".mid", ".midi", ".kar", ".rmi", ".smf"])
"""File names that are taken for MIDI when a folder is read."""
_FRAMES = {24: (24, 1_000_000), 25: (25, 1_000_000), 29: (30, 1_001_000), 30: (30, 1_000_000)}
"""SMPTE's name of a rate -> (frames, the microseconds that they last)."""
MAX_FILE_BYTES = 1 << 24
"""Bytes of a file at most: some three million notes, which take 400 MB while they are read."""


def read(path: str | os.PathLike, *, strict: bool = False, note: Callable[[str], None] = log) -> Piece:
    """The piece in a MIDI file (also RIFF-wrapped); the patterns of a file of format 2 follow one another.

        piece = read("song.mid")
        len(piece), piece.end / piece.division  # notes, quarters

    Notes, programs and drums: `midi.files.assembly.assembled`; all else is in `Piece.beside`, so that
    `midi.files.writing.write` brings it back. strict: read by mido, which shares nothing but the assembly.
    Where times are parts of SMPTE frames, a quarter note of the piece lasts a second.
    note: is told when a file is not well-formed and had to be read leniently, of formats other than 0 and 1, of SMPTE
    frames, and of notes that never end.
    InputError: not a MIDI file, damaged beyond reading, larger than MAX_FILE_BYTES.
    """
    data, second = _in_quarters(_unwrapped(_bytes(path), path), path)
    reason, events = events_of(data)
    counts: dict[str, int] = {}
    if strict or reason:
        data, counts = rescued(data, path)
        if reason:
            note(f"{path}: read leniently: {reason}")
        if not strict:
            _, events = events_of(data)
    form, division = (int.from_bytes(data[at : at + 2], "big") for at in (8, 12))
    if strict:
        events, data = read_by_mido(data)
    if form == 2:
        _follow_one_another(events)
    if form > 1:
        tracks = int(events["track"].max(initial=-1)) + 1
        how = f"its {tracks} patterns follow one another" if form == 2 else "which there is not; read as format 1"
        note(f"{path}: of MIDI format {form}: {how}")
    piece = assembled(events, data, division, counts)
    if second:
        note(f"{path}: its times are SMPTE frames: a quarter note is a second; its tempos do not count")
        piece = replace(piece, tempos=np.array([(0, second)], TEMPO))
    if unended := _unended(piece.left_out):
        note(f"{path}: {unended}")
    return piece


def _follow_one_another(events: np.ndarray) -> None:
    """Move each track's times behind the end of the track before."""
    edges = np.append(np.flatnonzero(np.diff(events["track"], prepend=-1)), len(events))
    shift = 0
    for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        events["tick"][first:last] += shift
        shift = int(events["tick"][last - 1])


def _unended(counts: dict[str, int]) -> str:
    """What became of notes that never end, in words."""
    held, hanging = counts["held"], counts["hanging"]
    parts = [
        f"{held:,} held until struck again or to the end of their track" if held else "",
        f"{hanging:,} left out, which begin where their track ends" if hanging else "",
    ]
    told = ", ".join(filter(None, parts))
    return told and f"{held + hanging:,} notes never end: {told}"


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
    return data


def _in_quarters(data: bytes, path: str | os.PathLike) -> tuple[bytes, int]:
    """(the file with ticks in a quarter note, microseconds of one where times were parts of SMPTE frames, else 0).

    Then a quarter note is 24, 25 or 30 frames; "29" are 30 in 1.001 seconds. InputError: neither.
    """
    division = int.from_bytes(data[12:14], "big")
    if 1 <= division < 0x8000:
        return data, 0
    frames, parts = 256 - data[12], data[13]
    if frames not in _FRAMES or not parts:
        found, expected = f"{frames} SMPTE frames of {parts} ticks in a second", "24, 25, 29 or 30 of 1 or more"
        if not division:
            found, expected = "0 ticks in a quarter note", "1 to 32767"
        raise InputError(f"{path} has {found}; expected {expected}")
    count, second = _FRAMES[frames]
    return data[:12] + (count * parts).to_bytes(2, "big") + data[14:], second
