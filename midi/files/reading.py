"""MIDI files into pieces: by symusic, after mending where the file is not well-formed; or all by mido."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from midi.files.wellformed import survey
from midi.notes import NOTE, SIGNATURE, TEMPO, Piece, in_order, require_tracks
from training.cli import InputError, tell

if TYPE_CHECKING:
    from symusic import Score

SUFFIXES = frozenset([".mid", ".midi", ".kar", ".rmi", ".smf"])
"""File names that are taken for MIDI when a folder is read."""
LARGEST = 1 << 24
"""Bytes of a file at most: some three million notes, which take 250 MB while they are read."""


def read(path: str | os.PathLike, *, strict: bool = False, note: Callable[[str], None] = tell) -> Piece:
    """The piece in a MIDI file (format 0 or 1, also RIFF-wrapped).

    Notes are paired first in, first out within a track, channel and pitch; a note-off without a note is passed over, a
    note that never ends is dropped, and both are counted in `Piece.left_out`. strict: read by mido, not by symusic.
    note: is told when a file is not well-formed and had to be read leniently.
    InputError: not a MIDI file, damaged beyond reading, SMPTE time, format 2, larger than LARGEST.
    """
    data = _unwrapped(_bytes(path), path)
    reason, left_out = survey(data)
    if not (strict or reason):
        from symusic import Score

        return from_symusic(Score.from_midi(data), left_out)
    from midi.files.lenient import read_by_mido, read_leniently

    piece = (read_by_mido if strict else read_leniently)(data, path)
    if reason:
        note(f"{path}: read leniently: {reason}")
    return piece


def from_symusic(score: Score, left_out: Mapping[str, int] | None = None) -> Piece:
    """The piece of a `symusic.Score` in ticks; left_out: what symusic is known to have passed over.

    InputError: more tracks than the table can number.
    """
    tracks = [(track, columns) for track in score.tracks if len((columns := track.notes.numpy())["time"])]
    require_tracks(len(tracks))
    notes = np.empty(sum(len(columns["time"]) for _, columns in tracks), NOTE)
    first = 0
    for number, (track, columns) in enumerate(tracks):
        time = columns["time"]
        part = notes[first : first + len(time)]
        _fill(part, time, columns["duration"], columns["pitch"], columns["velocity"], track.program, track.is_drum, number)
        first += len(time)
    tempos = {tempo.time: tempo.mspq for tempo in score.tempos}
    signatures = {change.time: (change.numerator, change.denominator) for change in score.time_signatures}
    return Piece(
        in_order(notes),
        score.tpq,
        np.array(list(tempos.items()), TEMPO),
        np.array([(tick, *signature) for tick, signature in signatures.items()], SIGNATURE),
        left_out or {},
    )


@njit(cache=True, nogil=True)
def _fill(
    notes: np.ndarray, time: np.ndarray, duration: np.ndarray, pitch: np.ndarray, velocity: np.ndarray,
    program: int, drum: bool, track: int,
) -> None:  # fmt: skip
    """Write one track into its part of the table."""
    for place in range(len(time)):
        note = notes[place]
        note.start, note.end = time[place], np.int64(time[place]) + duration[place]
        note.pitch, note.velocity = pitch[place], velocity[place]
        note.program, note.drum, note.track = program, drum, track


def _bytes(path: str | os.PathLike) -> bytes:
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            raise InputError(f"{path} is {'a folder' if stat.S_ISDIR(found.st_mode) else 'no file'}; expected a MIDI file")
        if found.st_size > LARGEST:
            raise InputError(f"{path} has {found.st_size / 1e6:.0f} MB; a MIDI file has {LARGEST / 1e6:.0f} MB at most")
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
