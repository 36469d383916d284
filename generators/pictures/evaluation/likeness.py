"""Are samples like held-out pictures? By all measures, beside what two halves of the data give (the floor)."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from generators.pictures.statistics import Cells, cells_of
from midi.codecs.codec import Codec
from midi.measures.comparison import Comparison, compare, split_half
from midi.measures.tables import MeasuredSet, Table, measure_pictures

MIN_PICTURES = 4
"""Pictures that a set needs to be divided into halves that vary."""


@dataclass(frozen=True, eq=False)
class PictureSet:
    """Some pictures and what there is to know of them."""

    images: np.ndarray
    """uint8 (count, h, w, c)."""
    cells: Cells
    measured: MeasuredSet
    labels: np.ndarray | None = None
    """(count,) label numbers of a conditional run's pictures."""

    @classmethod
    def of(cls, name: str, images: np.ndarray, codec: Codec, labels: np.ndarray | None = None) -> PictureSet:
        """Look at pictures and measure them, each as a piece."""
        return cls(images, cells_of(images, codec), MeasuredSet(name, measure_pictures(images, codec)), labels)

    def __len__(self) -> int:
        return len(self.images)

    def chosen(self, which: np.ndarray) -> Table:
        """The measures of some of the pictures."""
        return {name: values[which] for name, values in self.measured.table.items()}


@dataclass(frozen=True, eq=False)
class Likeness:
    """Data (seen as A) and samples (B) by all measures."""

    against: dict[str, Comparison]
    """Held-out pictures against samples."""
    floor: dict[str, Comparison]
    """One half of the held-out pictures against the other."""

    def overlap(self, side: Literal["a", "b"] = "a") -> tuple[float, float]:
        """(mean overlap of the samples, of the floor) over all measures that vary and that the data have.

        One that too few samples have to be compared (the note lengths of black pictures) counts as an overlap of 0.
        """
        names = [name for name, one in self.floor.items() if one.overlap is not None and not self.against[name].constant]
        if not names:
            return 1.0, 1.0
        found = [[getattr(each[name], side).overlap or 0.0 for name in names] for each in (self.against, self.floor)]
        return float(np.mean(found[0])), float(np.mean(found[1]))

    def record(self) -> dict[str, Any]:
        """The overlaps seen from the data (samples are as near to the data as these to one another), from the samples (they
        differ among themselves as the data do), and both as shares of the floor's."""
        found = {}
        for name, side in (("from_data", "a"), ("from_samples", "b")):
            samples, floor = self.overlap(side)
            found[name] = {"overlap": samples, "floor": floor, "share": samples / floor}
        return found


def likeness(data: Table, samples: Table, *, seed: int = 0, repeats: int = 100) -> Likeness:
    """Compare the measures of held-out pictures and of samples; repeats: of the bootstrap, for 95 % intervals.

    InputError: fewer than MIN_PICTURES held-out pictures.
    """
    settings = {"seed": seed, "repeats": repeats}
    return Likeness(
        _each(lambda name: compare({name: data[name]}, {name: samples[name]}, **settings), data),
        _each(lambda name: split_half({name: data[name]}, **settings), data),
    )


def _each(work: Callable[[str], dict[str, Comparison]], data: Table) -> dict[str, Comparison]:
    """One measure a thread: distances are counted without Python's lock, and by one core alone they take longest of all."""
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return {name: found for one in threads.map(work, data) for name, found in one.items()}
