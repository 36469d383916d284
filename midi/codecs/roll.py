"""Binary piano rolls: `roll64`, `roll96` and `frames88`.

A cell is 255 where a note sounds and 0 elsewhere. Velocity, program and tempo are not kept.

roll64, of "Image-Based Music Generation using Invertible MIDI-to-Image Conversions": 64 x 64, pitches 31 to 94 with the
lowest on top, a column a 16th. A note that is struck again without a rest runs together with the one before.

roll96, of "Music generation with Neural Networks": 96 x 96, pitches 96 (top) to 1, twelve columns a quarter. A note that
is struck again loses its last column, so that the two stay apart (`gap`).

frames88: the 88 keys of a piano from the lowest, a column an eighth, as in the tables of likelihoods that began with
"Modeling temporal dependencies in high-dimensional sequences" (arXiv 1206.6392), whose frames do not tell re-strikes.

All as required, not as published: all tracks share one origin, absolute times are rounded, silence does not end a piece,
pitches without a row are counted instead of wrapped round, the first and last column are decoded like any other.
`rounding` "snap" rounds as roll64's paper did: to multiples of 1/4 or 1/3 of a quarter, then down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from midi.codecs.codec import ONSET, REST, SUSTAIN
from midi.codecs.grid import Bars, class_runs, feature_losses
from midi.codecs.strip import Runs, StripCodec
from midi.notes import Piece

_CLASS = np.where(np.arange(256) > 127, SUSTAIN, REST).astype(np.uint8)


@dataclass(frozen=True, kw_only=True)
class Roll(StripCodec):
    """A binary piano roll; see the module."""

    gap: bool = False
    """A note that is struck again at once ends a column early, if it has two columns or more."""

    levels = (0, 255)
    channels: ClassVar[int] = 1

    def paint(self, piece: Piece, bars: Bars, strip: np.ndarray) -> dict[str, float]:
        """255 where a note sounds."""
        apart = bars.touching & (bars.last - bars.first > 1) if self.gap else np.zeros_like(bars.touching)
        replace(bars, last=bars.last - apart).fill(strip[..., 0], 255)
        together = int(np.count_nonzero(bars.touching & ~apart))
        lost = feature_losses(piece, self.velocity, self.tempo)
        return lost | {"kept": len(bars.row) - together, "run_together": together, "gaps": int(np.count_nonzero(apart))}

    def runs(self, strip: np.ndarray) -> Runs:
        """Runs of cells of 128 and above."""
        return Runs(*class_runs(strip[..., 0], _CLASS))

    def classes(self, images: np.ndarray) -> np.ndarray:
        """The first cell of a run is an onset, also in the first column of a picture."""
        on = self.checked(images)[..., 0] > 127
        before = np.zeros_like(on)
        before[..., 1:] = on[..., :-1]
        return np.where(on, np.where(before, SUSTAIN, ONSET), REST).astype(np.uint8)

    def from_classes(self, classes: np.ndarray) -> np.ndarray:
        """Onset and sustained cells are on; with `gap`, the cell before a new onset goes off."""
        classes = self.checked_classes(classes)
        on = classes != REST
        if self.gap:
            again = (classes[..., 1:] == ONSET) & (classes[..., :-1] == SUSTAIN)
            on[..., :-1] &= ~again
        return (on * np.uint8(255))[..., None]
