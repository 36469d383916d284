"""MIDI files into pieces: fast by symusic where the file is well-formed, leniently by mido where it is not."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from midi.notes import NOTE, SIGNATURE, TEMPO, Piece, in_order, last_of_tick
from midi.wellformed import fault
from training.cli import InputError, tell

if TYPE_CHECKING:
    from symusic import Score

SUFFIXES = frozenset([".mid", ".midi", ".kar", ".rmi", ".smf"])
"""File names that are taken for MIDI when a folder is read."""
LARGEST = 1 << 26
"""Bytes of a file at most."""


def read(path: str | os.PathLike, *, strict: bool = False, note: Callable[[str], None] = tell) -> Piece:
    """The piece in a MIDI file (format 0 or 1, also RIFF-wrapped).

    Notes are paired first in, first out within a track, channel and pitch; a note-off without a note is passed over. A
    note that never ends is dropped: without a trace by symusic, counted as "hanging" with `strict`, which reads by mido.
    note: is told when a file is not well-formed and had to be read leniently.
    InputError: not a MIDI file, damaged beyond reading, SMPTE time, format 2, larger than LARGEST.
    """
    data = _unwrapped(_bytes(path), path)
    reason = "" if strict else fault(data)
    if not (strict or reason):
        from symusic import Score

        return from_symusic(Score.from_midi(data))
    from midi.lenient import read_by_mido

    piece = read_by_mido(data, path)
    if reason:
        note(f"{path}: read leniently: {reason}")
    return piece


def from_symusic(score: Score) -> Piece:
    """The piece of a `symusic.Score` in ticks."""
    tracks = score.tracks
    columns = [track.notes.numpy() for track in tracks]
    counts = [len(column["time"]) for column in columns]
    notes = np.empty(sum(counts), NOTE)
    if tracks:
        for name, source in (("start", "time"), ("end", "duration"), ("pitch", "pitch"), ("velocity", "velocity")):
            notes[name] = np.concatenate([column[source] for column in columns])
        notes["end"] += notes["start"]
    first = 0
    for number, (track, count) in enumerate(zip(tracks, counts, strict=True)):
        part = notes[first : first + count]
        part["program"], part["drum"], part["track"] = track.program, track.is_drum, number
        first += count
    tempos = np.array([(tempo.time, tempo.mspq) for tempo in score.tempos], TEMPO)
    signatures = np.array(
        [(change.time, change.numerator, change.denominator) for change in score.time_signatures], SIGNATURE
    )
    left_out = {
        "controllers": sum(len(track.controls) for track in tracks),
        "pitch_bends": sum(len(track.pitch_bends) for track in tracks),
        "texts": len(score.markers) + sum(len(track.lyrics) for track in tracks),
        "keys": len(score.key_signatures),
    }
    return Piece(in_order(notes), score.tpq, last_of_tick(tempos), last_of_tick(signatures), left_out)


def _bytes(path: str | os.PathLike) -> bytes:
    try:
        size = os.stat(path).st_size
        if size > LARGEST:
            raise InputError(f"{path} has {size / 1e6:.0f} MB; a MIDI file has {LARGEST / 1e6:.0f} MB at most")
        return Path(path).read_bytes()
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
        raise InputError(f"{path} has {'0' if not division else 'SMPTE frames for'} ticks in a quarter note; expected 1 to 32767")
    if int.from_bytes(data[8:10], "big") > 1:
        raise InputError(f"{path} is of MIDI format {int.from_bytes(data[8:10], 'big')}; expected 0 or 1")
    return data
