"""Events of a file into a piece: notes paired, and the state of channels, which is that of the whole file, applied.

A program, a bank or a drum mode holds for a channel (of a port) in all tracks from its time on, whichever track it stands
in; events of one tick count in order of the file. So a set-up track may hold the programs of all others.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from midi.beside import (
    BANK,
    CONTROL,
    END_OF_TRACK,
    META,
    NOTE_OFF,
    NOTE_ON,
    PART,
    PORT,
    PROGRAM,
    SIGNATURE_CHANGE,
    SYSEX,
    TEMPO_CHANGE,
    Beside,
)
from midi.files.drum_modes import DRUM_CHANNEL, drum_changes
from midi.notes import NOTE, SIGNATURE, TEMPO, Piece, in_order, last_of_tick, require_tracks
from training.machine_code import compiled


def assembled(events: np.ndarray, data: bytes, division: int, left_out: Mapping[str, int] | None = None) -> Piece:
    """The piece that events (count,) of `midi.beside.EVENT` make; data: what their `at` is a place in.

    Notes are paired first in, first out within a track, channel and pitch. One that never ends is held until its pitch is
    struck again, or to the end of its track, and counted as "held"; as "hanging", and left out, if that is at once.
    left_out: what was given up before. InputError: more tracks than a table can number.
    """
    role = _ROLE[events["status"], events["first"]]
    notes, on, unmatched, held = _paired(events, _ends_of_tracks(events))
    kept = ~held | (notes["end"] > notes["start"])
    counts = {"hanging": int(np.count_nonzero(~kept)), "unmatched": unmatched, "held": int(np.count_nonzero(held & kept))}
    if not kept.all():
        notes, on = notes[kept], on[kept]
    programs = np.flatnonzero(role == _PROGRAM)
    _in_force(events, on, programs, events["channel"][programs], events["first"][programs], notes["program"])
    telling = np.flatnonzero(role >= _DRUMS)
    if len(telling):
        telling = telling[np.argsort(events["tick"][telling], kind="stable")]
        _in_force(events, on, *drum_changes(events, data, telling), notes["drum"])
    voices, notes["track"] = np.unique(_voices(events, on, notes), return_inverse=True)
    require_tracks(len(voices))
    parts = np.empty(len(voices), PART)
    parts["track"], parts["channel"], parts["drum"] = voices >> 19, voices >> 8 & 0x7FF, voices & 1
    beside = _beside(events[role >= _OTHER], data, parts)
    tempos, signatures = _tempos(events[role == _TEMPO], data), _signatures(events[role == _SIGNATURE], data)
    return Piece(in_order(notes), division, tempos, signatures, {**beside.counts(), **counts, **(left_out or {})}, beside)


_TOLD, _PROGRAM, _TEMPO, _SIGNATURE, _OTHER, _DRUMS = range(6)
"""What an event is to a piece; _TOLD: the table or the channels tell it; _DRUMS: _OTHER, and it may tell which are drums."""


def _roles() -> np.ndarray:
    """(256, 256): the role of an event by its status and first byte."""
    role = np.full((256, 256), _OTHER, np.uint8)
    role[[NOTE_ON, NOTE_OFF]], role[PROGRAM] = _TOLD, _PROGRAM
    role[META, [PORT, END_OF_TRACK]], role[META, TEMPO_CHANGE], role[META, SIGNATURE_CHANGE] = _TOLD, _TEMPO, _SIGNATURE
    role[SYSEX], role[CONTROL, BANK] = _DRUMS, _DRUMS
    return role


_ROLE = _roles()


def _ends_of_tracks(events: np.ndarray) -> np.ndarray:
    """(tracks,) the tick of the last event of each track; 0 of those without any."""
    ends = np.zeros(int(events["track"].max(initial=-1)) + 1, np.int64)
    ends[events["track"]] = events["tick"]  # of several the last counts
    return ends


@compiled
def _paired(events: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray, int, np.ndarray]:
    """(notes, the place of each one's beginning, ends without a note, which notes are held); in order of the file.

    Of the notes start, end, pitch and velocity are set, and drum as the channel's number has it.
    """
    count = 0
    for event in events:
        count += event.status == NOTE_ON and event.second > 0
    notes, on, held = np.zeros(count, NOTE), np.empty(count, np.int64), np.ones(count, np.bool_)
    before, following = np.full(count, -1), np.full(count, -1)  # notes of its channel and pitch that wait with a note
    first, last = np.full(2048, -1), np.full(2048, -1)  # of those that wait for their end
    made, unmatched, track = 0, 0, -1
    for place in range(len(events)):
        event = events[place]
        if event.track != track:
            first[:], track = -1, event.track
        if event.status != NOTE_ON and event.status != NOTE_OFF:
            continue
        channel = event.channel & 15
        key = channel * 128 + event.first
        if event.status == NOTE_ON and event.second:
            note = notes[made]
            note.start, note.pitch, note.velocity, note.drum = event.tick, event.first, event.second, channel == DRUM_CHANNEL
            on[made] = place
            if first[key] < 0:
                first[key] = made
            else:
                following[last[key]], before[made] = made, last[key]
            last[key] = made
            made += 1
        elif first[key] >= 0:
            notes[first[key]].end, held[first[key]] = event.tick, False
            first[key] = following[first[key]]
        else:
            unmatched += 1
    for number in np.flatnonzero(held):
        note, again = notes[number], following[number]
        note.end = notes[again].start if again >= 0 else ends[events[on[number]].track]
        if before[number] >= 0:  # first in, first out: it ends no sooner than what began before it
            note.end = max(note.end, notes[before[number]].end)
    return notes, on, unmatched, held


def _in_force(
    events: np.ndarray, on: np.ndarray, changes: np.ndarray, channels: np.ndarray, values: np.ndarray, found: np.ndarray
) -> None:
    """Write into found (notes,) the value in force on each note's channel where it begins, if any.

    changes, channels, values: of each change its place in the file, the channel that it is of, and what holds from there.
    """
    moment = events["tick"][changes] * len(events) + changes  # ascending in time, within a tick by the file
    order = np.lexsort((moment, channels))
    edges = np.searchsorted(channels[order], np.arange(2049))
    _find(events, on, moment[order], values[order], edges, found)


@compiled
def _find(
    events: np.ndarray, on: np.ndarray, moment: np.ndarray, values: np.ndarray, edges: np.ndarray, found: np.ndarray
) -> None:
    """The same; the changes of a channel are those in [edges[channel], edges[channel + 1]), ascending."""
    for note in range(len(on)):
        event = events[on[note]]
        first, last = edges[event.channel], edges[event.channel + 1]
        change = first + np.searchsorted(moment[first:last], event.tick * len(events) + on[note])
        if change > first:
            found[note] = values[change - 1]


@compiled
def _voices(events: np.ndarray, on: np.ndarray, notes: np.ndarray) -> np.ndarray:
    """(notes,) one number for each track of the file, channel, program, and drums or not, ascending in this order."""
    voice = np.empty(len(on), np.int64)
    for place in range(len(on)):
        event, note = events[on[place]], notes[place]
        voice[place] = np.int64(event.track) << 19 | np.int64(event.channel) << 8 | np.int64(note.program) << 1 | note.drum
    return voice


def _tempos(changes: np.ndarray, data: bytes) -> np.ndarray:
    rows = [(tick, int.from_bytes(data[at : at + 3], "big")) for tick, at in changes[["tick", "at"]].tolist()]
    return last_of_tick(np.array(rows, TEMPO))


def _signatures(changes: np.ndarray, data: bytes) -> np.ndarray:
    rows = [(tick, data[at], 1 << data[at + 1]) for tick, at in changes[["tick", "at"]].tolist()]
    return last_of_tick(np.array(rows, SIGNATURE))


def _beside(others: np.ndarray, data: bytes, parts: np.ndarray) -> Beside:
    """The events that are left, and of the data what they need."""
    spans = zip(others["at"].tolist(), others["length"].tolist(), strict=True)
    needed = b"".join([data[at : at + length] for at, length in spans if length])
    length = others["length"].astype(np.int64)
    others["at"] = np.cumsum(length) - length
    return Beside(others, needed, parts)
