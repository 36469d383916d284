"""One pixel a note: `sparse88`, of "Music generation using Deep Learning" (encoding 1).

88 x 200 RGBA, pitches 108 (top) to 21, twenty columns a second (0.05 s each); `unit` "quarter" makes them parts of a beat.
A note is one pixel where it begins: red round(255 - 250 tanh 3 L) of its length L in whole notes, green its program, blue
its velocity; alpha round(255 - 255 tempo / 16777215) of the tempo there. Elsewhere (0, 0, 0, 255).

Red saturates: lengths from 1.15 whole notes on are all 5 ("saturated", read as 5 quarters); near a whole note a step is
half a quarter, below a quarter note a hundredth of one. Alpha tells tempo within 3 % at 60 beats a minute, 7 % at 120.
Of all lengths or tempos of a level the simplest is read (parts of a whole note, round beats a minute), so that usual
ones come back exactly. Notes of one pitch that overlap are cut in decoding; a drum comes back as a pitched note.

As required, not as published: the velocity is the note's (`published_velocity` gives 100 to all), columns are rounded from
absolute times through the tempo map, any note-off ends a note, and nothing of a piece is cut off. The decoder is ours;
none was published. Red below `threshold` is background.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import ClassVar

import numpy as np

from midi.codecs.codec import ONSET, REST, SUSTAIN
from midi.codecs.grid import DIVISION, Bars, class_runs, division_of, feature_losses, fill, ticks_of
from midi.codecs.strip import Runs, StripCodec
from midi.notes import NOTE, Piece, make_piece
from midi.tempo import TEMPO, USUAL_TEMPO, TempoMap
from training.errors import InputError

SLOWEST = 16_777_215
"""Microseconds a quarter at alpha 0; the largest tempo of MIDI."""
SATURATED = 5
"""Red of the longest notes."""
PARTS = (1, 2, 4, 8, 3, 6, 16, 12, 32, 24, 64, 48, 128, 96, 256, 192)
"""Parts of a whole note, the simplest first."""
BEATS = (1 / 60, 1 / 30, 1 / 20, 1 / 10, 1 / 5, 1 / 2, 1)
"""One over the beats a minute whose multiples are usual tempos, the roundest first."""


@dataclass(frozen=True, kw_only=True)
class Sparse(StripCodec):
    """A pixel at the onset of each note; see the module."""

    published_velocity: bool = False
    """Every note gets the codec's velocity, as published, instead of its own."""
    threshold: int = 3
    """The least red of a note, 1 to 255; raise it for a network's noisy pictures."""

    channels: ClassVar[int] = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.threshold <= 255:
            raise InputError(f"threshold must be 1 to 255; received {self.threshold}")

    def length(self, bars: Bars) -> int:
        """Columns up to the last onset: what follows shows nothing."""
        return int(bars.first.max()) + 1

    def paint(self, piece: Piece, bars: Bars, strip: np.ndarray) -> dict[str, float]:
        """Length, program, velocity and tempo at the onset of each note."""
        notes = piece.notes[bars.source]
        strip[..., 3] = 255
        alpha = alpha_of(_tempo_at(piece, notes["start"]))
        tempo = np.zeros(strip.shape[1], np.uint8)
        tempo[bars.first] = alpha  # of notes in one column the last counts, so that a column has one tempo
        onset, _ = self._ticks(bars.first, tempo[bars.first], None)
        following = _next_of_row(bars.row, bars.first, onset)
        division = division_of(self.resolution, self.unit)
        quarters = (notes["end"] - notes["start"]) / piece.division
        room = (following - onset) / division
        red = red_of(np.minimum(quarters, room) / 4)
        velocity = self.velocity if self.published_velocity else notes["velocity"]
        strip[bars.row, bars.first, :3] = np.stack(np.broadcast_arrays(red, notes["program"], velocity), axis=-1)
        strip[bars.row, bars.first, 3] = tempo[bars.first]
        back = np.minimum(lengths_of_red(division)[red], following - onset)
        return self._losses(piece, quarters > room, red, back / division - quarters, tempo[bars.first])

    def _losses(
        self, piece: Piece, cut: np.ndarray, red: np.ndarray, difference: np.ndarray, alpha: np.ndarray
    ) -> dict[str, float]:
        """difference: quarters by which lengths come back as others."""
        saturated = (red == SATURATED) & (difference < -1e-9) & ~cut
        resized = (np.abs(difference) > 1e-9) & ~cut & ~saturated
        changes = np.count_nonzero(np.diff(alpha.astype(int)))
        lost = feature_losses(piece, self.velocity if self.published_velocity else None, None)
        return lost | {
            "programs": int(np.count_nonzero(piece.notes["drum"])),
            "shortened": int(cut.sum()),
            "lengthened": 0,
            "saturated": int(saturated.sum()),
            "resized": int(resized.sum()),
            "tempos": max(0, len(piece.tempo_map.effective().changes) - 1 - changes),
        }

    def piece(self, strip: np.ndarray, tempo: TempoMap | None) -> Piece:
        """The piece that a strip shows, at the tempos of a map; None: at those that its alpha tells."""
        runs = self.runs(strip)
        start, tempos = self._ticks(runs.first, strip[runs.row, runs.first, 3], tempo)
        division = division_of(self.resolution, self.unit)
        red, program, velocity, _ = strip[runs.row, runs.first].T
        notes = np.zeros(len(start), NOTE)
        notes["start"], notes["pitch"] = start, self.pitch_of(runs.row)
        notes["end"] = np.minimum(start + lengths_of_red(division)[red], _next_of_row(runs.row, runs.first, start))
        notes["program"], notes["velocity"] = np.minimum(program, 127), np.clip(velocity, 1, 127)
        return make_piece(notes, division, tempos)

    def runs(self, strip: np.ndarray) -> Runs:
        """The cells of notes, each a column wide."""
        row, first = np.nonzero(strip[..., 0] >= self.threshold)
        return Runs(row, first, first + 1)

    def classes(self, images: np.ndarray) -> np.ndarray:
        """Onsets, and sustained cells as long as red tells; in seconds at the codec's tempo. Cut at the picture's edge."""
        images = self.checked(images)
        cells = images.reshape(-1, *self.shape[1:])
        runs = self.runs(cells)
        quarters = lengths_of_red(DIVISION)[cells[runs.row, runs.first, 0]] / DIVISION
        last = runs.first + np.maximum(1, np.rint(quarters * self._columns_in_quarter)).astype(np.int64)
        last = np.minimum(last, _next_of_row(runs.row, runs.first, runs.first))
        classes = np.full(cells.shape[:2], REST, np.uint8)
        fill(classes, runs.row, runs.first, np.minimum(last, self.columns), SUSTAIN)
        classes[runs.row, runs.first] = ONSET
        return classes.reshape(images.shape[:3])

    def from_classes(self, classes: np.ndarray) -> np.ndarray:
        """A pixel at each onset, its red of the cells that follow; the codec's velocity and tempo, program 0."""
        classes = self.checked_classes(classes)
        row, first, last = class_runs(classes.reshape(-1, self.columns), np.arange(3, dtype=np.uint8))
        cells = np.zeros((len(classes) * self.rows, self.columns, 4), np.uint8)
        cells[..., 3] = 255
        red = red_of((last - first) / self._columns_in_quarter / 4)
        cells[row, first, 0], cells[row, first, 2], cells[row, first, 3] = red, self.velocity, alpha_of(self.tempo)
        return cells.reshape(-1, *self.shape)

    @property
    def _columns_in_quarter(self) -> float:
        return self.resolution * (self.tempo / 1e6 if self.unit == "second" else 1)

    def _ticks(self, columns: np.ndarray, alpha: np.ndarray, tempo: TempoMap | None) -> tuple[np.ndarray, TempoMap]:
        """(ticks at which columns begin, the tempos), at those of a map or where it is None at those of alpha."""
        if tempo is not None or not len(columns):
            tempo = TempoMap.of(self.tempo) if tempo is None else tempo
            return ticks_of(columns, self.resolution, self.unit, tempo, self.rounding), tempo
        at, which = np.unique(columns, return_index=True)
        values = tempos_of_alpha()[alpha[which]]
        changes = np.append(True, values[1:] != values[:-1])
        at, values = at[changes], values[changes]
        at[0] = 0
        if self.unit == "quarter":
            ticks, tick = (ticks_of(each, self.resolution, self.unit, self.tempo) for each in (columns, at))
        else:
            values = np.minimum(values, int(1e6 * DIVISION / self.resolution))  # a tick is no longer than a column
            ticks, tick = self._ticks_of_seconds(columns / self.resolution, at / self.resolution, values)
        tempos = np.empty(len(tick), TEMPO)
        tempos["tick"], tempos["microseconds"] = tick, values
        return ticks, TempoMap(tempos, division_of(self.resolution, self.unit))

    def _ticks_of_seconds(self, seconds: np.ndarray, at: np.ndarray, tempos: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(ticks of `seconds`, ticks of the seconds `at` which `tempos` begin); errors of half a tick do not add up."""
        pace = tempos / (1e6 * DIVISION)
        tick, second = np.zeros(len(at), np.int64), np.zeros(len(at))
        for change in range(1, len(at)):
            ticks = self._whole((at[change] - second[change - 1]) / pace[change - 1])
            tick[change], second[change] = tick[change - 1] + ticks, second[change - 1] + ticks * pace[change - 1]
        span = np.searchsorted(at, seconds, side="right") - 1
        since = self._whole((seconds - second[span]) / pace[span])
        return tick[span] + np.maximum(since, 0).astype(np.int64), tick

    def _whole(self, ticks: np.ndarray) -> np.ndarray:
        """Ticks from which `rounding` finds the column again; see `midi.codecs.grid.ticks_of`."""
        return np.rint(ticks) if self.rounding == "round" else np.ceil(ticks - 1e-6)


def red_of(wholes: np.ndarray) -> np.ndarray:
    """Lengths in whole notes -> red."""
    return np.rint(255 - 250 * np.tanh(3 * np.asarray(wholes))).astype(np.uint8)


def alpha_of(tempos: np.ndarray) -> np.ndarray:
    """Microseconds a quarter -> alpha."""
    return np.rint(255 - 255 * np.minimum(tempos, SLOWEST) / SLOWEST).astype(np.uint8)


@lru_cache(maxsize=8)
def lengths_of_red(division: int) -> np.ndarray:
    """(256,) the simplest length, in ticks, of each red; those of 5 and less are 5 quarters."""
    edges = np.arctanh(np.clip((255.5 - np.arange(SATURATED, 257)) / 250, 0, 0.999)) / 3
    edges[0] = 5 / 4 + 1e-9
    simplest = [_simplest(low, high, PARTS) for high, low in pairwise(edges)]
    ticks, middle = (
        np.maximum(1, np.rint(4 * division * each)) for each in (np.array(simplest), (edges[1:] + edges[:-1]) / 2)
    )
    of_level = red_of(ticks / (4 * division)) == np.arange(SATURATED, 256)  # in whole ticks it may be of the next one
    ticks = np.where(of_level, ticks, middle).astype(np.int64)
    return np.append(np.repeat(ticks[0], SATURATED), ticks)


@lru_cache(maxsize=1)
def tempos_of_alpha() -> np.ndarray:
    """(256,) the tempo of the roundest number of beats a minute, in microseconds a quarter, of each alpha."""
    edges = np.clip((255.5 - np.arange(257)) / 255 * SLOWEST, 1, SLOWEST)
    beats = [_simplest(6e7 / high, 6e7 / low, BEATS) for high, low in pairwise(edges)]
    return np.minimum(np.rint(6e7 / np.array(beats)), SLOWEST).astype(np.int64)


def _simplest(low: float, high: float, parts: tuple[float, ...]) -> float:
    """The first multiple of 1 / part, of the first of `parts` that has one, within (low, high); their middle if none has."""
    for part in parts:
        multiple = np.floor(low * part) + 1
        if multiple < high * part:
            return multiple / part
    return (low + high) / 2


def _next_of_row(row: np.ndarray, first: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Of each note, the value of the next note in its row; the largest integer where there is none."""
    order = np.lexsort((first, row))
    following = np.full(len(row), np.iinfo(np.int64).max)
    same = row[order[1:]] == row[order[:-1]]
    following[order[:-1][same]] = values[order[1:][same]]
    return following


def _tempo_at(piece: Piece, ticks: np.ndarray) -> np.ndarray:
    """Microseconds a quarter in force at each tick."""
    return np.append(USUAL_TEMPO, piece.tempos["microseconds"])[np.searchsorted(piece.tempos["tick"], ticks, side="right")]
