"""Which pictures the layers of a piece need, and in which order they come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from midi.codecs.voice_layers import Layered
from training.cli import InputError


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


def _ranges(first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The union of ranges [first, last]: (how many new keys each adds, the first of them), ascending."""
    order = np.argsort(first, kind="stable")
    reached = np.maximum.accumulate(last[order])
    begin = np.maximum(first[order], np.append(-1, reached[:-1]) + 1)
    return np.maximum(reached - begin + 1, 0), begin
