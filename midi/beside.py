"""What a MIDI file holds beside notes, tempos and time signatures: controllers, bends, texts, keys and the like."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

EVENT = np.dtype(
    [
        ("tick", np.int64),
        ("at", np.int64),  # place of its data in `Beside.data`, for system exclusive and meta events
        ("length", np.int32),  # and their bytes
        ("track", np.int32),  # of the file, from 0
        ("channel", np.int16),  # port * 16 + channel, from 0; of other events than channel messages the channel is 0
        ("status", np.uint8),  # its kind: 0x80 to 0xE0 by sixteens, SYSEX, PACKET or META
        ("first", np.uint8),  # data bytes; of a meta event the first is its type
        ("second", np.uint8),
    ],
    align=True,
)
"""A row of a table of events, in order of the file: track by track, in each by time."""
NOTE_OFF, NOTE_ON, PRESSURE, CONTROL, PROGRAM, TOUCH, BEND = 0x80, 0x90, 0xA0, 0xB0, 0xC0, 0xD0, 0xE0
SYSEX, PACKET, META = 0xF0, 0xF7, 0xFF
TEXTS, PREFIX, PORT, END_OF_TRACK, TEMPO_CHANGE = range(1, 16), 0x20, 0x21, 0x2F, 0x51
NUMBER, OFFSET, SIGNATURE_CHANGE, KEY = 0, 0x54, 0x58, 0x59
"""Types of meta events."""
BANK, DATA, VOLUME, PAN, EXPRESSION, PEDAL, RESET = 0, 6, 7, 10, 11, 64, 121
ALL_SOUND_OFF, ALL_NOTES_OFF = 120, 123
"""Numbers of controllers; those above it change the mode of a channel, and end its notes as well (MIDI 1.0)."""
KINDS = ("controllers", "pedal_changes", "pitch_bends", "pressures", "system_exclusive", "texts", "keys")
"""What is counted of them; the pedal is that of controller 64, pressures are aftertouch."""
PART = np.dtype([("track", np.int32), ("channel", np.int16), ("drum", np.bool_)], align=True)
"""Where a track of the table of notes stands in a file: its track and channel there, and whether that plays drums."""


@dataclass(frozen=True, eq=False)
class Beside:
    """Events that are no notes, no programs, no tempos and no time signatures, as the file has them; and who plays where."""

    events: np.ndarray = field(default_factory=lambda: np.empty(0, EVENT))
    """(count,) of EVENT."""
    data: bytes = b""
    """Of system exclusive and meta events, as in the file, behind the status (and type) and the length."""
    parts: np.ndarray = field(default_factory=lambda: np.empty(0, PART))
    """(tracks,) of PART: of track i of the table of notes. Tracks beyond it are of no file."""

    def counts(self) -> dict[str, int]:
        """How many there are of each of KINDS."""
        found = np.bincount(_KIND[self.events["status"], self.events["first"]], minlength=len(KINDS) + 1)
        return dict(zip(KINDS, found.tolist(), strict=False))

    def data_of(self, event: np.void) -> bytes:
        """The bytes of a system exclusive or meta event."""
        return self.data[event["at"] : event["at"] + event["length"]]

    def stretched(self, factor: float) -> Beside:
        """The same with all times multiplied and rounded."""
        events = self.events.copy()
        events["tick"] = np.rint(events["tick"] * factor)
        return replace(self, events=events)

    def transposed(self, semitones: int) -> Beside:
        """The same with all key signatures moved; each to the one of fewest accidentals, six flats rather than sharps."""
        data = bytearray(self.data)
        for event in self.events[(self.events["status"] == META) & (self.events["first"] == KEY)]:
            fifths = int.from_bytes(self.data_of(event)[:1], signed=True)
            data[event["at"]] = ((fifths + 7 * semitones + 6) % 12 - 6) % 256
        return replace(self, data=bytes(data))

    def channels_of(self, notes: np.ndarray) -> np.ndarray:
        """(count,) port * 16 + channel of each note (of `midi.notes.NOTE`), -1 where no file tells it."""
        known = np.append(self.parts["channel"], np.int16(-1))
        return known[np.minimum(notes["track"].astype(np.int64), len(self.parts))]


def _kinds() -> np.ndarray:
    """(256, 256): the place in KINDS of an event by its status and first byte, len(KINDS) where it is none of them."""
    kind = np.full((256, 256), len(KINDS), np.uint8)
    kind[CONTROL], kind[CONTROL, PEDAL], kind[BEND] = 0, 1, 2
    kind[[PRESSURE, TOUCH]], kind[[SYSEX, PACKET]] = 3, 4
    kind[META, TEXTS], kind[META, KEY] = 5, 6
    return kind


_KIND = _kinds()


def in_time(events: np.ndarray) -> np.ndarray:
    """Events of all tracks in order of time; those of one tick as in the file."""
    return events[np.argsort(events["tick"], kind="stable")]
