"""FluidSynth as a player of SoundFonts: its library, or its command where that is all there is."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from ctypes.util import find_library
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from midi.beside import EVENT, META
from midi.files.writing import to_bytes
from midi.notes import Piece
from training.errors import InputError

BLOCK = 1 << 10
"""Samples that are made at once."""
TAIL = 5.0
"""Seconds for the last notes to die away."""
_OK, _PLAYING = 0, 1


class FluidSynth:
    """Renders the MIDI file of a piece, faster than it sounds, without reverberation and chorus."""

    controllers = frozenset(range(128))
    pressures = True

    def __init__(self, version: str, render: Callable[[bytes, str, int], Iterator[np.ndarray]]) -> None:
        self.name = f"FluidSynth {version}"
        self._render = render

    @classmethod
    def found(cls) -> FluidSynth | None:
        """None: there is neither the library nor the command."""
        if name := find_library("fluidsynth"):
            library = _Library(name)
            return cls(library.version, library.render)
        if command := shutil.which("fluidsynth"):
            said = subprocess.run([command, "--version"], capture_output=True, text=True).stdout.split()
            return cls(next((word for word in said if word[:1].isdigit()), "?"), _by_command)
        return None

    def play(self, piece: Piece, soundfont: str | os.PathLike, rate: int) -> Iterator[np.ndarray]:
        """As `midi.synthesis.soundfonts.Player`."""
        # A text behind the last note makes the file last until that has died away.
        end = int(piece.ticks(piece.seconds(max(piece.end, int(piece.beside.events["tick"].max(initial=0)))) + TAIL))
        last = np.zeros(1, EVENT)
        last["tick"], last["status"], last["first"] = end, META, 1
        beside = replace(piece.beside, events=np.append(piece.beside.events, last))
        yield from self._render(to_bytes(replace(piece, beside=beside)), os.fspath(soundfont), rate)


class _Library:
    """The functions of libfluidsynth that are needed (fluidsynth.org/api)."""

    def __init__(self, name: str) -> None:
        self.functions: Any = ctypes.CDLL(name)
        for maker in ("new_fluid_settings", "new_fluid_synth", "new_fluid_player"):
            getattr(self.functions, maker).restype = ctypes.c_void_p
        self.functions.fluid_version_str.restype = ctypes.c_char_p
        self.version = self.functions.fluid_version_str().decode()

    def render(self, data: bytes, soundfont: str, rate: int) -> Iterator[np.ndarray]:
        """Blocks of float32 (2, samples)."""
        call, pointer = self.functions, ctypes.c_void_p
        settings = pointer(call.new_fluid_settings())
        call.fluid_settings_setnum(settings, b"synth.sample-rate", ctypes.c_double(rate))
        call.fluid_settings_setstr(settings, b"player.timing-source", b"sample")
        for effect in (b"synth.reverb.active", b"synth.chorus.active"):
            call.fluid_settings_setint(settings, effect, 0)
        synth = pointer(call.new_fluid_synth(settings))
        player = pointer(call.new_fluid_player(synth))
        try:
            if call.fluid_synth_sfload(synth, os.fsencode(soundfont), 1) < 0:
                raise InputError(f"SoundFont {soundfont} cannot be read: FluidSynth refuses it")
            call.fluid_player_add_mem(player, data, ctypes.c_size_t(len(data)))
            call.fluid_player_play(player)
            while call.fluid_player_get_status(player) == _PLAYING:
                block = np.empty((BLOCK, 2), np.float32)
                place = block.ctypes.data_as(pointer)
                call.fluid_synth_write_float(synth, len(block), place, 0, 2, place, 1, 2)
                yield np.ascontiguousarray(block.T)
        finally:
            call.delete_fluid_player(player)
            call.delete_fluid_synth(synth)
            call.delete_fluid_settings(settings)


def _by_command(data: bytes, soundfont: str, rate: int) -> Iterator[np.ndarray]:
    with tempfile.TemporaryDirectory() as folder:
        piece, sound = Path(folder, "piece.mid"), Path(folder, "sound.raw")
        piece.write_bytes(data)
        options = ["-ni", "-q", "-R", "0", "-C", "0", "-r", str(rate), "-T", "raw", "-O", "float", "-F", str(sound)]
        done = subprocess.run(["fluidsynth", *options, soundfont, str(piece)], capture_output=True, text=True)
        if f'Failed to load SoundFont "{soundfont}"' in done.stderr:  # with status 0
            raise InputError(f"SoundFont {soundfont} cannot be read: FluidSynth refuses it")
        if done.returncode or not sound.exists():
            reason = " ".join(done.stderr.split())[-200:] or f"status {done.returncode}"
            raise InputError(f"SoundFont {soundfont} cannot be played by FluidSynth: {reason}")
        with sound.open("rb") as file:
            while part := file.read(8 * BLOCK):
                yield np.ascontiguousarray(np.frombuffer(part, np.float32).reshape(-1, 2).T)
