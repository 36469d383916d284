"""A finished corpus, read by memory map.

A corpus directory holds `manifest.json` (what the items are, totals, fingerprint), `items.csv` (one row per source: its
items, or the reason why it was left out) and `shard-00000.npy ...`. `training.build` writes it.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np

from training.cli import InputError
from training.files import read_json

FORMAT = 1
"""Version of the corpus format; readers refuse any other."""


class Corpus:
    """A finished corpus, opened for reading. `corpus[indices]` gathers items from the memory-mapped shards.

    rows: the sources that have items, as dicts of `items.csv`; left_out: those that have none.
    source_of: (len(self),) index into `rows` of every item. InputError if `directory` is no corpus or its format is newer.
    """

    def __init__(self, directory: str | os.PathLike) -> None:
        self.directory = Path(directory)
        if not (self.directory / "manifest.json").exists():
            half = (self.directory / "plan.json").exists()
            raise InputError(
                f"{self.directory} is not a corpus" + ": its build was interrupted; the same command again "
                "continues it" * half
            )
        self.manifest = read_json(self.directory / "manifest.json")
        if self.manifest.get("format") != FORMAT:
            raise InputError(f"{self.directory}: corpus format {self.manifest.get('format')}, this version reads {FORMAT}")
        table = read_table(self.directory / "items.csv")
        self.rows = [row for row in table if int(row["items"])]
        self.left_out = [row for row in table if not int(row["items"])]
        counts = np.array([int(row["items"]) for row in self.rows], int)
        self.source_of = np.repeat(np.arange(len(counts)), counts)
        self._shard_of = np.array([int(row["shard"]) for row in self.rows], int)[self.source_of]
        begins = np.array([int(row["first"]) for row in self.rows], int) - np.cumsum(counts) + counts
        self._place_of = begins[self.source_of] + np.arange(len(self.source_of))
        self._open: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self.source_of)

    def __getitem__(self, indices: np.ndarray) -> np.ndarray:
        """Items by global index, (len(indices), *shape), in the order asked for."""
        indices = np.atleast_1d(np.asarray(indices))
        out = np.empty((len(indices), *self.manifest["shape"]), self.manifest["dtype"])
        for place, (shard, row) in enumerate(zip(self._shard_of[indices], self._place_of[indices], strict=True)):
            out[place] = self._shard(int(shard))[row]
        return out

    def _shard(self, number: int) -> np.ndarray:
        if number not in self._open:
            try:
                self._open[number] = np.load(shard_path(self.directory, number), mmap_mode="r")
            except (OSError, ValueError) as error:
                path = shard_path(self.directory, number)
                raise InputError(f"{path} is damaged ({error}); build the corpus again") from None
        return self._open[number]

    @property
    def labels(self) -> tuple[str, ...]:
        """The label names, sorted."""
        return tuple(sorted({row["label"] for row in self.rows}))


def read_table(path: Path) -> list[dict[str, str]]:
    """The rows of an `items.csv`."""
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        return list(csv.DictReader(file))


def shard_path(directory: Path, number: int) -> Path:
    """Where shard `number` of a corpus lies."""
    return directory / f"shard-{number:05d}.npy"
