"""MIDI files that are not well-formed: what can be read of them is.

`mended` walks through the bytes, keeps the events of each track up to the first that makes no sense, and puts them
together again as a well-formed file, which is then read like any other; mido can read it too, without what ails it (it gives
up a whole file for one bad byte, loses the time of events it does not know, and takes lengths on trust).
"""

from __future__ import annotations

import io
import os
import struct
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from midi.beside import END_OF_TRACK, KEY, NUMBER, OFFSET, PORT, PREFIX, SIGNATURE_CHANGE, TEMPO_CHANGE
from midi.files.mido_bridge import events_of_mido
from midi.files.wellformed import fault
from midi.files.writing import END, MAX_DELTA, delta_bytes
from midi.notes import require_tracks
from training.errors import InputError

MAX_LENIENT_BYTES = 1 << 24
"""Bytes at most: a megabyte takes about half a second, by mido two more."""


def rescued(data: bytes, path: str | os.PathLike) -> tuple[bytes, dict[str, int]]:
    """(a well-formed file, what was given up) of the bytes of a MIDI file with a sound header; see `mended`.

    path: named in errors. InputError: too large to be walked through, more tracks than can be kept, nothing in it can be
    read.
    """
    if len(data) > MAX_LENIENT_BYTES:
        reason = fault(data)
        raise InputError(
            f"{path} has {len(data) / 1e6:.1f} MB; event by event at most {MAX_LENIENT_BYTES / 1e6:.1f} MB are read"
            + (f", and it is not well-formed: {reason}" if reason else "")
        )
    clean, counts = mended(data)
    if not counts.pop("events", 0) and (reason := fault(data)):
        raise InputError(f"{path} is damaged beyond reading: {reason}")
    return clean, dict(counts)


def read_by_mido(data: bytes) -> tuple[np.ndarray, bytes]:
    """(the events, their data) of a well-formed file, by mido: slower by far, and independent of `midi.files.wellformed`."""
    from mido import MidiFile

    return events_of_mido(MidiFile(file=io.BytesIO(data), clip=True))


def mended(data: bytes) -> tuple[bytes, Counter]:
    """What can be read as a well-formed file of the same format and ticks in a quarter note; and counts.

    Data bytes of channel messages above 127 become 127, as mido's `clip` has it. The counter has the events that were read
    ("events"), "impossible_changes" of tempo, time, key and the like, which are left away, and what could not be read:
    "lost_bytes" within, between and behind tracks, "damaged_tracks" cut short, "foreign_chunks" that are no tracks.
    InputError: more tracks than can be kept.
    """
    counts: Counter = Counter()
    tracks = list(_mended_tracks(data, counts))
    require_tracks(len(tracks))
    header = b"MThd" + struct.pack(">I", 6) + data[8:10] + struct.pack(">H", len(tracks)) + data[12:14]
    return header + b"".join(b"MTrk" + struct.pack(">I", len(track)) + track for track in tracks), +counts


class _DamageError(Exception):
    """Here a track makes no sense any more."""


_CLIPPED = bytes([min(value, 127) for value in range(256)])


_LENGTHS = {NUMBER: 2, PREFIX: 1, PORT: 1, TEMPO_CHANGE: 3, OFFSET: 5, SIGNATURE_CHANGE: 4, KEY: 2}
"""Bytes of meta events."""


class _Event(NamedTuple):
    delta: int
    kept: bytes
    """Status and data; empty: not kept."""
    name: str
    """What it is counted as; "end": the end of the track."""
    after: int
    """The place behind it."""


def _mended_tracks(data: bytes, counts: Counter) -> Iterator[bytes]:
    """The events of every track, as many as the header says (others are often of an older, longer file)."""
    length, tracks = int.from_bytes(data[4:8], "big"), int.from_bytes(data[10:12], "big")
    at = 8 + length if 6 <= length <= len(data) - 8 else 14
    while at < len(data) and tracks:
        used, last = at, at + 8 + int.from_bytes(data[at + 4 : at + 8], "big")
        if data.startswith(b"MTrk", at):
            if last != len(data) and not _is_chunk(data, last):
                last = _next_track(data, at + 8)
            track, length = _mended_track(data[at + 8 : last], counts)
            yield track
            tracks -= 1
            used = min(at + 8 + length, last)
            last = min(last, _next_track(data, used))
        elif _is_chunk(data, at):
            counts["foreign_chunks"] += 1
            used = last
        else:
            last = _next_track(data, at)
        counts["lost_bytes"] += last - used
        at = last
    counts["lost_bytes"] += len(data) - at


