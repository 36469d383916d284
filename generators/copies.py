"""Are samples copies of training pictures? The nearest one by Jaccard distance, whatever it is transposed by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from midi.codecs.codec import SILENT, Codec

BLOCK = 2_048
"""Training pictures compared at a time."""
COPY = 0.1
"""A picture nearer than this to a training picture is called a copy of it."""


@dataclass(frozen=True, eq=False)
class Nearest:
    """The nearest of some pictures to each of others."""

    distance: np.ndarray
    """(count,) 1 - cells on in both / cells on in either; 0 for equal pictures."""
    index: np.ndarray
    """(count,) which picture it is."""

    @property
    def copies(self) -> float:
        """Share of pictures that are copies."""
        return float((self.distance < COPY).mean())


def nearest(images: np.ndarray, among: np.ndarray, codec: Codec) -> Nearest:
    """The nearest picture of `among` to each of `images`, both uint8 (count, h, w, c).

    A transposed copy is found by three alignments: as they are, by the lowest row in use and by the highest one; so one
    that differs in its lowest and in its highest note at once, and in pitch, is missed.
    """
    distance, index = np.full(len(images), np.inf), np.zeros(len(images), int)
    mine = _aligned(images, codec)
    for place in range(0, len(among), BLOCK):
        for ours, theirs in zip(mine, _aligned(among[place : place + BLOCK], codec), strict=True):
            found = _distances(ours, theirs)
            best = found.argmin(axis=1)
            closer = found[np.arange(len(found)), best] < distance
            distance[closer] = found[np.arange(len(found)), best][closer]
            index[closer] = place + best[closer]
    return Nearest(distance, index)


def _distances(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """(n, m) Jaccard distances of flat 0/1 pictures; two empty ones are equal."""
    both = ours @ theirs.T
    either = ours.sum(axis=1)[:, None] + theirs.sum(axis=1) - both
    return np.where(either > 0, 1 - both / np.maximum(either, 1), 0.0)


def _aligned(images: np.ndarray, codec: Codec) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Flat float32 0/1 cells as they are, moved so that the first row in use is row 0, and the last one the last."""
    on = codec.classes(images) != SILENT
    rows = on.any(axis=2)
    first, last = rows.argmax(axis=1), rows[:, ::-1].argmax(axis=1)
    moved = [np.stack([np.roll(cells, shift, axis=0) for cells, shift in zip(on, by, strict=True)]) for by in (-first, last)]
    return tuple(cells.reshape(len(images), -1).astype(np.float32) for cells in (on, *moved))
