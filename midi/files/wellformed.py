"""Is a file a well-formed Standard MIDI File? symusic trusts that it is, and takes the process down if it is not.

The same walk counts what symusic passes over without a trace.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from midi.notes import LEFT_OUT

REASONS = (
    "",
    "it is cut short",
    "it does not begin with MThd",
    "its header has another length than 6",
    "it is of format 2 or above",
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
    """Why `data` is not a well-formed file of format 0 or 1, in words that continue a sentence; "" if it is one."""
    return survey(data)[0]


def survey(data: bytes) -> tuple[str, dict[str, int]]:
    """`fault`, and how many of `midi.notes.LEFT_OUT` a well-formed file has."""
    counts = np.zeros(len(LEFT_OUT), np.int64)
    reason = REASONS[_scan(np.frombuffer(data, np.uint8), counts)]
    return reason, dict(zip(LEFT_OUT, counts.tolist(), strict=True))


@njit(cache=True, nogil=True)
def _scan(data: np.ndarray, counts: np.ndarray) -> int:
    """Index into REASONS of the first fault, 0 if there is none; counts: (len(LEFT_OUT),) is added to."""
    if data.size < 14:
        return 1
    if data[0] != 0x4D or data[1] != 0x54 or data[2] != 0x68 or data[3] != 0x64:
        return 2
    if _big_endian(data, 4, 4) != 6:
        return 3
    if _big_endian(data, 8, 2) > 1:
        return 4
    if not 1 <= _big_endian(data, 12, 2) < 0x8000:
        return 5
    at = 14
    sounding = np.zeros((16, 128), np.int64)
    for _ in range(_big_endian(data, 10, 2)):
        if at + 8 > data.size:
            return 6
        if data[at] != 0x4D or data[at + 1] != 0x54 or data[at + 2] != 0x72 or data[at + 3] != 0x6B:
            return 7
        end = at + 8 + _big_endian(data, at + 4, 4)
        if end > data.size:
            return 8
        before = counts[4]
        status = _scan_track(data, at + 8, end, sounding, counts)
        if status:
            return status
        if counts[4] > before:
            sounding[:] = 0
        at = end
    return 18 if at != data.size else 0


@njit(cache=True, nogil=True)
def _scan_track(data: np.ndarray, at: int, end: int, sounding: np.ndarray, counts: np.ndarray) -> int:
    """As `_scan`, of the events in data[at:end]; sounding: (16, 128) notes of each channel and pitch that have begun."""
    ticks, running = 0, 0
    while at < end:
        delta, at = _variable(data, at, end)
        if at < 0:
            return 10
        ticks += delta
        if ticks >= 1 << 31:
            return 11
        if at >= end:
            return 12
        status = data[at]
        if status >= 0x80:
            at += 1
        elif running:
            status = running
        else:
            return 13
        if status < 0xF0:
            running = status
            after = at + (1 if status & 0xE0 == 0xC0 else 2)
            if after > end:
                return 12
            for place in range(at, after):
                if data[place] >= 0x80:
                    return 14
            _count_message(status, data[at], data[after - 1], sounding, counts)
            at = after
            continue
        running = 0  # a system or meta event cancels it
        kind = -1
        if status == 0xFF:
            if at >= end:
                return 12
            kind = data[at]
            at += 1
        elif status not in (0xF0, 0xF7):
            return 15
        length, at = _variable(data, at, end)
        if at < 0:
            return 10
        if at + length > end:
            return 12
        if (
            (kind == 0x51 and (length != 3 or _big_endian(data, at, 3) == 0))
            or (kind == 0x58 and (length != 4 or data[at] == 0 or data[at + 1] > 7))
            or (kind == 0x59 and length != 2)
            or (kind == 0x2F and length != 0)
        ):
            return 16
        counts[2] += 1 <= kind <= 15
        counts[3] += kind == 0x59
        at += length
        if kind == 0x2F:
            return 9 if at != end else 0
    return 17


@njit(cache=True, nogil=True)
def _count_message(status: int, first: int, second: int, sounding: np.ndarray, counts: np.ndarray) -> None:
    """Note in `sounding` and `counts` what a channel message with these data bytes does."""
    kind, channel = status >> 4, status & 15
    if kind == 0x9 and second:
        sounding[channel, first] += 1
        counts[4] += 1
    elif kind in (0x8, 0x9) and sounding[channel, first]:
        sounding[channel, first] -= 1
        counts[4] -= 1
    elif kind in (0x8, 0x9):
        counts[5] += 1
    elif kind == 0xB:
        counts[0] += 1
    elif kind == 0xE:
        counts[1] += 1


@njit(cache=True, nogil=True)
def _variable(data: np.ndarray, at: int, end: int) -> tuple[int, int]:
    """(value, place behind it) of a variable-length number; the place is -1 where there is none."""
    value = 0
    for place in range(at, min(at + 4, end)):
        value = value << 7 | (data[place] & 0x7F)
        if data[place] < 0x80:
            return value, place + 1
    return 0, -1


@njit(cache=True, nogil=True)
def _big_endian(data: np.ndarray, at: int, length: int) -> int:
    value = 0
    for place in range(at, at + length):
        value = value << 8 | data[place]
    return value
