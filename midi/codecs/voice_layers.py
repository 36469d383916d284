"""Notes on a grid without loss: what the columns leave over is kept as ticks, and what collides goes to further layers.

A layer belongs to one voice (track, program, drum) and holds no two notes of one row in one column. A voice has one layer,
and more where notes of equal pitch overlap on the grid: a note goes to the first layer in which its row is free.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from midi.codecs.grid import MAX_COLUMNS
from training.cli import InputError

VOICE = np.dtype([("program", np.uint8), ("drum", np.bool_), ("track", np.int16)])
"""What the notes of one layer have in common."""


@dataclass(frozen=True, eq=False)
class Layered:
    """Notes in layers.

    first, last: (count,) the columns [first, last) that the note covers, one at least.
    start_rest, end_rest: (count,) ticks from the beginning of the columns `first` and `last` to the note's start and end.
    layer: (count,) of each note. voices: (layers,) of VOICE, to whom each layer belongs.
    """

    first: np.ndarray
    last: np.ndarray
    start_rest: np.ndarray
    end_rest: np.ndarray
    layer: np.ndarray
    voices: np.ndarray


def column_of(ticks: np.ndarray, division: int, resolution: int) -> np.ndarray:
    """The columns nearest to ticks, in whole numbers throughout."""
    return (2 * resolution * ticks + division) // (2 * division)


def tick_of(columns: np.ndarray, division: int, resolution: int) -> np.ndarray:
    """The ticks nearest to the beginnings of columns."""
    return (2 * division * columns + resolution) // (2 * resolution)


def in_layers(notes: np.ndarray, division: int, resolution: int, most: int) -> Layered:
    """The notes (count,) of NOTE, ordered as in `Piece`, in layers.

    InputError: a voice needs more than `most` layers, the last column is beyond MAX_COLUMNS.
    """
    first = column_of(notes["start"], division, resolution)
    last = np.maximum(column_of(notes["end"], division, resolution), first + 1)
    if last.max(initial=0) > MAX_COLUMNS:
        raise InputError(
            f"the last note ends in column {last.max():,}; at most {MAX_COLUMNS:,} columns are made: "
            "a damaged delta time, or too fine a grid?"
        )
    voices, voice = _voices(notes)
    row = voice * 128 + notes["pitch"]
    order = np.argsort(row, kind="stable")
    deep = np.empty(len(notes), np.int64)
    if not _stack(row[order], first[order], last[order], order, deep, most):
        raise InputError(f"more than {most:,} notes of one voice and pitch sound at once: a damaged file?")
    layers = np.zeros(len(voices), np.int64)
    np.maximum.at(layers, voice, deep + 1)
    return Layered(
        first,
        last,
        notes["start"] - tick_of(first, division, resolution),
        notes["end"] - tick_of(last, division, resolution),
        deep + (np.cumsum(layers) - layers)[voice],
        np.repeat(voices, layers),
    )


def _voices(notes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(the voices that occur, by track; the voice of each note)."""
    key = (notes["track"].astype(np.int64) << 9) | (notes["program"].astype(np.int64) << 1) | notes["drum"]
    keys, voice = np.unique(key, return_inverse=True)
    voices = np.empty(len(keys), VOICE)
    voices["track"], voices["program"], voices["drum"] = keys >> 9, (keys >> 1) & 255, keys & 1
    return voices, voice


@njit(cache=True, nogil=True)
def _stack(row: np.ndarray, first: np.ndarray, last: np.ndarray, source: np.ndarray, deep: np.ndarray, most: int) -> bool:
    """Write how deep in its voice each note lies; notes come by row, then in order of time. False: deeper than `most`."""
    free = np.empty(min(most, len(row)), np.int64)  # from which column on each layer is free in this row
    used = 0
    for note in range(len(row)):
        if note == 0 or row[note] != row[note - 1]:
            used = 0
        layer = 0
        while layer < used and free[layer] > first[note]:
            layer += 1
        if layer == used:
            if used == most:
                return False
            used += 1
        free[layer] = last[note]
        deep[source[note]] = layer
    return True
