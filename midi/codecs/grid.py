"""The notes of a piece on a grid of rows and columns, and columns back into ticks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from midi.codecs.codec import ONSET, REST, SUSTAIN
from midi.notes import Piece
from midi.tempo import Tempo, TempoMap
from training.errors import InputError
from training.machine_code import compiled

MAX_COLUMNS = 1 << 19
"""Columns of a piece at most: six hours at twelve columns a quarter and 120 beats a minute."""
DIVISION = 480
"""Ticks in a quarter note of decoded pieces, or the nearest multiple of the grid's columns."""


@dataclass(frozen=True, eq=False)
class Bars:
    """Notes on a grid, no two of one row at once.

    row, first, last: (count,) row, and the columns [first, last) that the note covers; of each row in order of time.
    touching: (count,) whether the next note of the row begins where this one ends.
    source: (count,) index of the note in the piece's table.
    """

    row: np.ndarray
    first: np.ndarray
    last: np.ndarray
    touching: np.ndarray
    source: np.ndarray

    def fill(self, plane: np.ndarray, values: np.ndarray | int) -> None:
        """Write `values`, one for each note or one for all, into the cells of plane (rows, columns) that notes cover."""
        fill(plane, self.row, self.first, self.last, values)


def place(
    piece: Piece, low: int, high: int, resolution: float, unit: str = "quarter", rounding: str = "round", top: str = "high"
) -> tuple[Bars, dict[str, float]]:
    """The notes of a piece as bars, and what that lost (`midi.codecs.losses`).

    rounding: "round" to the nearest column; "floor"; "snap" to the nearest multiple of 1/4 or 1/3 of a quarter, then
    down (the score library of roll64's paper does so; on grids in quarters alone).
    Of notes that begin in one cell the longest stays (the others are "merged"); a note that still sounds when its row
    begins another ends there ("shortened"). Every note covers a column at least ("lengthened").
    InputError: the last column is beyond MAX_COLUMNS.
    """
    notes = piece.notes
    first, moved, shifts = _columns(piece, notes["start"], resolution, unit, rounding)
    last, resized, _ = _columns(piece, notes["end"], resolution, unit, rounding)
    if len(last) and last.max() > MAX_COLUMNS:
        raise InputError(
            f"the last note ends in column {last.max():,}; at most {MAX_COLUMNS:,} columns are made: "
            "a damaged delta time, or too fine a grid?"
        )
    times = (first, last, moved, resized, shifts)
    row, first, last, touching, source, counts, shift = _place(notes["pitch"], *times, low, high, top == "high")
    losses = {"notes": len(notes), "kept": len(row), **dict(zip(_COUNTED, counts.tolist(), strict=True))}
    return Bars(row, first, last, touching, source), losses | {"largest_shift": float(shift)}


def division_of(resolution: float, unit: str) -> int:
    """Ticks in a quarter note such that every column of a grid in quarters begins on a tick."""
    return DIVISION if unit == "second" else int(resolution) * max(1, round(DIVISION / resolution))


