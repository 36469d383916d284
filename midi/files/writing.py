"""Pieces into MIDI files.

Format 1. A piece that was read from a file has its tracks, channels, controllers, texts and keys again. Of any other the
first track has tempos and time signatures, and one follows for every (track, program, drum): drums on channel 10, every
other program on a channel of its own as long as the fifteen last.
"""

from __future__ import annotations

import os
import struct
from functools import lru_cache
from itertools import pairwise

import numpy as np

from midi.beside import BANK, CONTROL, EVENT, META, NOTE_OFF, NOTE_ON, PORT, PROGRAM, SIGNATURE_CHANGE, SYSEX, TEMPO_CHANGE
from midi.files.drum_modes import DRUM_CHANNEL
from midi.notes import Piece, require_tracks
from training.errors import InputError
from training.files import atomic
from training.machine_code import compiled

MAX_DELTA = (1 << 28) - 1
"""Ticks from one event of a track to the next at most: a delta time has four bytes of seven bits."""
END = b"\x00\xff\x2f\x00"
"""The event that ends a track."""
_PITCHED = [channel for channel in range(16) if channel != DRUM_CHANNEL]
_ENDS, _BESIDE, _BEGINS, _ENDS_AT_ONCE = range(4)
"""In which order the events of a track at one tick come: a note struck again at once must not be cut short, and a controller
counts for the notes that begin with it."""


def write(path: str | os.PathLike, piece: Piece) -> None:
    """Write a piece as a MIDI file of format 1, atomically; `midi.files.reading.read` gives the same again.

        write("higher.mid", transpose(read("song.mid"), 2))

    InputError: as `to_bytes`.
    """
    data = to_bytes(piece)
    with atomic(path, durable=False) as temporary:
        temporary.write_bytes(data)


def to_bytes(piece: Piece) -> bytes:
    """The MIDI file of a piece.

    Tracks, channels and ports are those that `Piece.beside` tells, programs those of the notes. Of notes of one track and
    pitch that sound together MIDI ends first what began first (see `midi.notes.Piece`).
    InputError: something that a MIDI file cannot hold.
    """
    events, data = events_of(piece)
    edges = np.searchsorted(events["track"], np.arange(events["track"].max(initial=0) + 2))
    tracks = [_encoded(events[first:last], data) + END for first, last in pairwise(edges.tolist())]
    header = b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), piece.division)
    return header + b"".join(b"MTrk" + struct.pack(">I", len(track)) + track for track in tracks)


def events_of(piece: Piece) -> tuple[np.ndarray, bytes]:
    """((count,) of EVENT in order of the file that `to_bytes` writes of a piece, their data); for players too.

    InputError: as `to_bytes`.
    """
    require_writable(piece)
    notes = _placed(piece)
    changes, data = _changes(piece)
    ends = notes.copy()
    ends["status"], ends["tick"], ends["second"] = NOTE_OFF, piece.notes["end"], 64
    at_once = ends["tick"] == notes["tick"]
    groups = {
        _ENDS: [ends[~at_once]],
        _BESIDE: [changes, piece.beside.events],
        _BEGINS: [_with_programs(notes, piece)],
        _ENDS_AT_ONCE: [ends[at_once]],
    }
    turn = np.concatenate([np.full(sum(map(len, tables)), number) for number, tables in groups.items()])
    events = np.concatenate([table for tables in groups.values() for table in tables])
    key = events["track"].astype(np.int64) << 33 | events["tick"] << 2 | turn
    return _with_ports(events[np.argsort(key, kind="stable")]), data


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


def _placed(piece: Piece) -> np.ndarray:
    """(notes,) of EVENT: the beginnings of the notes on their tracks and channels, in order of the table.

    What no file tells stands on tracks behind the others, a voice on each.
    """
    notes, parts = piece.notes, piece.beside.parts
    kinds, voice = np.unique(voices(notes), return_inverse=True)
    require_tracks(len(kinds))
    spare = [channel for channel in _PITCHED if channel not in parts["channel"]] or _PITCHED
    last = max(0, int(parts["track"].max(initial=0)), int(piece.beside.events["track"].max(initial=0)))
    channels: dict[int, int] = {}
    places = np.empty((len(kinds), 2), np.int64)
    for number, kind in enumerate(kinds.tolist()):
        track, program, drum = kind >> 8, kind >> 1 & 127, kind & 1
        if 0 <= track < len(parts) and parts["drum"][track] == drum:
            places[number] = parts["track"][track], parts["channel"][track]
        else:
            last += 1
            places[number] = last, DRUM_CHANNEL if drum else channels.setdefault(program, spare[len(channels) % len(spare)])
    begins = np.zeros(len(notes), EVENT)
    begins["tick"], begins["first"], begins["second"] = notes["start"], notes["pitch"], notes["velocity"]
    begins["status"] = NOTE_ON
    begins["track"], begins["channel"] = places[voice].T
    return begins


