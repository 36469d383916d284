"""Codecs whose pictures lie side by side in time: a piece is one strip of columns of equal width, cut into windows."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from midi.codecs.codec import Codec, Encoded
from midi.codecs.grid import Bars, division_of, place, ticks_of
from midi.notes import NOTE, USUAL_TEMPO, Piece, make_piece
from midi.stitch import cut, join
from training.cli import InputError


@dataclass(frozen=True, eq=False)
class Runs:
    """What a strip shows: notes by row and columns [first, last), and the columns of the note table that it tells."""

    row: np.ndarray
    first: np.ndarray
    last: np.ndarray
    features: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class StripCodec(Codec):
    """A codec with one row a pitch. Subclasses paint the strip of a piece and read it."""

    low: int
    """MIDI pitch of the lowest row."""
    high: int
    """MIDI pitch of the highest row."""
    resolution: float
    """Columns in a `unit`."""
    unit: Literal["quarter", "second"] = "quarter"
    """What columns measure: quarter notes, or seconds through the tempo map."""
    top: Literal["high", "low"] = "high"
    """Which pitch is row 0."""
    rounding: Literal["round", "floor"] = "round"
    """How times become columns."""
    velocity: int = 100
    """Velocity of decoded notes where the codec keeps none."""
    tempo: int = USUAL_TEMPO
    """Microseconds a quarter of decoded pieces where none is given."""

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high <= 127:
            raise InputError(f"pitches must be 0 <= low <= high <= 127; received low {self.low}, high {self.high}")
        if self.columns < 1 or self.resolution <= 0:
            raise InputError(f"columns and resolution must be above 0; received {self.columns} and {self.resolution}")
        if self.unit == "quarter" and self.resolution != int(self.resolution):
            raise InputError(f"columns in a quarter must be a whole number; received {self.resolution}")
        if not (1 <= self.velocity <= 127 and 1 <= self.tempo < 1 << 24):
            raise InputError(f"velocity must be 1 to 127, tempo below 2^24; received {self.velocity}, {self.tempo}")

    @property
    def rows(self) -> int:
        """Rows of a picture: one a pitch."""
        return self.high - self.low + 1

    @property
    def shape(self) -> tuple[int, int, int]:
        """(rows, columns, channels) of a picture."""
        return self.rows, self.columns, self.channels

    @abstractmethod
    def paint(self, piece: Piece, bars: Bars, strip: np.ndarray) -> dict[str, float]:
        """Paint `bars` into the zeroed strip (rows, length, channels); what that lost beyond `place` is returned."""

    @abstractmethod
    def runs(self, strip: np.ndarray) -> Runs:
        """The notes in a strip (rows, length, channels) of any uint8 values."""

    def encode(self, piece: Piece, *, keep_empty: bool = True) -> Encoded:
        """The pictures of a piece in order of time; keep_empty: those without a note too."""
        bars, losses = place(piece, self.low, self.high, self.resolution, self.unit, self.rounding, self.top)
        if not len(bars.row):
            raise InputError(f"no note within the pitches {self.low} to {self.high} of {self.name}, of {len(piece)} notes")
        length = -(-int(bars.last.max()) // self.columns) * self.columns
        strip = np.zeros((self.rows, length, self.channels), np.uint8)
        losses |= self.paint(piece, bars, strip)
        images = cut(strip, self.columns)
        windows = np.arange(len(images))
        if not keep_empty:
            windows = np.flatnonzero(images.any(axis=(1, 2, 3)))
            images = images[windows]
        return Encoded(images, windows, np.zeros(len(images), int), losses)

    def decode(
        self,
        images: np.ndarray,
        windows: np.ndarray | None = None,
        layers: np.ndarray | None = None,
        *,
        tempo: int | None = None,
    ) -> Piece:
        """The piece that pictures show; notes are held over from one picture to the next."""
        tempo = self.tempo if tempo is None else tempo
        runs = self.runs(join(self.checked(images), windows))
        notes = np.zeros(len(runs.row), NOTE)
        notes["start"] = ticks_of(runs.first, self.resolution, self.unit, tempo)
        notes["end"] = np.maximum(ticks_of(runs.last, self.resolution, self.unit, tempo), notes["start"] + 1)
        notes["pitch"] = self.high - runs.row if self.top == "high" else self.low + runs.row
        notes["velocity"] = self.velocity
        for name, values in runs.features.items():
            notes[name] = values
        return make_piece(notes, division_of(self.resolution, self.unit), tempo)
