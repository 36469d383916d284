"""Pieces into MIDI files, by symusic."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from midi.notes import Piece
from training.files import atomic

if TYPE_CHECKING:
    from symusic import Score


def write(path: str | os.PathLike, piece: Piece) -> None:
    """Write a piece as a MIDI file of format 1, atomically; `midi.reading.read` gives the same notes back."""
    with atomic(path) as temporary:
        temporary.write_bytes(to_bytes(piece))


def to_bytes(piece: Piece) -> bytes:
    """The MIDI file of a piece."""
    return to_symusic(piece).dumps_midi()


def to_symusic(piece: Piece) -> Score:
    """The `symusic.Score` of a piece: one track for every (track, program, drum) in it."""
    import symusic

    score = symusic.Score(piece.division)
    for tempo in piece.tempos.tolist():
        score.tempos.append(symusic.Tempo(tempo[0], mspq=tempo[1]))
    for signature in piece.signatures.tolist():
        score.time_signatures.append(symusic.TimeSignature(*signature))
    notes = piece.notes
    voice = (notes["track"].astype(np.int64) << 8) | (notes["program"].astype(np.int64) << 1) | notes["drum"]
    for key in np.unique(voice):
        part = notes[voice == key]
        track = symusic.Track("", int(key >> 1) & 127, bool(key & 1))
        track.notes = symusic.Note.from_numpy(
            time=part["start"].astype(np.int32),
            duration=(part["end"] - part["start"]).astype(np.int32),
            pitch=part["pitch"].astype(np.int8),
            velocity=part["velocity"].astype(np.int8),
        )
        score.tracks.append(track)
    return score
