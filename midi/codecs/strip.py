"""Codecs whose pictures lie side by side in time: a piece is one strip of columns of equal width, cut into windows."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np

from midi.codecs.codec import Codec, Encoded
from midi.codecs.grid import MAX_COLUMNS, Bars, division_of, place, ticks_of
from midi.notes import NOTE, Piece, make_piece
from midi.stitch import cut, join
from midi.tempo import USUAL_TEMPO, Tempo, TempoMap, check_tempo
from training.errors import InputError


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
    rounding: Literal["round", "floor", "snap"] = "round"
    """How times become columns; see `midi.codecs.grid.place`."""
    velocity: int = 100
    """Velocity of decoded notes where the codec keeps none."""
    tempo: int = USUAL_TEMPO
    """Microseconds a quarter of decoded pieces where none is given."""

    channels: ClassVar[int]
    """Channels of the strip."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_notes(self)
        if not (1 <= self.columns <= MAX_COLUMNS and 0 < self.resolution < 1 << 15):
            raise InputError(
                f"columns must be from 1 to {MAX_COLUMNS:,}, and resolution above 0 and below 32,768; "
                f"received {self.columns} and {self.resolution}"
            )
        if self.unit == "quarter" and self.resolution != int(self.resolution):
            raise InputError(f"columns in a quarter must be a whole number; received {self.resolution}")
        if self.unit == "second" and self.rounding == "snap":
            raise InputError("snap rounds to parts of a quarter note; columns in seconds take round or floor")

    @property
    def rows(self) -> int:
        """Rows of a picture: one a pitch."""
        return self.high - self.low + 1

    @property
    def shape(self) -> tuple[int, int, int]:
        """(rows, columns, channels) of a picture."""
        return self.rows, self.columns, self.channels

    @property
    def strip_rows(self) -> int:
        """Rows of the strip; times columns and `channels`, that is a picture, in the order of its values."""
        return self.rows

    @abstractmethod
    def paint(self, piece: Piece, bars: Bars, strip: np.ndarray) -> dict[str, float]:
        """Paint `bars` into the zeroed strip (strip_rows, length, channels); what that lost beyond `bars` is returned.

        Channel 0 is above 0 somewhere in each window that shows a note, and nowhere in the others.
        """

    @abstractmethod
    def runs(self, strip: np.ndarray) -> Runs:
        """The notes in a strip (strip_rows, length, channels) of any uint8 values."""

    def bars(self, piece: Piece) -> tuple[Bars, dict[str, float]]:
        """The notes that can be shown, on the grid, and what that lost."""
        return place(piece, self.low, self.high, self.resolution, self.unit, self.rounding, self.top)

    def length(self, bars: Bars) -> int:
        """Columns that `bars` take."""
        return int(bars.last.max())

    def encode(self, piece: Piece, *, keep_empty: bool = True) -> Encoded:
        """The pictures of a piece in order of time; keep_empty: those without a note too."""
        bars, losses = self.bars(piece)
        if not len(bars.row):
            raise InputError(f"no note within the pitches {self.low} to {self.high} of {self.name}, of {len(piece)} notes")
        length = -(-self.length(bars) // self.columns) * self.columns
        strip = np.zeros((self.strip_rows, length, self.channels), np.uint8)
        losses |= self.paint(piece, bars, strip)
        if keep_empty:
            windows, images = np.arange(length // self.columns), cut(strip, self.columns)
        else:
            sounding = np.bitwise_or.reduce(strip[..., 0], axis=0)  # ten times as fast as `any` over both axes
            windows = np.flatnonzero(sounding.reshape(-1, self.columns).any(axis=1))
            images = cut(strip, self.columns, places=windows)
        return Encoded(images.reshape(-1, *self.shape), windows, np.zeros(len(images), int), losses)

    def decode(
        self,
        images: np.ndarray,
        windows: np.ndarray | None = None,
        layers: np.ndarray | None = None,
        *,
        tempo: Tempo | None = None,
    ) -> Piece:
        """The piece that pictures show; notes are held over from one picture to the next.

        InputError: pictures of another shape or type; windows not ascending, or beyond `midi.codecs.grid.MAX_COLUMNS`.
        """
        images = self.checked(images)
        if windows is not None and len(windows) and np.max(windows) > max(MAX_COLUMNS // self.columns, len(images)):
            raise InputError(f"window {np.max(windows):,} lies beyond the {MAX_COLUMNS:,} columns that are read")
        strip = join(images.reshape(-1, self.strip_rows, self.columns, self.channels), windows)
        return self.piece(strip, None if tempo is None else TempoMap.of(tempo))

    def piece(self, strip: np.ndarray, tempo: TempoMap | None) -> Piece:
        """The piece that a strip shows, at the tempos of a map; None: at the codec's."""
        tempo = TempoMap.of(self.tempo) if tempo is None else tempo
        runs = self.runs(strip)
        notes = np.zeros(len(runs.row), NOTE)
        notes["start"] = ticks_of(runs.first, self.resolution, self.unit, tempo, self.rounding)
        notes["end"] = ticks_of(runs.last, self.resolution, self.unit, tempo, self.rounding)
        notes["pitch"] = self.pitch_of(runs.row)
        notes["velocity"] = self.velocity
        for name, values in runs.features.items():
            notes[name] = values
        return make_piece(notes, division_of(self.resolution, self.unit), tempo)

    def pitch_of(self, row: np.ndarray) -> np.ndarray:
        """Rows -> MIDI pitches."""
        return self.high - row if self.top == "high" else self.low + row

    def row_of(self, pitch: np.ndarray) -> np.ndarray:
        """MIDI pitches -> rows."""
        return self.high - pitch if self.top == "high" else pitch - self.low


def check_notes(codec: Any) -> None:
    """InputError: a codec's low, high, velocity or tempo that MIDI does not have."""
    if not 0 <= codec.low <= codec.high <= 127:
        raise InputError(f"pitches must be 0 <= low <= high <= 127; received low {codec.low}, high {codec.high}")
    if not 1 <= codec.velocity <= 127:
        raise InputError(f"velocity must be 1 to 127; received {codec.velocity}")
    check_tempo(codec.tempo)
