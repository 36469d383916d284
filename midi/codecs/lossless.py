"""Pictures that bring every note back: `lossless`, ours.

Rows are pitches, the highest on top; columns are parts of a quarter note; each layer of notes (`midi.codecs.voice_layers`)
has pictures of its own. Start, end, pitch, velocity, program, drum and track of every note come back from the pixels
alone, and so do all tempos, time signatures and the ticks in a quarter note. Controllers, pitch bends and texts do not.

channel  value
0        255 in the first column of a note
1        255 in every column that a note covers; it goes on in the next picture of its layer
2        velocity, 0 to 127, in every column that a note covers
3, 4     in the first column: ticks from the column's beginning to the note's start, high and low byte
5, 6     in the first column: ticks from the beginning of the column behind the last one to the note's end, likewise
7        header of the picture, and tempos and time signatures (`midi.codecs.facts_plane`); black pictures have none

Ticks are kept modulo 2^16: up to 2^14 they count as positive, above as negative, since a note shorter than a column ends
up to 1.5 columns early and at most half a column late.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from midi.codecs import facts_plane
from midi.codecs.cells import paint, runs_of
from midi.codecs.codec import ONSET, REST, SUSTAIN, Codec, Encoded
from midi.codecs.grid import MAX_COLUMNS, division_of
from midi.codecs.losses import NAMES
from midi.codecs.strip import check_notes
from midi.codecs.voice_layers import Sheet, column_of, in_layers, sheet_of, tick_of
from midi.notes import NOTE, Piece, make_piece
from midi.tempo import USUAL_TEMPO, Tempo, TempoMap
from training.errors import InputError

MAX_BYTES = 1 << 28
"""Bytes of the pictures of one piece at most: encoding and saving them stays within 500 MB."""


@dataclass(frozen=True, kw_only=True)
class Lossless(Codec):
    """Every note there and back; see the module."""

    low: int = 0
    """MIDI pitch of the lowest row."""
    high: int = 127
    """MIDI pitch of the highest row."""
    columns: int = 96
    """Columns of a picture."""
    resolution: int = 12
    """Columns in a quarter note."""
    velocity: int = 100
    """Velocity of decoded notes where neither a header nor channel 2 tells it."""
    tempo: int = USUAL_TEMPO
    """Microseconds a quarter of decoded pieces where no header and no argument tells it."""

    unit: ClassVar[Literal["quarter"]] = "quarter"
    top: ClassVar[Literal["high"]] = "high"
    channels: ClassVar[int] = 8
    keeps_notes: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_notes(self)
        if not (1 <= self.columns <= MAX_COLUMNS and 1 <= self.resolution < 1 << 15):
            raise InputError(
                f"columns must be from 1 to {MAX_COLUMNS:,}, and resolution above 0 and below 32,768; "
                f"received {self.columns} and {self.resolution}"
            )
        if self.rows * self.columns <= facts_plane.SIZE:
            raise InputError(
                f"a picture must have more than {facts_plane.SIZE} cells, for its header; received {self.rows} rows "
                f"and {self.columns} columns"
            )

    @property
    def rows(self) -> int:
        """Rows of a picture: one a pitch."""
        return self.high - self.low + 1

    @property
    def shape(self) -> tuple[int, int, int]:
        """(rows, columns, 8)."""
        return self.rows, self.columns, self.channels

    def encode(self, piece: Piece, *, keep_empty: bool = True) -> Encoded:
        """The pictures of a piece in order of time, those of one window by layer; keep_empty: those without a note too.

        Where the planes have no room for all tempos and time signatures, pictures without notes are added in a layer of
        their own. InputError: no note that can be shown, beyond MAX_COLUMNS, more than MAX_BYTES.
        """
        notes = piece.notes[(piece.notes["pitch"] >= self.low) & (piece.notes["pitch"] <= self.high)]
        if not len(notes):
            raise InputError(f"no note within the pitches {self.low} to {self.high} of {self.name}, of {len(piece)} notes")
        cells = self.rows * self.columns
        most = MAX_BYTES // (cells * self.channels)
        layered = in_layers(notes, piece.division, self.resolution, most)
        changes = facts_plane.changes_of(piece)
        sheet = sheet_of(layered, self.columns, facts_plane.parts_of(changes, cells), keep_empty, most)
        images = np.zeros((len(sheet.windows), *self.shape), np.uint8)
        rests = layered.start_rest.astype(np.uint16), layered.end_rest.astype(np.uint16)
        row = self.high - notes["pitch"].astype(np.int64)
        paint(images, sheet.places, sheet.begins, row, layered.first, layered.last, notes["velocity"], *rests)
        headers = self._headers(sheet, layered.voices, piece.division)
        facts_plane.write(_planes(images), sheet.marked, headers, changes)
        kept = {"notes": len(piece), "kept": len(notes), "out_of_range": len(piece) - len(notes)}
        losses = dict.fromkeys(NAMES, 0) | kept | dict(piece.left_out)
        return Encoded(images, sheet.windows, sheet.layers, losses)

    def decode(
        self,
        images: np.ndarray,
        windows: np.ndarray | None = None,
        layers: np.ndarray | None = None,
        *,
        tempo: Tempo | None = None,
    ) -> Piece:
        """The piece that pictures show, in any order; where some are missing, what the others show.

        Pictures with a header tell all themselves. For those without (a network's, edited ones) the arguments count,
        division and program are the usual ones, and the track is the layer.
        InputError: pictures of another shape or type; windows or layers that are not one for each picture, below 0 or
        beyond MAX_COLUMNS.
        """
        images = np.ascontiguousarray(self.checked(images))
        facts = facts_plane.read(_planes(images))
        known, headers = facts.valid, facts.headers
        windows = np.where(known, headers["window"], self._places(windows, np.arange(len(images)), "windows"))
        layers = np.where(known, headers["layer"], self._places(layers, np.zeros(len(images), np.int64), "layers"))
        picture, row, first, last = runs_of(images, windows, layers)
        cells = images[picture, row, first % self.columns].astype(np.int64)
        grid = division_of(self.resolution, self.unit), self.resolution
        if known.any():
            grid = tuple(int(headers[name][known.argmax()]) for name in ("division", "resolution"))
        notes = np.empty(len(picture), NOTE)
        notes["pitch"] = self.high - row
        notes["start"], notes["end"] = _ticks(first, last, cells, known[picture], *grid)
        notes["velocity"] = np.where(known[picture] | (cells[:, 2] > 0), np.minimum(cells[:, 2], 127), self.velocity)
        for name, usual in (("program", 0), ("drum", False), ("track", np.minimum(layers, 32_767))):
            notes[name] = np.where(known, headers[name], usual)[picture]
        usual = TempoMap.of(self.tempo if tempo is None else tempo)
        return make_piece(notes, grid[0], facts.tempos if known.any() else usual, facts.signatures)

    def classes(self, images: np.ndarray) -> np.ndarray:
        """Onsets by channel 0, sustained cells by channel 1."""
        images = self.checked(images)
        return np.where(images[..., 0] > 127, ONSET, np.where(images[..., 1] > 127, SUSTAIN, REST)).astype(np.uint8)

    def from_classes(self, classes: np.ndarray) -> np.ndarray:
        """Channels 0 and 1, and the usual velocity; no header."""
        classes = self.checked_classes(classes)
        images = np.zeros((*classes.shape, self.channels), np.uint8)
        images[..., 0] = np.where(classes == ONSET, 255, 0)
        images[..., 1] = np.where(classes != REST, 255, 0)
        images[..., 2] = np.where(classes != REST, self.velocity, 0)
        return images

    def _headers(self, sheet: Sheet, voices: np.ndarray, division: int) -> np.ndarray:
        headers = np.zeros(len(sheet.marked), facts_plane.HEADER)
        headers["division"], headers["resolution"] = division, self.resolution
        headers["window"], headers["layer"] = sheet.windows[sheet.marked], sheet.layers[sheet.marked]
        shown = headers["layer"] < len(voices)
        for name in voices.dtype.names:
            headers[name][shown] = voices[name][headers["layer"][shown]]
        return headers

    def _places(self, given: np.ndarray | None, usual: np.ndarray, name: str) -> np.ndarray:
        """The argument windows or layers, or `usual` where there is none."""
        if given is None:
            return usual
        places, most = np.asarray(given), max(MAX_COLUMNS // self.columns, len(usual))
        if places.shape != usual.shape or places.dtype.kind not in "iu" or not ((places >= 0) & (places <= most)).all():
            received = np.array2string(places.ravel(), threshold=8, edgeitems=3)
            raise InputError(f"expected the {name} of {len(usual)} pictures, each from 0 to {most}; received {received}")
        return places.astype(np.int64)


def _planes(images: np.ndarray) -> np.ndarray:
    """The facts planes, (count, cells), as a view."""
    count, rows, columns, channels = images.shape
    return images.reshape(count, rows * columns, channels)[..., 7]


def _ticks(
    first: np.ndarray, last: np.ndarray, cells: np.ndarray, known: np.ndarray, division: int, resolution: int
) -> tuple[np.ndarray, np.ndarray]:
    """(start, end) of notes from their columns and first cells; ticks that lead to another column are passed over.

    A note without length is possible with a header; without one it covers a column.
    """
    rests = cells[:, [3, 5]] * 256 + cells[:, [4, 6]]
    rests -= (rests > 1 << 14) * (1 << 16)
    start, end = tick_of(first, division, resolution), tick_of(last, division, resolution)
    start = np.maximum(start + rests[:, 0] * (column_of(start + rests[:, 0], division, resolution) == first), 0)
    reached = np.maximum(column_of(end + rests[:, 1], division, resolution), first + 1)
    end = end + rests[:, 1] * (reached == last)
    column = max(1, division // resolution)
    return start, np.where(known, np.maximum(end, start), np.where(end > start, end, start + column))
