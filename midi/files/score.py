"""Pieces as scores: MusicXML, by partitura (extra `[score]`), which spells pitches and finds voices."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from midi.augment import stretch
from midi.files.drum_modes import DRUM_CHANNEL
from midi.files.mido_bridge import to_mido
from midi.notes import Piece, in_order, program_name
from training.errors import InputError
from training.files import atomic

if TYPE_CHECKING:
    from mido import MidiFile
    from partitura.score import Part

STEPS = 12
"""Parts of a quarter note to which onsets and ends are moved: sixteenths and their triplets fit."""


_WORDS = {
    "moved": "onsets moved", "resized": "ends moved", "drums": "drums written as pitches", "velocities": "velocities lost"
}  # fmt: skip


def write_score(path: str | os.PathLike, piece: Piece) -> dict[str, int]:
    """Write a piece as MusicXML, atomically; what that changed.

        write_score("song.musicxml", read("song.mid"))

    Each track is a part. Times are moved to STEPS a quarter, and a note lasts a step at least: "moved" onsets, "resized"
    ends; "drums" are written as pitches; "velocities" are lost. Tempos, time signatures and keys are kept.
    InputError: no note, partitura is not installed or cannot make a score of it.
    """
    try:
        from partitura import load_score_midi, save_musicxml
    except ImportError:
        raise InputError(
            "MusicXML is written by partitura, which is not installed: python -m pip install partitura (extra [score])"
        ) from None
    if not len(piece):
        raise InputError(f"{path} would hold no note")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells its progress by warnings
        try:
            file = to_mido(on_steps(piece))
            score = load_score_midi(file, part_voice_assign_mode=0, estimate_voice_info=True, quiet=True)
            for part, name in zip(score.parts, _names(file), strict=True):
                part.part_name = name
                _fill_up(part)
            with atomic(path) as temporary:
                save_musicxml(score, str(temporary))
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, ZeroDivisionError) as error:
            raise InputError(f"{path}: partitura makes no score of it: {' '.join(str(error).split())[:200]}") from None
    moved, resized = (int(np.count_nonzero(piece.notes[edge] * STEPS % piece.division)) for edge in ("start", "end"))
    drums = int(np.count_nonzero(piece.notes["drum"]))
    return {"moved": moved, "resized": resized, "drums": drums, "velocities": len(piece)}


def changed_in_words(changed: dict[str, int]) -> str:
    """One line of what `write_score` changed, without the zeros."""
    return ", ".join(f"{count:,} {_WORDS[name]}" for name, count in changed.items() if count)


def _fill_up(part: Part) -> None:
    """Add rests where a bar ends in silence, which readers would take for a shorter bar."""
    from partitura.score import Measure, Rest

    starts, ends = (np.array([getattr(note, edge).t for note in part.notes]) for edge in ("start", "end"))
    for bar in list(part.iter_all(Measure)):
        within = ends[(ends > bar.start.t) & (ends <= bar.end.t)]
        over = ((starts < bar.end.t) & (ends > bar.end.t)).any()
        last = max(bar.start.t, int(within.max(initial=0)))
        if last < bar.end.t and not over:
            part.add(Rest(voice=1, staff=1), last, bar.end.t)


def _names(file: MidiFile) -> list[str]:
    """What plays each track that has notes."""
    names = []
    for track in file.tracks:
        channels = [message.channel for message in track if message.type == "note_on"]
        programs = [message.program for message in track if message.type == "program_change"]
        if channels:
            names.append("drums" if channels[0] == DRUM_CHANNEL else program_name([*programs, 0][0]))
    return names


def on_steps(piece: Piece) -> Piece:
    """The piece in STEPS ticks a quarter."""
    coarse = replace(stretch(piece, STEPS / piece.division), division=STEPS)
    notes = coarse.notes.copy()
    notes["end"] = np.maximum(notes["end"], notes["start"] + 1)
    return replace(coarse, notes=in_order(notes))
