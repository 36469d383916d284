"""Which channels play drums: channel 10, and those that system exclusive events or bank numbers make drums.

General MIDI has channel 10. Under GS a part is made drums, or none, by its own event ("use for rhythm part"); under XG by
the bank's number (127 or 126; any other makes it pitched) or the part's mode; under General MIDI 2 by bank 120. Without any
such reset bank 127 counts as under XG.
"""

from __future__ import annotations

import numpy as np

from midi.beside import SYSEX

DRUM_CHANNEL = 9
"""Counted from 0."""


def drum_changes(events: np.ndarray, data: bytes, places: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(place of the event, channel, drums or not) of every change; places: of system exclusive and bank events, in time."""
    modes: dict[int, str] = {}  # of each port
    banks: dict[int, int] = {}  # of each channel, as far as stated
    rhythm: dict[int, bool] = {}  # of each channel whose part was made drums, or none
    drums: dict[int, bool] = {}
    found = []
    for place in places.tolist():
        event = events[place]
        channel = int(event["channel"])
        if event["status"] == SYSEX:
            at = int(event["at"])
            _take(data[at : at + int(event["length"])], channel // 16, modes, rhythm)
        else:
            banks[channel] = int(event["second"])
        for channel in banks.keys() | rhythm.keys() | drums.keys():
            is_drum = _is_drum(channel, modes.get(channel // 16, ""), banks.get(channel), rhythm.get(channel))
            if drums.get(channel, channel % 16 == DRUM_CHANNEL) != is_drum:
                drums[channel] = is_drum
                found.append((place, channel, is_drum))
    table = np.array(found, np.int64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2].astype(np.bool_)


def _take(message: bytes, port: int, modes: dict[int, str], rhythm: dict[int, bool]) -> None:
    """What a system exclusive event (behind 0xF0) changes; the second byte is the number of a device, for all alike."""
    maker, body = message[:1], message[2:]
    mode, channel, is_drum = "", None, False
    if maker == b"\x7e" and body[:1] == b"\x09":
        mode = {1: "gm", 3: "gm2"}.get(int.from_bytes(body[1:2], "big"), "")
    elif maker == b"\x41" and body[:2] == b"\x42\x12":
        address, value = body[2:5], body[5:6]
        mode = "gs" if address in (b"\x40\x00\x7f", b"\x00\x00\x7f") else ""
        if address[:1] == b"\x40" and address[2:] == b"\x15" and address[1] >> 4 == 1:
            part = address[1] & 15  # part 0 is channel 10, 1 to 9 are channels 1 to 9
            channel, is_drum = (DRUM_CHANNEL if part == 0 else part - (part <= DRUM_CHANNEL)), value > b"\0"
    elif maker == b"\x43" and body[:1] == b"\x4c":
        mode = "xg" if body[1:4] == b"\x00\x00\x7e" else ""
        if body[1:2] == b"\x08" and body[3:4] == b"\x07":
            channel, is_drum = body[2] & 15, body[4:5] > b"\0"
    if mode:
        modes[port] = mode
        for other in [other for other in rhythm if other // 16 == port]:
            del rhythm[other]
    if channel is not None:
        rhythm[port * 16 + channel] = is_drum


def _is_drum(channel: int, mode: str, bank: int | None, rhythm: bool | None) -> bool:
    if rhythm is not None:
        return rhythm
    if bank is not None and mode != "gs":
        if bank in {"xg": (126, 127), "gm2": (120, 127)}.get(mode, (127,)):
            return True
        if mode == "xg":
            return False
    return channel % 16 == DRUM_CHANNEL
