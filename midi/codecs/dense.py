"""Piano rolls that tell onsets: `dense88`, `levels88`, `beats88`, of "Music generation using Deep Learning" (its 2 and 3).

88 x 200, pitches 108 (top) to 21, twenty columns a second (0.05 s each); `unit` "quarter" makes them parts of a beat.
dense88: red is 125 in a note's first column and 255 in the others, green its velocity, blue its program; levels88 is
red alone; beats88 is red alone too, four columns a quarter. Tempo is not kept; a drum comes back as a pitched note.

As required, not as published: notes are paired by channel and pitch, the tempo map and division are the file's, times are
rounded to the nearest column and the end column is not painted, repeated notes stay, nothing of a piece is cut off.
A network's red is read as the nearest of 0, 125 and 255. An onset always starts a note, a sustained cell without a
running note too; a run that reaches the end is closed there. A note's velocity and program are those of its first cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from midi.codecs.codec import ONSET, REST, SUSTAIN
from midi.codecs.grid import Bars, class_runs, feature_losses
from midi.codecs.strip import Runs, StripCodec
from midi.notes import Piece

RED = np.array([0, 125, 255], np.uint8)
"""Red of REST, ONSET and SUSTAIN cells."""
_CLASS = np.select([np.arange(256) < 62.5, np.arange(256) < 190], [REST, ONSET], SUSTAIN).astype(np.uint8)


@dataclass(frozen=True, kw_only=True)
class Levels(StripCodec):
    """Onset and sustained cells as two grey levels; see the module."""

    levels = tuple(RED.tolist())
    channels: ClassVar[int] = 1

    def paint(self, piece: Piece, bars: Bars, strip: np.ndarray) -> dict[str, float]:
        """125 where a note begins, 255 where it goes on."""
        bars.fill(strip[..., 0], RED[SUSTAIN])
        strip[bars.row, bars.first, 0] = RED[ONSET]
        return feature_losses(piece, self.velocity, self.tempo)

    def runs(self, strip: np.ndarray) -> Runs:
        """Notes by the nearest level."""
        return Runs(*class_runs(strip[..., 0], _CLASS))

    def classes(self, images: np.ndarray) -> np.ndarray:
        """Red, by the nearest level."""
        return _CLASS[self.checked(images)[..., 0]]

    def from_classes(self, classes: np.ndarray) -> np.ndarray:
        """The level of each class."""
        return RED[self.checked_classes(classes)][..., None]


@dataclass(frozen=True, kw_only=True)
class Dense(Levels):
    """Onset and sustained cells, velocity and program as red, green and blue; see the module."""

    levels = None
    channels: ClassVar[int] = 3

    def paint(self, piece: Piece, bars: Bars, strip: np.ndarray) -> dict[str, float]:
        """Red as `Levels`; green and blue of the note, all along it."""
        super().paint(piece, bars, strip)
        notes = piece.notes[bars.source]
        bars.fill(strip[..., 1], notes["velocity"])
        bars.fill(strip[..., 2], notes["program"])
        return feature_losses(piece, None, self.tempo) | {"programs": int(np.count_nonzero(piece.notes["drum"]))}

    def runs(self, strip: np.ndarray) -> Runs:
        """Notes by the nearest level of red, with velocity (1 at least) and program (127 at most) of their first cells."""
        runs = super().runs(strip)
        _, velocity, program = strip[runs.row, runs.first].T
        return Runs(
            runs.row, runs.first, runs.last, {"velocity": np.clip(velocity, 1, 127), "program": np.minimum(program, 127)}
        )

    def from_classes(self, classes: np.ndarray) -> np.ndarray:
        """Red of each class; where there is a note, the codec's velocity and program 0."""
        red = super().from_classes(classes)
        green = np.where(red > 0, np.uint8(self.velocity), np.uint8(0))
        return np.concatenate([red, green, np.zeros_like(red)], axis=-1)