def ticks_of(columns: np.ndarray, resolution: float, unit: str, tempo: Tempo, rounding: str = "round") -> np.ndarray:
    """The ticks at which columns begin, in a piece of `division_of` and one tempo (microseconds a quarter) or a map.

    In seconds: the nearest tick, or with another rounding than "round" the next, so that rounding finds the column again.
    InputError: columns in seconds are finer than ticks.
    """
    if unit == "quarter":
        return columns * (division_of(resolution, unit) // int(resolution))
    tempos = TempoMap.of(tempo).in_division(DIVISION)
    slowest = int(tempos.effective().changes["microseconds"].max())
    if resolution * slowest > 1e6 * DIVISION:
        raise InputError(
            f"at {slowest} microseconds a quarter a tick is {slowest / DIVISION / 1000:.3g} ms, longer than a column of "
            f"{1000 / resolution:.3g} ms: too slow a tempo, or too fine a grid"
        )
    exact = tempos.ticks(columns / resolution)
    return (np.rint(exact) if rounding == "round" else np.ceil(exact - 1e-6)).astype(np.int64)


def feature_losses(piece: Piece, velocity: int | None, tempo: int | None) -> dict[str, int]:
    """What pictures of one velocity, program 0 and one tempo lose; None: the codec keeps velocities, or tempos."""
    notes = piece.notes
    lost = {"programs": np.count_nonzero((notes["program"] != 0) | notes["drum"]), "signatures": len(piece.signatures)}
    if velocity is not None:
        lost["velocities"] = np.count_nonzero(notes["velocity"] != velocity)
    if tempo is not None:
        lost["tempos"] = len(piece.tempo_map.effective().changes) - 1
    return lost


def _columns(
    piece: Piece, ticks: np.ndarray, resolution: float, unit: str, rounding: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(columns, is it off the grid, by how many quarters) of absolute times, so that errors do not add up."""
    if unit == "quarter":
        per, division = int(resolution), piece.division
        if rounding == "round":
            return _rounded(ticks, per, division)
        columns = _snapped(ticks, division, per) if rounding == "snap" else per * ticks // division
        shift = np.abs(columns * division - per * ticks)
        return columns, shift > 0, shift / (per * division)
    exact = piece.seconds(ticks) * resolution
    columns = np.floor(exact + (0.5 if rounding == "round" else 1e-9)).astype(np.int64)
    return columns, np.abs(columns - exact) > 1e-6, _shift(piece, ticks, columns / resolution)


@compiled
def _rounded(ticks: np.ndarray, per: int, division: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same of the nearest columns in quarters."""
    columns, off, shift = np.empty(len(ticks), np.int64), np.empty(len(ticks), np.bool_), np.empty(len(ticks))
    for place in range(len(ticks)):
        columns[place] = (2 * per * ticks[place] + division) // (2 * division)
        error = abs(columns[place] * division - per * ticks[place])
        off[place], shift[place] = error > 0, error / (per * division)
    return columns, off, shift


def _snapped(ticks: np.ndarray, division: int, per: int) -> np.ndarray:
    """Columns of the nearest multiples of 1/4 or 1/3 of a quarter; where two are as near the lower, and 1/4."""
    fourths, thirds = ((2 * parts * ticks + division - 1) // (2 * division) for parts in (4, 3))
    by_fourths = 3 * np.abs(4 * ticks - fourths * division) <= 4 * np.abs(3 * ticks - thirds * division)
    return np.where(by_fourths, per * fourths // 4, per * thirds // 3)


def _shift(piece: Piece, ticks: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """How far `seconds` are from `ticks`, in quarters; 0 in a stretch of tempo 0, which takes no time."""
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = np.abs(piece.ticks(seconds) - ticks) / piece.division
    return np.where(np.isfinite(shift), shift, 0)


def fill(plane: np.ndarray, row: np.ndarray, first: np.ndarray, last: np.ndarray, values: np.ndarray | int) -> None:
    """Write `values`, one for each run or one for all, into the cells [first, last) of the rows of plane (rows, columns)."""
    _fill(plane, row, first, last, np.broadcast_to(np.asarray(values, plane.dtype), len(row)))


_COUNTED = ("out_of_range", "merged", "shortened", "lengthened", "moved", "resized")


@compiled
def _place(
    pitch: np.ndarray, first: np.ndarray, last: np.ndarray, moved: np.ndarray, resized: np.ndarray, shift: np.ndarray,
    low: int, high: int, high_on_top: bool,
) -> tuple[np.ndarray, ...]:  # fmt: skip
    """The bars of notes in order of time, how many of _COUNTED there are, and the largest shift."""
    most = len(pitch)
    rows, firsts, lasts, sources = np.empty((4, most), np.int64)
    touching = np.zeros(most, np.bool_)
    sounding = np.full(128, -1)  # the bar that a pitch had last
    counts = np.zeros(6, np.int64)
    made, largest = 0, 0.0
    for note in range(most):
        key = pitch[note]
        if not low <= key <= high:
            counts[0] += 1
            continue
        begin, end = first[note], max(last[note], first[note] + 1)
        counts[3] += last[note] <= first[note]
        counts[4] += moved[note]
        largest = max(largest, shift[note])
        counts[5] += resized[note] and last[note] > first[note]
        before = sounding[key]
        if before >= 0 and firsts[before] == begin:
            counts[1] += 1
            if end > lasts[before]:
                lasts[before], sources[before] = end, note
            continue
        if before >= 0 and lasts[before] >= begin:
            counts[2] += lasts[before] > begin
            lasts[before] = begin
            touching[before] = True
        rows[made] = high - key if high_on_top else key - low
        firsts[made], lasts[made], sources[made] = begin, end, note
        sounding[key] = made
        made += 1
    return rows[:made], firsts[:made], lasts[:made], touching[:made], sources[:made], counts, largest


@compiled
def _fill(plane: np.ndarray, row: np.ndarray, first: np.ndarray, last: np.ndarray, values: np.ndarray) -> None:
    for bar in range(len(row)):
        plane[row[bar], first[bar] : last[bar]] = values[bar]


def class_runs(values: np.ndarray, class_of: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(row, first, last) of the notes in cells (rows, columns) of uint8, by row; class_of: (256,) the class of each value.

    An onset always starts a note, a sustained cell without a running note too; a note at the right edge ends there.
    """
    row, first, last = _runs(values, class_of)
    return row, first, last


@compiled
def _runs(values: np.ndarray, class_of: np.ndarray) -> np.ndarray:
    runs = np.empty((3, 0), np.int64)
    for filling in (False, True):
        begun = ended = 0
        for row in range(values.shape[0]):
            before = REST
            for column in range(values.shape[1]):
                now = class_of[values[row, column]]
                if before != REST and now != SUSTAIN:
                    if filling:
                        runs[2, ended] = column
                    ended += 1
                if now == ONSET or (now == SUSTAIN and before == REST):
                    if filling:
                        runs[0, begun], runs[1, begun] = row, column
                    begun += 1
                before = now
            if before != REST:
                if filling:
                    runs[2, ended] = values.shape[1]
                ended += 1
        if not filling:
            runs = np.empty((3, begun), np.int64)
    return runs
