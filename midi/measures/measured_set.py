"""A folder of MIDI files or a corpus of MIDI pictures, measured."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from midi.files.reading import SUFFIXES
from midi.measures.comparison import size
from midi.measures.tables import Table, measure_corpus, measure_files
from training.cli import InputError
from training.corpora.corpus import Corpus
from training.corpora.sources import find_sources


@dataclass(frozen=True, eq=False)
class MeasuredSet:
    """The measures of a set of pieces."""

    name: str
    """Where it lies."""
    table: Table
    told: tuple[str, ...] = ()
    """A line for every file that could not be read, or had to be read leniently."""

    def __len__(self) -> int:
        return size(self.table)

    def means(self, name: str) -> np.ndarray | float:
        """The mean of a measure over the pieces for which it is defined; NaN where there is none."""
        values = self.table[name]
        defined = values[self.defined(name)]
        return defined.mean(axis=0) if len(defined) else np.full(values.shape[1:], np.nan)[()]

    def defined(self, name: str) -> np.ndarray:
        """(pieces,) for which pieces a measure is defined."""
        return np.isfinite(self.table[name].reshape(len(self), -1)).all(axis=1)

    def record(self) -> dict[str, Any]:
        """Number of pieces and of every measure the mean, deviation and how often it was not defined, as JSON."""
        return {
            "name": self.name,
            "pieces": len(self),
            "told": self.told,
            "measures": {name: self._one(name) for name in self.table},
        }

    def _one(self, name: str) -> dict[str, Any]:
        defined = self.defined(name)
        known = self.table[name][defined]
        return {
            "mean": known.mean(axis=0).tolist() if len(known) else None,
            "deviation": known.std(axis=0).tolist() if len(known) else None,
            "undefined": int((~defined).sum()),
        }


def measure_set(
    path: str | os.PathLike,
    *,
    count: int | None = None,
    seed: int = 0,
    drums: bool = False,
    jobs: int = 1,
    progress: Callable[[Iterable, int], Iterable] | None = None,
) -> MeasuredSet:
    """Measure a folder of MIDI files (or a CSV of their paths), or a corpus, each of whose pictures is a piece.

    count: how many files or pictures are drawn at most. The others: as in `midi.measures.tables.measure_corpus`.
    InputError: no such folder, no MIDI file in it or none that can be read, a corpus of something else.
    """
    path = Path(path)
    if (path / "manifest.json").exists() or (path / "plan.json").exists():
        corpus = Corpus(path)
        table = measure_corpus(corpus, _drawn(len(corpus), count, seed), drums=drums, jobs=jobs, progress=progress)
        told: list[str] = []
    else:
        sources = find_sources(path, SUFFIXES)
        chosen = [sources[place] for place in _drawn(len(sources), count, seed)]
        table, told = measure_files(chosen, drums=drums, jobs=jobs, progress=progress)
    if not size(table):
        raise InputError(f"{path} holds nothing that can be measured" + (f": {told[0]}" if told else ""))
    return MeasuredSet(str(path), table, tuple(told))


def _drawn(total: int, count: int | None, seed: int) -> np.ndarray:
    if count is None or count >= total:
        return np.arange(total)
    if count < 1:
        raise InputError(f"--count must be 1 or more; received {count}")
    return np.sort(np.random.default_rng(seed).choice(total, count, replace=False))
