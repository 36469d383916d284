"""Cells of `lossless` pictures, eight bytes each, written and read; what they mean is said in `midi.codecs.lossless`."""

from __future__ import annotations

import numpy as np

from training.machine_code import compiled

_SOUNDING = np.array([128, 128, 0, 0, 0, 0, 0, 0], np.uint8).view(np.uint64)[0]
"""A cell sounds where channel 0 or 1 is above 127: eight bytes are tested at once."""


@compiled
def paint(
    images: np.ndarray, places: np.ndarray, begins: np.ndarray, rows: np.ndarray, first: np.ndarray, last: np.ndarray,
    velocity: np.ndarray, start_rest: np.ndarray, end_rest: np.ndarray,
) -> None:  # fmt: skip
    """Paint notes into black pictures (count, rows, columns, 8).

    rows, first, last, velocity: (notes,) row, columns [first, last) and velocity; start_rest, end_rest: uint16 ticks.
    places[begins[note]] is the picture in which a note begins; those of the next windows follow there.
    """
    columns = images.shape[2]
    for note in range(len(rows)):
        window = first[note] // columns
        for column in range(first[note], last[note]):
            cell = images[places[begins[note] + column // columns - window], rows[note], column % columns]
            cell[1], cell[2] = 255, velocity[note]
        cell = images[places[begins[note]], rows[note], first[note] % columns]
        cell[0] = 255
        cell[3], cell[4] = start_rest[note] >> 8, start_rest[note] & 255
        cell[5], cell[6] = end_rest[note] >> 8, end_rest[note] & 255


def runs_of(images: np.ndarray, windows: np.ndarray, layers: np.ndarray) -> tuple[np.ndarray, ...]:
    """(picture, row, first, last) of every note in pictures (count, rows, columns, 8), contiguous, of any values.

    picture is the one in which the note begins; columns [first, last) count from window 0. A note goes on in the next
    window of its layer. One that sounds without an onset begins where it sounds.
    """
    begun = _begun(images, images.view(np.uint64)[..., 0])
    order = np.flatnonzero(begun)
    order = order[np.lexsort((windows[order], layers[order]))]
    window, layer = windows[order], layers[order]
    follows = np.zeros(len(order), np.bool_)
    follows[1:] = (layer[1:] == layer[:-1]) & (window[1:] == window[:-1] + 1)
    return _scan(images, images.view(np.uint64)[..., 0], order, window * images.shape[2], follows, begun.sum())


@compiled
def _sounds(row: np.ndarray) -> bool:
    """Does any cell (columns,) of uint64 sound?"""
    together = np.uint64(0)
    for column in range(len(row)):
        together |= row[column]
    return together & _SOUNDING != 0


@compiled
def _begun(images: np.ndarray, words: np.ndarray) -> np.ndarray:
    """(count,) how many notes begin in each picture, if none goes on from the one before."""
    count, rows, columns = words.shape
    begun = np.zeros(count, np.int64)
    for picture in range(count):
        for row in range(rows):
            if not _sounds(words[picture, row]):
                continue
            sounding = False
            for column in range(columns):
                before, sounding = sounding, words[picture, row, column] & _SOUNDING != 0
                begun[picture] += sounding and (not before or images[picture, row, column, 0] > 127)
    return begun


@compiled
def _scan(
    images: np.ndarray, words: np.ndarray, order: np.ndarray, origin: np.ndarray, follows: np.ndarray, most: int
) -> tuple[np.ndarray, ...]:
    """The notes of the pictures `order`, of which the first columns are `origin`; at most `most`."""
    _, rows, columns = words.shape
    pictures, rows_of, first, last = np.empty((4, most), np.int64)
    running = np.full(rows, -1)
    made = 0
    for turn, picture in enumerate(order):
        for row in range(rows):
            note = running[row] if follows[turn] else -1
            running[row] = -1
            if not _sounds(words[picture, row]):
                continue
            for column in range(columns):
                if words[picture, row, column] & _SOUNDING == 0:
                    note = -1
                    continue
                if note < 0 or images[picture, row, column, 0] > 127:
                    note = made
                    made += 1
                    pictures[note], rows_of[note], first[note] = picture, row, origin[turn] + column
                last[note] = origin[turn] + column + 1
            running[row] = note
    return pictures[:made], rows_of[:made], first[:made], last[:made]