def _with_programs(begins: np.ndarray, piece: Piece) -> np.ndarray:
    """The beginnings of notes (count,) in order of time, before each a program where its channel has another.

    A program stands in every track too, for readers that take it for a track's. A bank counts from the next program on, so
    that one follows each bank. Where nothing changes it, a program stands at tick 0, and so does a channel's first one.
    """
    order = np.argsort(begins["tick"] << 16 | begins["track"], kind="stable")
    begins, program = begins[order], piece.notes["program"][order].astype(np.int64)
    events = piece.beside.events
    banks = events[(events["status"] == CONTROL) & (events["first"] == BANK)]
    moment, bank_moment = (table["tick"] << 16 | table["track"] for table in (begins, banks))
    needed, first = np.zeros(len(begins), np.bool_), np.zeros(len(begins), np.bool_)
    for channel in np.unique(begins["channel"]):
        mine = np.flatnonzero(begins["channel"] == channel)
        bank = np.searchsorted(np.sort(bank_moment[banks["channel"] == channel]), moment[mine], side="right")
        state = bank << 8 | program[mine]
        enters = np.zeros(len(mine), np.bool_)
        enters[np.unique(begins["track"][mine], return_index=True)[1]] = True
        needed[mine] = enters | (np.diff(state, prepend=-1) != 0)
        early = enters if (state == state[0]).all() else np.arange(len(mine)) == 0
        first[mine] = early & (bank == 0)
    places = np.flatnonzero(needed)
    programs = begins[places]
    programs["status"], programs["first"], programs["second"] = PROGRAM, program[places], 0
    programs["tick"] *= ~first[places]
    return np.insert(begins, places, programs)


def _changes(piece: Piece) -> tuple[np.ndarray, bytes]:
    """(tempos and time signatures as EVENT of track 0, the data of these and of all that is beside)."""
    data = [tempo.to_bytes(3, "big") for tempo in piece.tempos["microseconds"].tolist()]
    for _, numerator, denominator in piece.signatures.tolist():
        data.append(bytes([numerator, denominator.bit_length() - 1, 24, 8]))
    events = np.zeros(len(data), EVENT)
    events["tick"] = np.concatenate([piece.tempos["tick"], piece.signatures["tick"]])
    events["status"] = META
    events["first"] = np.repeat([TEMPO_CHANGE, SIGNATURE_CHANGE], [len(piece.tempos), len(piece.signatures)])
    events["length"] = [len(part) for part in data]
    events["at"] = len(piece.beside.data) + np.cumsum(events["length"]) - events["length"]
    return events[np.argsort(events["tick"], kind="stable")], piece.beside.data + b"".join(data)


def _with_ports(events: np.ndarray) -> np.ndarray:
    """Events in order of the file, before each the port where its track has another; a port's data is its channel's."""
    port = events["channel"] >> 4
    begins = np.diff(events["track"], prepend=-1) != 0
    places = np.flatnonzero(np.where(begins, port != 0, np.diff(port, prepend=0) != 0))
    ports = events[places]
    ports["status"], ports["first"], ports["length"] = META, PORT, 1
    return np.insert(events, places, ports)


def _encoded(events: np.ndarray, data: bytes) -> bytes:
    """The bytes of the events of a track."""
    wait = np.diff(events["tick"], prepend=0)
    longest = int(wait.max(initial=0))
    if longest > MAX_DELTA:
        raise InputError(f"a track is silent for {longest:,} ticks; a MIDI file can wait for {MAX_DELTA:,} at most")
    written = np.empty(11 * len(events) + int(events["length"].sum()), np.uint8)
    return written[: _encode(events, wait, np.frombuffer(data, np.uint8), written)].tobytes()


@compiled
def _encode(events: np.ndarray, wait: np.ndarray, data: np.ndarray, written: np.ndarray) -> int:
    """Write events, with running status; how many bytes that took."""
    count, running = 0, 0
    for place in range(len(events)):
        event = events[place]
        count = _put_number(written, count, wait[place])
        if event.status < SYSEX:
            status = event.status | (event.channel & 15)
            if status != running:
                written[count] = status
                count, running = count + 1, status
            written[count] = event.first
            count += 1
            if event.status & 0xE0 != PROGRAM:  # programs and channel pressure have one byte
                written[count] = event.second
                count += 1
            continue
        written[count] = event.status
        count, running = count + 1, 0
        if event.status == META:
            written[count] = event.first
            count += 1
        count = _put_number(written, count, event.length)
        if event.status == META and event.first == PORT:
            written[count] = event.channel >> 4
        else:
            written[count : count + event.length] = data[event.at : event.at + event.length]
        count += event.length
    return count


@compiled
def _put_number(written: np.ndarray, count: int, value: int) -> int:
    """Write a number below 2^28, seven bits a byte, the highest first; the place behind it."""
    for shift in (21, 14, 7):
        if value >> shift:
            written[count] = (value >> shift & 0x7F) | 0x80
            count += 1
    written[count] = value & 0x7F
    return count + 1
