"""The message level: `mido.MidiFile` objects into pieces, and pieces into `mido.MidiFile` objects."""

from __future__ import annotations

import io
from collections import Counter, defaultdict, deque
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np

from midi.files.writing import DRUM_CHANNEL, to_bytes
from midi.notes import LEFT_OUT, NOTE, SIGNATURE, TEMPO, Piece, in_order, last_of_tick, require_tracks
from training.errors import InputError

if TYPE_CHECKING:
    from mido import MidiFile, MidiTrack

_COUNTED = {
    "control_change": "controllers", "pitchwheel": "pitch_bends", "key_signature": "keys",
    "text": "texts", "copyright": "texts", "track_name": "texts", "instrument_name": "texts",
    "lyrics": "texts", "marker": "texts", "cue_marker": "texts", "device_name": "texts",
}  # fmt: skip
"""mido's name of a message -> what it is counted as."""


def from_mido(file: MidiFile) -> Piece:
    """The piece in any `mido.MidiFile` of type 0 or 1.

        piece = from_mido(mido.MidiFile("song.mid"))

    Notes are paired first in, first out within a track, channel and pitch; a note-on of velocity 0 is a note-off. A note
    has the program in force on its track and channel where it begins; channel 10 is drums. The table's tracks are numbered
    by track of the file, channel and program. Tempos and time signatures of all tracks count, impossible ones do not.
    InputError: type 2, ticks in a quarter or times that cannot be.
    """
    if file.type not in (0, 1):
        raise InputError(f"a file of type {file.type} has no common time; expected type 0 or 1")
    reader = _Reader()
    for number, track in enumerate(file.tracks):
        reader.read(track, number)
    return reader.piece(file.ticks_per_beat)


def to_mido(piece: Piece) -> MidiFile:
    """The `mido.MidiFile` (type 1) of a piece, as `midi.files.writing.to_bytes` writes it. InputError: as there."""
    from mido import MidiFile

    return MidiFile(file=io.BytesIO(to_bytes(piece)))


class _Reader:
    """Gathers notes and changes, message by message."""

    def __init__(self) -> None:
        self.notes: list[tuple] = []
        """start, end, pitch, velocity, program, drum, (track of the file, channel, program)"""
        self.tempos: list[tuple[int, int]] = []
        self.signatures: list[tuple[int, int, int]] = []
        self.left_out = Counter(dict.fromkeys(LEFT_OUT, 0))

    def read(self, track: MidiTrack, number: int) -> None:
        """Take in track `number` of the file."""
        now = 0
        program = [0] * 16
        sounding: defaultdict[tuple[int, int], deque] = defaultdict(deque)
        for message in track:
            now += _whole(message.time, number)
            kind = message.type
            if kind in ("note_on", "note_off"):
                begun = sounding[message.channel, message.note]
                if kind == "note_on" and message.velocity:
                    begun.append((now, message.velocity, program[message.channel]))
                elif begun:
                    self._add(begun.popleft(), now, message, number)
                else:
                    self.left_out["unmatched"] += 1
            elif kind == "program_change":
                program[message.channel] = message.program
            else:
                self._change(now, message)
        if now >= 1 << 31:
            raise InputError(f"track {number} is {now:,} ticks long; expected fewer than 2^31")
        self.left_out["hanging"] += sum(map(len, sounding.values()))

    def piece(self, division: int) -> Piece:
        """All that was read."""
        notes = np.array([(*note[:6], 0) for note in self.notes], NOTE)
        voices = sorted({note[6] for note in self.notes})
        require_tracks(len(voices))
        numbers = {voice: number for number, voice in enumerate(voices)}
        notes["track"] = [numbers[note[6]] for note in self.notes]
        tempos, signatures = np.array(self.tempos, TEMPO), np.array(self.signatures, SIGNATURE)
        return Piece(in_order(notes), division, last_of_tick(tempos), last_of_tick(signatures), dict(self.left_out))

    def _add(self, begun: tuple[int, int, int], end: int, message, number: int) -> None:
        start, velocity, program = begun
        channel = message.channel
        voice = (number, channel, program)
        self.notes.append((start, end, message.note, velocity, program, channel == DRUM_CHANNEL, voice))

    def _change(self, now: int, message) -> None:
        """Take in a message that is neither a note nor a program."""
        kind = message.type
        if kind == "set_tempo" and message.tempo:
            self.tempos.append((now, message.tempo))
        elif kind == "time_signature" and message.numerator and message.denominator <= 128:
            self.signatures.append((now, message.numerator, message.denominator))
        elif kind in ("set_tempo", "time_signature"):
            self.left_out["impossible_changes"] += 1
        elif kind in _COUNTED:
            self.left_out[_COUNTED[kind]] += 1


def _whole(time: float, number: int) -> int:
    """A message's time. InputError: it is no whole number from 0."""
    if not isinstance(time, Integral) or time < 0:
        raise InputError(f"track {number} has a message at time {time!r}; expected whole ticks since the message before")
    return time
