"""SoundFonts (.sf2, .sf3) played by what is there: tinysoundfont, or FluidSynth as a library or a command.

Both play notes in tune, at their velocities and with their releases, controllers and the pitch wheel too. symusic's
synthesiser is none of them: it plays many instruments at wrong pitches, all velocities alike, and no release.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from typing import Protocol

import numpy as np

from midi.beside import BANK, BEND, CONTROL, EXPRESSION, NOTE_OFF, NOTE_ON, PEDAL, PROGRAM, RESET, SYSEX, VOLUME, in_time
from midi.files.drum_modes import DRUM_CHANNEL, drum_changes
from midi.files.writing import events_of
from midi.notes import Piece
from midi.synthesis.fluidsynth import FluidSynth
from training.errors import InputError

BLOCK = 1 << 16
"""Samples that are made at once at most."""
TAIL = 20.0
"""Seconds at most in which a piece dies away behind its last event."""
QUIET = 1e-4
"""Of the loudest sample so far: below it for a tenth of a second a piece has died away."""
HOW_TO_INSTALL = "python -m pip install --no-deps tinysoundfont, or FluidSynth"
"""tinysoundfont asks for PyAudio, which must be compiled and which it needs to play aloud alone: hence --no-deps."""


class Player(Protocol):
    """Something that plays SoundFonts."""

    name: str
    """With its version."""
    controllers: frozenset[int]
    """The numbers of those that it plays, the pedal aside."""
    pressures: bool
    """Does it play aftertouch?"""

    def play(self, piece: Piece, soundfont: str | os.PathLike, rate: int) -> Iterator[np.ndarray]:
        """Blocks of float32 (2, samples), not normalised, and on while the last notes die away.

        The pedal is in the lengths of the notes. InputError: a file that is no SoundFont.
        """


def by_soundfont(piece: Piece, soundfont: str | os.PathLike, rate: int, by: Player) -> Iterator[np.ndarray]:
    """Blocks of float32 (2, samples), not normalised, until the last notes have died away."""
    end, played, loudest, quiet = float(piece.seconds(piece.end)) * rate, 0, 0.0, 0
    for block in by.play(piece, soundfont, rate):
        yield block
        played += block.shape[1]
        peak = float(np.abs(block).max(initial=0))
        loudest = max(loudest, peak)
        quiet = quiet + block.shape[1] if played > end and peak <= QUIET * loudest else 0
        if quiet >= rate / 10:
            return


@lru_cache(maxsize=1)
def player() -> Player | None:
    """What there is, the first that can be made the same again anywhere; None: nothing."""
    return next(filter(None, (TinySoundFont.found(), FluidSynth.found())), None)


class TinySoundFont:
    """The package tinysoundfont: events one after the other, the samples between them at once."""

    controllers = frozenset([0, 6, 7, 10, 11, 32, 38, 42, *range(98, 102), 120, 121, 123])
    pressures = False

    def __init__(self) -> None:
        from importlib.metadata import version

        self.name = f"tinysoundfont {version('tinysoundfont')}"

    @classmethod
    def found(cls) -> TinySoundFont | None:
        """None: it is not installed."""
        try:
            import tinysoundfont  # noqa: F401
        except ImportError:
            return None
        return cls()

    def play(self, piece: Piece, soundfont: str | os.PathLike, rate: int) -> Iterator[np.ndarray]:
        """As `Player`."""
        events, data = events_of(piece)
        events = in_time(events)
        drums = _drums(events, data)
        samples = np.rint(piece.seconds(events["tick"]) * rate).astype(np.int64)
        ports = {port: _Port(soundfont, rate) for port in np.unique(events["channel"] >> 4).tolist()}
        played = 0
        for place, (sample, event) in enumerate(zip(samples.tolist(), events, strict=True)):
            while played < sample:
                yield _mixed(ports, count := min(BLOCK, sample - played))
                played += count
            ports[int(event["channel"]) >> 4].take(event, drums.get(place, {}))
        yield from (_mixed(ports, rate // 50) for _ in range(int(50 * TAIL)))


class _Port:
    """The sixteen channels of a port on a synthesiser of their own."""

    def __init__(self, soundfont: str | os.PathLike, rate: int) -> None:
        from tinysoundfont import Synth

        self.synth = Synth(samplerate=rate)
        try:
            self.synth.sfload(os.fspath(soundfont), max_voices=512)
        except Exception as error:  # of several kinds, by what is wrong
            raise InputError(f"SoundFont {soundfont} cannot be read: {error or type(error).__name__}") from None
        self.programs: dict[int, int] = {}
        self.drums = {DRUM_CHANNEL: True}
        for channel in range(16):
            self._set_level(channel, VOLUME, 100)  # the default of General MIDI

    def take(self, event: np.void, drums: dict[int, bool]) -> None:
        """Play an event; drums: channels that it makes drums, or none."""
        channel, first, second = (int(event[name]) for name in ("channel", "first", "second"))
        channel &= 15
        status = event["status"]
        if status == NOTE_ON:
            self.synth.noteon(channel, first, second)
        elif status == NOTE_OFF:
            self.synth.noteoff(channel, first)
        elif status == BEND:
            self.synth.pitchbend(channel, second << 7 | first)
        elif status == CONTROL and first == RESET:  # which would reset volume and pan here, and not the wheel
            self.synth.pitchbend(channel, 8_192)
            self._set_level(channel, EXPRESSION, 127)
            for number in (101, 100):
                self.synth.control_change(channel, number, 127)
        elif status == CONTROL and first in (VOLUME, EXPRESSION):
            self._set_level(channel, first, second)
        elif status == CONTROL and first != PEDAL:
            self.synth.control_change(channel, first, second)
        elif status == PROGRAM:
            self.programs[channel] = first
            self._choose(channel)
        for changed, is_drum in drums.items():
            self.drums[changed & 15] = is_drum
            self._choose(changed & 15)

    def _set_level(self, channel: int, number: int, value: int) -> None:
        """Volume or expression. tinysoundfont takes their cubes, General MIDI their squares: hence the power, in 14 bits."""
        fine = round(((1 << 14) - 1) * (value / 127) ** (2 / 3))
        self.synth.control_change(channel, number, fine >> 7)
        self.synth.control_change(channel, number + 32, fine & 127)

    def _choose(self, channel: int) -> None:
        """The channel's program; where the SoundFont has none in its bank or at all, the nearest that it has."""
        for program in (self.programs.get(channel, 0), 0):
            try:
                self.synth.program_change(channel, program, self.drums.get(channel, False))
            except RuntimeError:
                continue
            return


def _drums(events: np.ndarray, data: bytes) -> dict[int, dict[int, bool]]:
    """Place of an event -> the channels that it makes drums, or none."""
    telling = (events["status"] == SYSEX) | ((events["status"] == CONTROL) & (events["first"] == BANK))
    found: dict[int, dict[int, bool]] = {}
    for place, channel, is_drum in zip(*drum_changes(events, data, np.flatnonzero(telling)), strict=True):
        found.setdefault(int(place), {})[int(channel)] = bool(is_drum)
    return found


def _mixed(ports: dict[int, _Port], samples: int) -> np.ndarray:
    """The next samples of all ports together, (2, samples)."""
    sounds = [np.frombuffer(port.synth.generate_simple(samples), np.float32).reshape(-1, 2).T for port in ports.values()]
    return np.sum(sounds, axis=0, dtype=np.float32)
