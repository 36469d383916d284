"""Notes on a grid without loss: what the columns leave over is kept as ticks, and what collides goes to further layers.

A layer belongs to one voice (track, program, drum) and holds no two notes of one row in one column. A voice has one layer,
and more where notes of equal pitch overlap on the grid: a note goes to the first layer in which its row is free. A sheet
says which pictures the layers need, and in which order they come.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from midi.codecs.grid import MAX_COLUMNS
from training.errors import InputError
from training.machine_code import compiled

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


@dataclass(frozen=True, eq=False)
class Sheet:
    """The pictures of a piece, ordered by window, then by layer.

    windows, layers: (count,) of each picture. marked: the pictures that have a header, those with notes and added ones.
    begins: (notes,) where each note's first picture stands in `places`; the next windows of its layer follow there.
    places: (count,) of pictures.
    """

    windows: np.ndarray
    layers: np.ndarray
    marked: np.ndarray
    begins: np.ndarray
    places: np.ndarray


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


def sheet_of(layered: Layered, columns: int, parts: int, keep_empty: bool, most: int) -> Sheet:
    """The pictures for notes in layers; pictures without notes are added until `parts` have a header.

    InputError: more than `most` pictures.
    """
    first, last = layered.first // columns, (layered.last - 1) // columns
    windows, layers = int(last.max()) + 1, len(layered.voices)
    # A picture's key is its layer and window as one number, so that the windows of a layer follow one another.
    stride = max(windows, parts)
    needed, before = _ranges(layered.layer * stride + first, layered.layer * stride + last)
    noted = int(needed.sum())
    added = max(0, parts - noted)
    count = (windows * layers if keep_empty else noted) + added
    if count > most:
        raise InputError(
            f"{count:,} pictures are needed, for {layers:,} layers of {windows:,} windows; at most {most:,} of this size "
            "are made: too fine a grid, or a damaged file?"
        )
    marked = np.repeat(before - (np.cumsum(needed) - needed), needed) + np.arange(noted)
    extra = layers * stride + np.arange(added)
    grid = np.add.outer(np.arange(layers) * stride, np.arange(windows)).ravel() if keep_empty else marked
    keys, marked = np.append(grid, extra), np.append(marked, extra)
    layer, window = np.divmod(keys, stride)
    order = np.lexsort((layer, window))
    places = np.empty(count, np.int64)
    places[order] = np.arange(count)
    begins = np.searchsorted(keys, layered.layer * stride + first)
    return Sheet(window[order], layer[order], places[np.searchsorted(keys, marked)], begins, places)


def _voices(notes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(the voices that occur, by track; the voice of each note)."""
    key = (notes["track"].astype(np.int64) << 9) | (notes["program"].astype(np.int64) << 1) | notes["drum"]
    keys, voice = np.unique(key, return_inverse=True)
    voices = np.empty(len(keys), VOICE)
    voices["track"], voices["program"], voices["drum"] = keys >> 9, (keys >> 1) & 255, keys & 1
    return voices, voice


@compiled
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


def _ranges(first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The union of ranges [first, last]: (how many new keys each adds, the first of them), ascending."""
    order = np.argsort(first, kind="stable")
    reached = np.maximum.accumulate(last[order])
    begin = np.maximum(first[order], np.append(-1, reached[:-1]) + 1)
    return np.maximum(reached - begin + 1, 0), begin