def _is_chunk(data: bytes, at: int) -> bool:
    """Does a track, or a chunk of another name that ends within the file, begin here?"""
    last = at + 8 + int.from_bytes(data[at + 4 : at + 8], "big")
    return data.startswith(b"MTrk", at) or (data[at : at + 4].isalnum() and at + 8 <= last <= len(data))


def _next_track(data: bytes, at: int) -> int:
    """Where the next track seems to begin; the end if there is none."""
    track = data.find(b"MTrk", at)
    return len(data) if track < 0 else track


def _mended_track(data: bytes, counts: Counter) -> tuple[bytes, int]:
    """The events of one track up to its end or the first that makes no sense, and an end; the bytes that they took."""
    kept, at, wait = bytearray(), 0, 0
    try:
        for event in _events(data):
            at = event.after
            wait += event.delta
            counts["events"] += event.name != "end"
            if event.kept:
                kept += _after(wait) + event.kept
                wait = 0
            elif event.name:
                counts[event.name] += 1
    except (_DamageError, IndexError):  # IndexError: the track ends within an event
        counts["damaged_tracks"] += 1
    del counts["end"]
    return bytes(kept) + _after(wait) + END[1:], at


def _after(wait: int) -> bytes:
    """A delta time, if need be with empty events that wait for a part of it."""
    if wait < MAX_DELTA:
        return delta_bytes(wait)
    whole, rest = divmod(wait, MAX_DELTA)
    return whole * (delta_bytes(MAX_DELTA) + b"\xff\x7f\x00") + delta_bytes(rest)


def _events(data: bytes) -> Iterator[_Event]:
    """The events of a track up to its end."""
    at = ticks = running = 0
    while at < len(data):
        delta, at = _variable(data, at)
        ticks += delta
        status = data[at]
        if status >= 0x80:
            at += 1
        else:
            status = running
        if status >= 0xF0:
            event = _system(data, at, status, delta)
        else:
            running = status  # which system and meta events do not cancel here, as in mido
            event = _channel_message(data, at, status, delta)
        if not status or event.after > len(data) or ticks >= 1 << 31:
            raise _DamageError
        yield event
        if event.name == "end":
            return
        at = event.after


def _channel_message(data: bytes, at: int, status: int, delta: int) -> _Event:
    kind = status >> 4
    after = at + (1 if kind in (0xC, 0xD) else 2)
    return _Event(delta, bytes([status]) + data[at:after].translate(_CLIPPED), "", after)


def _system(data: bytes, at: int, status: int, delta: int) -> _Event:
    """The system or meta event whose status byte stands before `at`."""
    if status not in (0xF0, 0xF7, 0xFF):
        return _Event(delta, b"", "", at + {0xF1: 1, 0xF2: 2, 0xF3: 1}.get(status, 0))
    began, kind = at - 1, data[at] if status == 0xFF else -1
    length, at = _variable(data, at + (status == 0xFF))
    if kind == END_OF_TRACK:
        return _Event(delta, b"", "end", at + length)
    if not _is_possible(kind, data[at : at + length]):
        return _Event(delta, b"", "impossible_changes", at + length)
    return _Event(delta, data[began : at + length], "", at + length)


def _is_possible(kind: int, content: bytes) -> bool:
    """Has this meta event the length of its kind, and a value that can be?"""
    if len(content) != _LENGTHS.get(kind, len(content)):
        return False
    if kind == SIGNATURE_CHANGE:
        return content[0] > 0 and content[1] <= 7
    if kind == KEY:
        return (content[0] + 7) % 256 <= 14 and content[1] <= 1  # from seven flats to seven sharps, major or minor
    return any(content) if kind == TEMPO_CHANGE else kind != OFFSET or content[0] < 0x80


def _variable(data: bytes, at: int) -> tuple[int, int]:
    """(value, place behind it) of a variable-length number of four bytes at most."""
    value = 0
    for place in range(at, at + 4):
        value = value << 7 | (data[place] & 0x7F)
        if data[place] < 0x80:
            return value, place + 1
    raise _DamageError
