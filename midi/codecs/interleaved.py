"""One voice as a picture of its instants: `interleaved32`, after "Cross Genre Music Generation using Image Representation".

32 x 32 x 3: the 3,072 values of a sequence, instant t at pixel t div 3 (row by row), channel t mod 3, so that a 3 x 3
kernel sees nine instants in a row and others 96 away. An instant is a 16th (`resolution`).
0 is a rest; 2 (pitch + 1) - 1 a pitch that goes on, 2 (pitch + 1) its onset; pitches up to 126.

The paper tells the order, not the converter; the values and what follows are ours. The voice is the skyline: the highest
note sounds. A note is shown from its onset or not at all ("hidden"), and ends where a higher one begins ("shortened").
Velocity, program and tempo are not kept. Pictures must never be stored as JPEG or resized: both mix instants.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from midi.codecs.codec import ONSET, REST, SUSTAIN, Encoded
from midi.codecs.grid import Bars, feature_losses
from midi.codecs.strip import Runs, StripCodec
from midi.notes import Piece, with_notes
from training.errors import InputError
from training.machine_code import compiled


@dataclass(frozen=True, kw_only=True)
class Interleaved(StripCodec):
    """A sequence of pitches, three instants a pixel; see the module. `columns` are the instants of a picture, 3 n n."""

    track: int | None = None
    """The track whose notes are shown; None: all."""
    reading: Literal["exact", "robust"] = "exact"
    """Onsets as the codes tell; or, for generated pictures, the nearest pitch only and equal neighbours joined."""

    levels = tuple(range(255))
    channels: ClassVar[int] = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.high > 126:
            raise InputError(f"{self.name} has values for pitches up to 126; received high {self.high}")
        if 3 * self.side**2 != self.columns:
            raise InputError(f"columns must be 3 n n, the values of a square picture; received {self.columns}")

    @property
    def side(self) -> int:
        """Height and width of a picture."""
        return math.isqrt(self.columns // 3)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(side, side, 3)."""
        return self.side, self.side, 3

    @property
    def strip_rows(self) -> int:
        """One: the voice."""
        return 1

    def encode(self, piece: Piece, *, keep_empty: bool = True) -> Encoded:
        """The pictures of a piece, or of one track, in order of time; keep_empty: those without a note too."""
        if self.track is None:
            return super().encode(piece, keep_empty=keep_empty)
        chosen = piece.notes["track"] == self.track
        if not chosen.any():
            raise InputError(
                f"track {self.track} has no note; tracks with notes: {np.unique(piece.notes['track']).tolist()}"
            )
        encoded = super().encode(with_notes(piece, piece.notes[chosen]), keep_empty=keep_empty)
        others = np.count_nonzero(~chosen)
        more = {"notes": len(piece), "hidden": encoded.losses["hidden"] + others}
        return replace(encoded, losses={**encoded.losses, **more})

    def bars(self, piece: Piece) -> tuple[Bars, dict[str, float]]:
        """The notes of the skyline."""
        bars, losses = super().bars(piece)
        shown, last, shortened = _skyline(self.pitch_of(bars.row), bars.first, bars.last)
        lost = {"kept": int(shown.sum()), "hidden": int((~shown).sum()), "shortened": losses["shortened"] + shortened}
        return Bars(bars.row[shown], bars.first[shown], last[shown], bars.touching[shown], bars.source[shown]), losses | lost

    def paint(self, piece: Piece, bars: Bars, strip: np.ndarray) -> dict[str, float]:
        """The codes of the voice."""
        code = 2 * (self.pitch_of(bars.row) + 1)
        replace(bars, row=np.zeros_like(bars.row)).fill(strip[..., 0], code - 1)
        strip[0, bars.first, 0] = code
        lost = feature_losses(piece, self.velocity, self.tempo)
        if self.reading == "exact":
            return lost
        together = int(np.count_nonzero((bars.first[1:] == bars.last[:-1]) & (bars.row[1:] == bars.row[:-1])))
        return lost | {"kept": len(bars.row) - together, "run_together": together}

    def runs(self, strip: np.ndarray) -> Runs:
        """Runs of one pitch, in "exact" reading divided by onsets."""
        pitch, onset = self._read(strip[0, :, 0])
        other = np.append(True, pitch[1:] != pitch[:-1])[: len(pitch)]
        begins = np.flatnonzero(other | onset)
        last = np.append(begins[1:], len(pitch))[: len(begins)]
        notes = pitch[begins] >= 0
        begins, last = begins[notes], last[notes]
        return Runs(self.row_of(pitch[begins]), begins, last)

    def classes(self, images: np.ndarray) -> np.ndarray:
        """The voice as a piano roll: (count, pitches, instants), the highest pitch in row 0 unless `top` is "low"."""
        values = self.checked(images).reshape(len(images), self.columns)
        pitch, onset = self._read(values)
        classes = np.full((len(images), self.rows, self.columns), REST, np.uint8)
        image, instant = np.nonzero(pitch >= 0)
        row = self.row_of(pitch[image, instant])
        classes[image, row, instant] = np.where(onset[image, instant], ONSET, SUSTAIN)
        return classes

    def from_classes(self, classes: np.ndarray) -> np.ndarray:
        """The highest pitch of each instant."""
        classes = self.checked_classes(classes, (self.rows, self.columns))
        highest = classes if self.top == "high" else classes[:, ::-1]
        row = np.argmax(highest != REST, axis=1)
        found = np.take_along_axis(highest, row[:, None], axis=1)[:, 0]
        code = 2 * (self.high - row + 1) - (found == SUSTAIN)
        return np.where(found == REST, 0, code).astype(np.uint8).reshape(-1, *self.shape)

    def _read(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(pitch within the codec's range or -1, is it an onset) of each value."""
        pitch = (values.astype(np.int64) + 1) // 2 - 1
        pitch = np.where(values > 0, np.clip(pitch, self.low, self.high), -1)
        onset = (values > 0) & (values % 2 == 0)
        return pitch, onset if self.reading == "exact" else np.zeros_like(onset)


@compiled
def _skyline(pitch: np.ndarray, first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """(is it shown, its end, how many were cut) of notes in order of time."""
    shown, last, cut, top = np.zeros(len(pitch), np.bool_), last.copy(), 0, -1
    for note in range(len(pitch)):
        if top >= 0 and last[top] > first[note]:
            if pitch[top] > pitch[note]:
                continue
            if first[top] == first[note]:
                shown[top] = False
            else:
                last[top] = first[note]
                cut += 1
        shown[note] = True
        top = note
    return shown, last, cut
