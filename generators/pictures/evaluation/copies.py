"""Are samples copies of training pictures? The nearest one by Jaccard distance, whatever it is transposed by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from midi.codecs.codec import REST, Codec
from training.files import save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLOCK = 1_024
"""Pictures that are multiplied at a time."""
COPY_DISTANCE = 0.1
"""A picture nearer than this to a training picture is called a copy of it."""
DRAWN_PAIRS = 8
"""Pairs drawn of each."""


@dataclass(frozen=True, eq=False)
class Nearest:
    """The nearest of some pictures to each of others."""

    distance: np.ndarray
    """(count,) 1 - cells on in both / cells on in either; 0 for equal pictures, 1 where none has a cell in common."""
    index: np.ndarray
    """(count,) which picture it is."""

    @property
    def copies(self) -> float:
        """Fraction of pictures that are copies."""
        return float((self.distance < COPY_DISTANCE).mean())

    def closest(self, most: int) -> np.ndarray:
        """The pictures that have the nearest ones, up to `most`, nearest first."""
        return np.argsort(self.distance, kind="stable")[:most]

    def record(self) -> dict[str, Any]:
        """Fractions of copies and of exact ones, smallest, 5 % and median distance."""
        least, few, half = np.percentile(self.distance, (0, 5, 50)).tolist()
        exact = float((self.distance == 0).mean())
        return {"copies": self.copies, "exact": exact, "smallest": least, "percentile_5": few, "median": half}


def nearest(images: np.ndarray, among: Iterable[np.ndarray], codec: Codec) -> Nearest:
    """The nearest picture of `among` to each of `images` uint8 (count, h, w, c).

    among: blocks of such pictures, one of which is in memory at a time; the index counts through all of them.
    A transposed copy is found by three alignments: as they are, by the lowest row in use and by the highest one; so one
    that differs in its lowest and in its highest note at once, and in pitch, is missed.
    """
    distance, index = np.full(len(images), np.inf), np.zeros(len(images), int)
    place, mine = 0, _aligned(images, codec)
    ours = [_Flat.of(cells, cells.any(axis=(0, 2))) for cells in mine]
    for block in among:
        for own, cells in zip(ours, _aligned(block, codec), strict=True):
            found = own.distances(_Flat.of(cells, own.rows))
            best = found.argmin(axis=1)
            closer = found[np.arange(len(found)), best] < distance
            distance[closer] = found[np.arange(len(found)), best][closer]
            index[closer] = place + best[closer]
        place += len(block)
    return Nearest(distance, index)


@dataclass(frozen=True, eq=False)
class _Flat:
    """Pictures as rows of a matrix, of the pictures' rows that matter."""

    rows: np.ndarray
    """(height,) bool: which rows of the pictures are in `cells`; where one side has no cell, both have none in common."""
    cells: np.ndarray
    """(count, rows * columns) bool."""
    size: np.ndarray
    """(count,) cells that are on, in all rows."""

    @classmethod
    def of(cls, on: np.ndarray, rows: np.ndarray) -> _Flat:
        """on: (count, height, columns) bool."""
        return cls(rows, on[:, rows].reshape(len(on), -1), np.count_nonzero(on, axis=(1, 2)).astype(np.float32))

    def distances(self, other: _Flat) -> np.ndarray:
        """(n, m) Jaccard distances; two empty pictures are equal."""
        theirs = other.cells.astype(np.float32).T
        parts = [self.cells[place : place + BLOCK] for place in range(0, len(self.cells), BLOCK)]
        both = np.concatenate([part.astype(np.float32) @ theirs for part in parts])
        either = self.size[:, None] + other.size - both
        return np.where(either > 0, 1 - both / np.maximum(either, 1), np.float32(0))


def _aligned(images: np.ndarray, codec: Codec) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The cells that are on (count, h, w): as they are, moved to the first row, moved to the last one."""
    on = codec.classes(images) != REST
    rows = on.any(axis=2)
    return on, _moved(on, rows.argmax(axis=1)), _moved(on, -rows[:, ::-1].argmax(axis=1))


def _moved(on: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Each picture moved up by its number of rows, around the edge."""
    height = on.shape[1]
    return np.take_along_axis(on, ((np.arange(height) + up[:, None]) % height)[:, :, None], axis=1)


def draw_closest_pairs(
    path: Path, sides: dict[str, tuple[np.ndarray, Nearest]], training: dict[int, np.ndarray], codec: Codec
) -> None:
    """Draw distances to the nearest training picture, and the pairs that are nearest.

    sides: name -> (pictures uint8 (count, h, w, c), their nearest); training: index -> picture (h, w, c), of all pairs.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 3 + 3.6 * len(sides)), layout="constrained")
    above, *below = figure.subfigures(1 + len(sides), 1, height_ratios=(3, *[3.6] * len(sides)))
    _draw_distances(above.subplots(), {name: found.distance for name, (_, found) in sides.items()})
    for part, (name, (images, found)) in zip(below, sides.items(), strict=True):
        part.suptitle(f"{name} (above) and their nearest training pictures (below), at their distance", fontsize="medium")
        places = part.subplots(2, DRAWN_PAIRS, squeeze=False)
        for axes in places.flat:
            axes.set(xticks=[], yticks=[])
        for column, chosen in zip(places.T, found.closest(DRAWN_PAIRS), strict=False):
            _draw_picture(column[0], images[chosen], codec)
            _draw_picture(column[1], training[int(found.index[chosen])], codec)
            column[0].set_title(f"{chosen}: {found.distance[chosen]:.3f}", fontsize="small")
    save_figure(figure, path, dpi=90)


def _draw_distances(axes: Axes, distances: dict[str, np.ndarray]) -> None:
    bins = np.linspace(0, 1, 51)
    for name, values in distances.items():
        axes.hist(values, bins, weights=np.full(len(values), 100 / len(values)), histtype="step", label=name)
    axes.axvline(COPY_DISTANCE, color="0.6", linewidth=0.8, label="copies are left of this")
    axes.set(xlabel="Jaccard distance to the nearest training picture", ylabel="pictures in %", xlim=(0, 1))
    axes.legend(loc="upper right")  # looking for the best place may take seconds


def _draw_picture(axes: Axes, image: np.ndarray, codec: Codec) -> None:
    axes.imshow(codec.classes(image[None])[0] != REST, cmap="gray", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
