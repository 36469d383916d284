"""The notes of a piece on a grid of rows and columns, and columns back into ticks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from midi.notes import Piece
from training.cli import InputError

LONGEST = 1 << 19
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
        _fill(plane, self.row, self.first, self.last, np.broadcast_to(np.asarray(values, plane.dtype), len(self.row)))


def place(
    piece: Piece, low: int, high: int, resolution: float, unit: str = "quarter", rounding: str = "round", top: str = "high"
) -> tuple[Bars, dict[str, float]]:
    """The notes of a piece as bars, and what that lost (`midi.codecs.losses`).

    Of notes that begin in one cell the longest stays (the others are "merged"); a note that still sounds when its row
    begins another ends there ("shortened"). Every note covers a column at least ("lengthened").
    InputError: the last column is beyond LONGEST.
    """
    notes = piece.notes
    first, moved, shift = _columns(piece, notes["start"], resolution, unit, rounding)
    last, resized, _ = _columns(piece, notes["end"], resolution, unit, rounding)
    if len(last) and last.max() > LONGEST:
        raise InputError(
            f"the last note ends in column {last.max():,}; at most {LONGEST:,} columns are made: "
            "a damaged delta time, or too fine a grid?"
        )
    row, first, last, touching, source, counts = _place(notes["pitch"], first, last, moved, resized, low, high, top == "high")
    losses = {"notes": len(notes), "kept": len(row), **dict(zip(_COUNTED, counts.tolist(), strict=True))}
    return Bars(row, first, last, touching, source), losses | {"largest_shift": shift}


def division_of(resolution: float, unit: str) -> int:
    """Ticks in a quarter note such that every column of a grid in quarters begins on a tick."""
    return DIVISION if unit == "second" else int(resolution) * max(1, round(DIVISION / resolution))


def ticks_of(columns: np.ndarray, resolution: float, unit: str, tempo: int) -> np.ndarray:
    """The ticks at which columns begin, in a piece of `division_of` and one tempo (microseconds a quarter)."""
    if unit == "quarter":
        return columns * (division_of(resolution, unit) // int(resolution))
    return np.rint(columns * (1e6 * DIVISION / (resolution * tempo))).astype(np.int64)


def feature_losses(piece: Piece, velocity: int | None, tempo: int | None) -> dict[str, int]:
    """What pictures of one velocity, program 0 and one tempo lose; None: the codec keeps velocities, or tempos."""
    notes = piece.notes
    lost = {"programs": np.count_nonzero((notes["program"] != 0) | notes["drum"]), "signatures": len(piece.signatures)}
    if velocity is not None:
        lost["velocities"] = np.count_nonzero(notes["velocity"] != velocity)
    if tempo is not None:
        lost["tempos"] = max(0, len(piece.tempos) - 1)
    return lost


def _columns(
    piece: Piece, ticks: np.ndarray, resolution: float, unit: str, rounding: str
) -> tuple[np.ndarray, np.ndarray, float]:
    """(columns, is it off the grid, largest shift in quarters), of absolute times, so that errors do not add up."""
    if unit == "quarter":
        per, division = int(resolution), piece.division
        columns = (2 * per * ticks + division) // (2 * division) if rounding == "round" else per * ticks // division
        shift = np.abs(columns * division - per * ticks)
        return columns, shift > 0, float(shift.max(initial=0)) / (per * division)
    exact = piece.seconds(ticks) * resolution
    columns = np.floor(exact + (0.5 if rounding == "round" else 1e-9)).astype(np.int64)
    shift = np.abs(columns - exact)
    quarter = (piece.tempo_at(0) / 1e6) or math.inf
    return columns, shift > 1e-6, float(shift.max(initial=0)) / resolution / quarter


_COUNTED = ("out_of_range", "merged", "shortened", "lengthened", "moved", "resized")


@njit(cache=True, nogil=True)
def _place(
    pitch: np.ndarray, first: np.ndarray, last: np.ndarray, moved: np.ndarray, resized: np.ndarray,
    low: int, high: int, high_on_top: bool,
) -> tuple[np.ndarray, ...]:  # fmt: skip
    """The bars of notes in order of time, and how many of _COUNTED there are."""
    most = len(pitch)
    rows, firsts, lasts, sources = np.empty((4, most), np.int64)
    touching = np.zeros(most, np.bool_)
    sounding = np.full(128, -1)  # the bar that a pitch had last
    counts = np.zeros(6, np.int64)
    made = 0
    for note in range(most):
        key = pitch[note]
        if not low <= key <= high:
            counts[0] += 1
            continue
        begin, end = first[note], max(last[note], first[note] + 1)
        counts[3] += last[note] <= first[note]
        counts[4] += moved[note]
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
    return rows[:made], firsts[:made], lasts[:made], touching[:made], sources[:made], counts


@njit(cache=True, nogil=True)
def _fill(plane: np.ndarray, row: np.ndarray, first: np.ndarray, last: np.ndarray, values: np.ndarray) -> None:
    for bar in range(len(row)):
        plane[row[bar], first[bar] : last[bar]] = values[bar]
