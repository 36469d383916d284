"""Is a file a well-formed Standard MIDI File, and what are its events? One walk through the bytes answers both.

What the walk reads is what stands there: system exclusive events of both kinds (0xF0, and 0xF7 with any bytes at all) have a
length and are passed by it.
"""

from __future__ import annotations

import numpy as np

from midi.beside import EVENT
from training.machine_code import compiled

REASONS = (
    "",
    "it is cut short",
    "it does not begin with MThd",
    "its header has another length than 6",
    "its ticks in a quarter note are 0 or SMPTE frames",
    "it has fewer tracks than its header says",
    "something other than a track stands where a track should be",
    "a track is longer than the file",
    "events follow the end of a track",
    "a number has more than four bytes or is cut short",
    "it is longer than 2^31 ticks",
    "a track ends within an event",
    "running status without a status byte",
    "a data byte is above 127",
    "a system message stands in a track",
    "a tempo, time signature, key or end of track has the wrong length, or a value that cannot be",
    "a track has no end",
    "bytes follow the last track",
)
"""What each status of `fault` means."""


def fault(data: bytes) -> str:
    """Why `data` is not a well-formed file, in words that continue a sentence; "" if it is one. Its format is not judged."""
    return REASONS[_scan(np.frombuffer(data, np.uint8), np.empty(0, EVENT))[0]]


def events_of(data: bytes) -> tuple[str, np.ndarray]:
    """`fault`, and all events of a well-formed file, (count,) of EVENT; `at` is a place in `data`."""
    raw = np.frombuffer(data, np.uint8)
    status, count = _scan(raw, np.empty(0, EVENT))
    events = np.empty(0 if status else count, EVENT)
    _scan(raw, events)
    return REASONS[status], events


@compiled
def _scan(data: np.ndarray, events: np.ndarray) -> tuple[int, int]:
    """(index into REASONS of the first fault, 0 if there is none; how many events); they are written if there is room."""
    if data.size < 14:
        return 1, 0
    if data[0] != 0x4D or data[1] != 0x54 or data[2] != 0x68 or data[3] != 0x64:
        return 2, 0
    if _big_endian(data, 4, 4) != 6:
        return 3, 0
    if not 1 <= _big_endian(data, 12, 2) < 0x8000:
        return 4, 0
    at, count = 14, 0
    for track in range(_big_endian(data, 10, 2)):
        if at + 8 > data.size:
            return 5, count
        if data[at] != 0x4D or data[at + 1] != 0x54 or data[at + 2] != 0x72 or data[at + 3] != 0x6B:
            return 6, count
        end = at + 8 + _big_endian(data, at + 4, 4)
        if end > data.size:
            return 7, count
        status, count = _scan_track(data, at + 8, end, track, events, count)
        if status:
            return status, count
        at = end
    return 17 if at != data.size else 0, count


@compiled
def _scan_track(data: np.ndarray, at: int, end: int, track: int, events: np.ndarray, count: int) -> tuple[int, int]:
    """As `_scan`, of the events in data[at:end]; count: of events before."""
    ticks, running, port = 0, 0, 0
    while at < end:
        delta, at = _variable(data, at, end)
        if at < 0:
            return 9, count
        ticks += delta
        if ticks >= 1 << 31:
            return 10, count
        if at >= end:
            return 11, count
        status = data[at]
        if status >= 0x80:
            at += 1
        elif running:
            status = running
        else:
            return 12, count
        if status < 0xF0:
            running = status
            after = at + (1 if status & 0xE0 == 0xC0 else 2)
            if after > end:
                return 11, count
            for place in range(at, after):
                if data[place] >= 0x80:
                    return 13, count
            _put(events, count, ticks, track, port * 16 + (status & 15), status & 0xF0, data[at], data[after - 1], 0, 0)
            count, at = count + 1, after
            continue
        running = 0  # a system or meta event cancels it
        kind = -1
        if status == 0xFF:
            if at >= end:
                return 11, count
            kind = data[at]
            at += 1
        elif status not in (0xF0, 0xF7):
            return 14, count
        length, at = _variable(data, at, end)
        if at < 0:
            return 9, count
        if at + length > end:
            return 11, count
        if (
            (kind == 0x51 and (length != 3 or _big_endian(data, at, 3) == 0))
            or (kind == 0x58 and (length != 4 or data[at] == 0 or data[at + 1] > 7))
            or (kind == 0x59 and length != 2)
            or (kind == 0x2F and length != 0)
        ):
            return 15, count
        if kind == 0x21 and length == 1:
            port = data[at] & 127
        _put(events, count, ticks, track, port * 16, status, max(kind, 0), 0, at, length)
        count, at = count + 1, at + length
        if kind == 0x2F:
            return 8 if at != end else 0, count
    return 16, count


@compiled
def _put(
    events: np.ndarray, place: int, tick: int, track: int, channel: int, status: int, first: int, second: int, at: int,
    length: int,
) -> None:  # fmt: skip
    """Write an event, where there is room."""
    if place < len(events):
        event = events[place]
        event.tick, event.at, event.length, event.track, event.channel = tick, at, length, track, channel
        event.status, event.first, event.second = status, first, second


@compiled
def _variable(data: np.ndarray, at: int, end: int) -> tuple[int, int]:
    """(value, place behind it) of a variable-length number; the place is -1 where there is none."""
    value = 0
    for place in range(at, min(at + 4, end)):
        value = value << 7 | (data[place] & 0x7F)
        if data[place] < 0x80:
            return value, place + 1
    return 0, -1


@compiled
def _big_endian(data: np.ndarray, at: int, length: int) -> int:
    value = 0
    for place in range(at, at + length):
        value = value << 8 | data[place]
    return value
