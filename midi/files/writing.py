"""Pieces into MIDI files.

Format 1: one track with tempos and time signatures, then one for every (track, program, drum) of the piece. Drums are on
channel 10; every other program has a channel of its own as long as the fifteen last.

The bytes are written here and not by symusic, whose writer gives a tempo behind a later time signature a tick near 2^28,
wraps ticks beyond 2^28, drops notes of velocity 0 without a word and has all programs share channel 1.
"""

from __future__ import annotations

import os
import struct
from functools import lru_cache

import numpy as np
from numba import njit

from midi.notes import Piece, require_tracks
from training.errors import InputError
from training.files import atomic

MAX_DELTA = (1 << 28) - 1
"""Ticks from one event of a track to the next at most: a delta time has four bytes of seven bits."""
END = b"\x00\xff\x2f\x00"
"""The event that ends a track."""
DRUM_CHANNEL = 9
"""Counted from 0."""


def write(path: str | os.PathLike, piece: Piece) -> None:
    """Write a piece as a MIDI file of format 1, atomically; `midi.files.reading.read` gives the same notes back.

        write("higher.mid", transpose(read("song.mid"), 2))

    InputError: as `to_bytes`.
    """
    data = to_bytes(piece)
    with atomic(path, durable=False) as temporary:
        temporary.write_bytes(data)


def to_bytes(piece: Piece) -> bytes:
    """The MIDI file of a piece.

    Its tracks are numbered again: by track, program and drum. Of notes of one track and pitch that sound together MIDI ends
    first what began first (see `midi.notes.Piece`). InputError: something that a MIDI file cannot hold.
    """
    require_writable(piece)
    voice = voices(piece.notes)
    kinds, counts = np.unique(voice, return_counts=True)
    require_tracks(len(kinds))
    parts = np.split(piece.notes.take(np.argsort(voice, kind="stable")), np.cumsum(counts)[:-1])
    tracks = [_changes(piece)]
    channels: dict[int, int] = {}
    for kind, part in zip(kinds.tolist(), parts, strict=bool(len(kinds))):
        drum, program = kind & 1, kind >> 1 & 127
        channel = DRUM_CHANNEL if drum else channels.setdefault(program, _PITCHED[len(channels) % len(_PITCHED)])
        tracks.append(bytes([0, 0xC0 | channel, program]) + _note_events(part, channel) + END)
    header = b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), piece.division)
    return header + b"".join(b"MTrk" + struct.pack(">I", len(track)) + track for track in tracks)


def voices(notes: np.ndarray) -> np.ndarray:
    """(count,) one number for each (track, program, drum), ascending in this order."""
    return (notes["track"].astype(np.int64) << 8) | (notes["program"].astype(np.int64) << 1) | notes["drum"]


@lru_cache(maxsize=4096)
def delta_bytes(value: int) -> bytes:
    """A delta time below 2^28: seven bits a byte, the highest first; all bytes but the last have the eighth bit."""
    groups = [value >> shift & 0x7F for shift in (21, 14, 7, 0)]
    while len(groups) > 1 and groups[0] == 0:
        groups.pop(0)
    return bytes([group | 0x80 for group in groups[:-1]] + groups[-1:])


def require_writable(piece: Piece) -> None:
    """InputError: a note, tempo or time signature that MIDI cannot hold."""
    notes, signatures = piece.notes, piece.signatures
    low, high = notes["velocity"].min(initial=127), notes["velocity"].max(initial=1)
    if low < 1 or high > 127:
        raise InputError(f"velocities must be 1 to 127 (0 ends a note); received {low} to {high}")
    if max(notes["pitch"].max(initial=0), notes["program"].max(initial=0)) > 127:
        raise InputError("pitches and programs must be 0 to 127; received one above")
    if np.any(notes["end"] < notes["start"]):
        raise InputError("a note ends before it begins")
    for ticks in (notes["start"], notes["end"], piece.tempos["tick"], signatures["tick"]):
        if ticks.min(initial=0) < 0 or ticks.max(initial=0) >= 1 << 31:
            raise InputError(f"ticks must be 0 to 2^31 - 1; received {ticks.min()} to {ticks.max()}")
    tempos = piece.tempos["microseconds"]
    if tempos.min(initial=1) < 1 or tempos.max(initial=1) >= 1 << 24:
        raise InputError(f"a quarter must last 1 to 2^24 - 1 microseconds; received {tempos.min()} to {tempos.max()}")
    above, below = signatures["numerator"], signatures["denominator"]
    if above.min(initial=1) < 1 or above.max(initial=1) > 255 or not np.isin(below, 2 ** np.arange(8)).all():
        raise InputError("a time signature must be 1 to 255 over 1, 2, 4, 8, 16, 32, 64 or 128")


_PITCHED = [channel for channel in range(16) if channel != DRUM_CHANNEL]


def _changes(piece: Piece) -> bytes:
    """The events of tempos and time signatures."""
    events = [(tick, b"\xff\x51\x03" + tempo.to_bytes(3, "big")) for tick, tempo in piece.tempos.tolist()]
    for tick, numerator, denominator in piece.signatures.tolist():
        events.append((tick, bytes([0xFF, 0x58, 4, numerator, denominator.bit_length() - 1, 24, 8])))
    events.sort(key=lambda event: event[0])
    written, now = bytearray(), 0
    for tick, message in events:
        _require_wait(tick - now)
        written += delta_bytes(tick - now) + message
        now = tick
    return bytes(written) + END


def _note_events(notes: np.ndarray, channel: int) -> bytes:
    """The events of notes of one voice, in order of the table.

    At one tick, ends come before beginnings, so that a note struck again at once is not cut short; only a note without
    length ends after it began.
    """
    time = np.concatenate([notes["start"], notes["end"]])
    turn = np.concatenate([np.ones(len(notes), np.int64), np.where(notes["end"] > notes["start"], 0, 2)])
    order = np.argsort(time << 2 | turn, kind="stable")
    wait = np.diff(time[order], prepend=0)
    _require_wait(wait.max(initial=0))
    return _encoded(notes, order, wait, channel).tobytes()


def _require_wait(ticks: int) -> None:
    if ticks > MAX_DELTA:
        raise InputError(f"a track is silent for {ticks:,} ticks; a MIDI file can wait for {MAX_DELTA:,} at most")


@njit(cache=True, nogil=True)
def _encoded(notes: np.ndarray, order: np.ndarray, wait: np.ndarray, channel: int) -> np.ndarray:
    """The bytes of the events `order` (below count: beginnings, then ends), with running status."""
    written = np.empty(7 * len(order), np.uint8)
    count, running = 0, 0
    for place in range(len(order)):
        for shift in (21, 14, 7):
            if wait[place] >> shift:
                written[count] = (wait[place] >> shift & 0x7F) | 0x80
                count += 1
        written[count] = wait[place] & 0x7F
        count += 1
        begins = order[place] < len(notes)
        note = notes[order[place] % len(notes)]
        status = (0x90 if begins else 0x80) | channel
        if status != running:
            written[count] = status
            count, running = count + 1, status
        written[count], written[count + 1] = note.pitch, note.velocity if begins else 64
        count += 2
    return written[:count]
