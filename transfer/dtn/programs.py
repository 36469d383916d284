"""The instruments of a kind of music: the General MIDI program that plays most of the notes of each octave."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from midi.notes import Piece, with_notes

PROGRAMS = "programs.json"
"""Name of the file of a run that holds the target's programs."""
OCTAVES = 11
"""Octave o holds the pitches 12 o to 12 o + 11."""
RARE = 0.01
"""An octave with a smaller share of all notes has the program of the nearest one with more."""


def programs_of(pieces: Iterable[Piece]) -> list[int]:
    """(OCTAVES,) programs, 0 to 127, of pieces; all 0 without notes. Drums do not count."""
    counts = np.zeros((OCTAVES, 128), int)
    for piece in pieces:
        notes = piece.notes[~piece.notes["drum"]]
        np.add.at(counts, (notes["pitch"] // 12, notes["program"]), 1)
    notes = counts.sum(axis=1)
    usual = np.flatnonzero(notes > RARE * notes.sum())
    if not len(usual):
        return [0] * OCTAVES
    nearest = usual[np.abs(np.arange(OCTAVES)[:, None] - usual).argmin(axis=1)]
    return counts[nearest].argmax(axis=1).tolist()


def played_by(piece: Piece, programs: list[int]) -> Piece:
    """The piece played by the program of each octave."""
    notes = piece.notes.copy()
    notes["program"] = np.array(programs)[notes["pitch"] // 12]
    return with_notes(piece, notes)
