"""The messages of a MIDI file as "Music generation with Neural Networks" prepares them: notes only, twelve ticks a quarter.

As published, every track begins with its own first note and every delta time is rounded by itself, so that the hands of a
piano piece shift against each other and errors add up. Mended, all tracks share one origin and absolute times are rounded.

For Python users and golden values only: no command needs it, because the codecs read `midi.notes.Piece`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from training.errors import InputError

if TYPE_CHECKING:
    from mido import Message, MidiFile, MidiTrack

TICKS = 12
"""Ticks in a quarter note of the result."""


def normalised(file: MidiFile, *, as_published: bool = False) -> MidiFile:
    """A new `mido.MidiFile` with the note messages of `file`, twelve ticks a quarter; `file` is not changed.

    A note-on of velocity 0 becomes a note-off; the time of all other messages passes to the next note message. Silence
    before the first note goes: of each track (as published), or before the first note of all tracks (mended).
    Tracks without notes become empty. InputError: ticks in a quarter note that are no positive number (SMPTE).
    """
    import mido

    if file.ticks_per_beat < 1:
        raise InputError(f"ticks in a quarter note must be above 0; received {file.ticks_per_beat} (SMPTE time?)")
    tracks = [list(_note_messages(track)) for track in file.tracks]
    origin = min((track[0][0] for track in tracks if track), default=0)
    per = file.ticks_per_beat
    timed = [_by_deltas(track, per) if as_published else _by_absolute_times(track, per, origin) for track in tracks]
    return mido.MidiFile(type=file.type, ticks_per_beat=TICKS, tracks=[mido.MidiTrack(track) for track in timed])


def _note_messages(track: MidiTrack) -> Iterator[tuple[int, Message]]:
    """(absolute time, note-on or note-off message) of a track."""
    import mido

    now = 0
    for message in track:
        now += message.time
        if message.type == "note_on" and message.velocity == 0:
            yield now, mido.Message("note_off", channel=message.channel, note=message.note, velocity=0)
        elif message.type in ("note_on", "note_off"):
            yield now, message


def _by_deltas(track: list[tuple[int, Message]], per: int) -> Iterator[Message]:
    """The messages with round(delta * TICKS / per), the first at 0."""
    before = track[0][0] if track else 0
    for now, message in track:
        yield message.copy(time=round((now - before) * TICKS / per))
        before = now


def _by_absolute_times(track: list[tuple[int, Message]], per: int, origin: int) -> Iterator[Message]:
    """The messages with the differences of (time - origin) * TICKS / per, rounded, halves up."""
    before = 0
    for now, message in track:
        place = (2 * TICKS * (now - origin) + per) // (2 * per)
        yield message.copy(time=place - before)
        before = place
