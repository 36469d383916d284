"""The message level: `mido.MidiFile` objects into pieces, and pieces into `mido.MidiFile` objects."""

from __future__ import annotations

import io
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np

from midi.beside import EVENT, META, SYSEX
from midi.files.assembly import assembled
from midi.files.writing import to_bytes
from midi.notes import Piece
from training.errors import InputError

if TYPE_CHECKING:
    from mido import Message, MetaMessage, MidiFile


def from_mido(file: MidiFile) -> Piece:
    """The piece in any `mido.MidiFile` of type 0 or 1.

        piece = from_mido(mido.MidiFile("song.mid"))

    Notes, programs and drums as `midi.files.assembly.assembled` has them. Impossible tempos and time signatures are left out
    and counted; packets of system exclusive events (0xF7), which mido takes for whole ones, are kept as such.
    InputError: type 2, ticks in a quarter or times that cannot be.
    """
    if file.type not in (0, 1):
        raise InputError(f"a file of type {file.type} has no common time; expected type 0 or 1")
    impossible: list[MetaMessage] = []
    events, data = events_of_mido(file, impossible)
    return assembled(events, data, file.ticks_per_beat, {"impossible_changes": len(impossible)} if impossible else {})


def to_mido(piece: Piece) -> MidiFile:
    """The `mido.MidiFile` (type 1) of a piece, as `midi.files.writing.to_bytes` writes it. InputError: as there."""
    from mido import MidiFile

    return MidiFile(file=io.BytesIO(to_bytes(piece)), clip=True)


def events_of_mido(file: MidiFile, impossible: list[MetaMessage] | None = None) -> tuple[np.ndarray, bytes]:
    """((count,) of `midi.beside.EVENT`, the data of its events) of a file's messages.

    impossible: gets tempos and time signatures that cannot be, which are no events. InputError: times that cannot be.
    """
    impossible = [] if impossible is None else impossible
    rows: list[tuple] = []
    data = bytearray()
    for number, track in enumerate(file.tracks):
        now = port = 0
        for message in track:
            now += _whole(message.time, number)
            if _is_impossible(message):
                impossible.append(message)
                continue
            if message.type == "midi_port":
                port = message.port & 127
            if message.is_meta or message.type == "sysex" or hasattr(message, "channel"):  # no clocks and the like
                rows.append(_row(message, now, number, port, data))
        if now >= 1 << 31:
            raise InputError(f"track {number} is {now:,} ticks long; expected fewer than 2^31")
    return np.array(rows, EVENT), bytes(data)


def _row(message: Message | MetaMessage, now: int, track: int, port: int, data: bytearray) -> tuple:
    """A row of EVENT; system exclusive and meta data are added to `data`."""
    if message.is_meta:
        _, kind, *encoded = message.bytes()
        length = next(place for place, byte in enumerate(encoded) if byte < 0x80) + 1  # of the length itself
        content, status = encoded[length:], META
    elif message.type == "sysex":
        content, status, kind = [*message.data, 0xF7], SYSEX, 0
    else:
        status, *values = message.bytes()
        return now, 0, 0, track, port * 16 + (status & 15), status & 0xF0, values[0], values[-1]
    at = len(data)
    data += bytes(content)
    return now, at, len(content), track, port * 16, status, kind, 0


def _is_impossible(message: Message | MetaMessage) -> bool:
    """Is this a tempo or time signature that no file can hold?"""
    if message.type == "set_tempo":
        return not message.tempo
    return message.type == "time_signature" and not (message.numerator and message.denominator <= 128)


def _whole(time: float, number: int) -> int:
    """A message's time. InputError: it is no whole number from 0."""
    if not isinstance(time, Integral) or time < 0:
        raise InputError(f"track {number} has a message at time {time!r}; expected whole ticks since the message before")
    return time
