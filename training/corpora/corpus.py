"""A finished corpus, read by memory map.

A corpus directory holds `manifest.json` (what the items are, totals, fingerprint), `items.csv` (one row per source: its
items, or the reason why it was left out) and `shard-00000.npy ...`. `training.corpora.build` writes it.
"""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from training.errors import InputError
from training.files import read_json

FORMAT = 1
"""Version of the corpus format; readers refuse any other."""
_HEADER = 64
"""Bytes before the items of a shard, at least."""


class Encoder(Protocol):
    """Turns a file into items. Sent to worker processes, so it must be picklable and cheap to send."""

    kind: str
    shape: tuple[int, ...]
    dtype: str | list
    """Of an item's numbers: uint8, int16 or float32; or, where an item holds several arrays, the fields (name, dtype, shape)
    of a record, as `numpy.dtype` takes them; its `shape` is then ()."""

    def __call__(self, path: Path) -> Iterable[np.ndarray]:
        """Blocks of items (count, *shape) of `dtype`; InputError says why a file gives none.

        A generator may return a remark for the file's row in `items.csv`, such as what its items do not keep.
        """

    def facts(self) -> dict[str, Any]:
        """What a reader needs to know of the items (codec or setting), as JSON."""

    def serves(self, facts: dict[str, Any]) -> bool:
        """Are the items of a corpus with these facts like this encoder's, though it may have read other files otherwise?"""


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
        self.manifest = _manifest(self.directory / "manifest.json")
        table = read_table(self.directory / "items.csv")
        _check_places(self.directory, self.manifest, table)
        self.rows = [row for row in table if int(row["items"])]
        self.left_out = [row for row in table if not int(row["items"])]
        counts = np.array([int(row["items"]) for row in self.rows], int)
        self.source_of = np.repeat(np.arange(len(counts)), counts)
        self._dtype = item_dtype(self.manifest["dtype"])
        self._shard_of = np.array([int(row["shard"]) for row in self.rows], int)[self.source_of]
        begins = np.array([int(row["first"]) for row in self.rows], int) - np.cumsum(counts) + counts
        self._place_of = begins[self.source_of] + np.arange(len(self.source_of))
        self._open: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self.source_of)

    def __getitem__(self, indices: np.ndarray) -> np.ndarray:
        """Items by global index, (len(indices), *shape), in the order asked for; `items["name"]` is a field of records."""
        indices = np.atleast_1d(np.asarray(indices))
        out = np.empty((len(indices), *self.manifest["shape"]), self._dtype)
        for place, (shard, row) in enumerate(zip(self._shard_of[indices], self._place_of[indices], strict=True)):
            out[place] = self._shard(int(shard))[row]
        return out

    def _shard(self, number: int) -> np.ndarray:
        if number not in self._open:
            path = shard_path(self.directory, number)
            try:
                shard = np.lib.format.open_memmap(path, mode="r")  # compares the header with the file's length
            except (OSError, ValueError, SyntaxError) as error:
                raise InputError(f"{path} is damaged ({error}); build the corpus again") from None
            if shard.dtype != self._dtype or [*shard.shape[1:]] != self.manifest["shape"]:
                raise InputError(
                    f"{path} holds items {shard.dtype} {shard.shape[1:]}, the manifest says {self._dtype} "
                    f"{tuple(self.manifest['shape'])}: is it of another corpus? Build the corpus again"
                )
            self._open[number] = shard
        return self._open[number]

    @property
    def labels(self) -> tuple[str, ...]:
        """The label names, sorted."""
        return tuple(sorted({row["label"] for row in self.rows}))


def item_dtype(told: str | list) -> np.dtype:
    """Of items, as an encoder tells it, or a manifest, where tuples have become lists. TypeError, ValueError: it is none."""
    if isinstance(told, str):
        return np.dtype(told)
    return np.dtype([(name, dtype, tuple(shape)) for name, dtype, shape in told])


def _manifest(path: Path) -> dict[str, Any]:
    """The manifest. InputError: another format, entries that are missing or of another kind."""
    manifest = read_json(path)
    found = manifest.get("format") if isinstance(manifest, dict) else None
    if found != FORMAT:
        raise InputError(f"{path.parent}: corpus format {found}, this version reads {FORMAT}")
    shape, dtype = manifest.get("shape"), manifest.get("dtype")
    sizes = isinstance(shape, list) and all(type(size) is int and size > 0 for size in shape)
    texts = all(isinstance(manifest.get(name), str) for name in ("kind", "fingerprint"))
    if not (sizes and texts and _is_dtype(dtype) and isinstance(manifest.get("facts"), dict)):
        raise InputError(f"{path} is damaged: items {dtype!r} {shape!r}; build the corpus again")
    return manifest


def _is_dtype(told: Any) -> bool:
    """Whether a manifest's entry tells of numbers, or of records of them, that items can be."""
    if isinstance(told, str):
        return told in ("uint8", "int16", "float32")
    try:
        fields = [(name, np.dtype(dtype), tuple(shape)) for name, dtype, shape in told]
        return bool(fields) and all(_is_dtype(dtype.name) for _, dtype, _ in fields) and item_dtype(told).itemsize > 0
    except (TypeError, ValueError):
        return False


def _check_places(directory: Path, manifest: dict[str, Any], table: list[dict[str, str]]) -> None:
    """InputError: a table of other columns, or one that places items where no shard has room for them."""
    size = math.prod(manifest["shape"]) * item_dtype(manifest["dtype"]).itemsize
    room: dict[int, int] = {}
    for line, row in enumerate(table, start=2):
        try:
            items, first, shard = (int(row[name] or 0) for name in ("items", "first", "shard"))
            words = all(isinstance(row[name], str) for name in ("name", "label", "group", "fold", "sha256", "reason"))
        except (KeyError, TypeError, ValueError):
            items, first, shard, words = -1, 0, 0, False
        if items and shard not in room:
            path = shard_path(directory, shard)
            room[shard] = (path.stat().st_size - _HEADER) // size if path.is_file() else 0
        if not (words and items >= 0 and (not items or 0 <= first <= first + items <= room[shard])):
            raise InputError(
                f"{shard_path(directory, shard)} is damaged, or items.csv is: its line {line} tells of {items} items from "
                f"{first} on; build the corpus again"
            )


def read_table(path: Path) -> list[dict[str, str]]:
    """The rows of an `items.csv`. InputError: missing, or no CSV."""
    try:
        with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
            return list(csv.DictReader(file))
    except (FileNotFoundError, csv.Error) as error:
        raise InputError(f"{path} is not the table of a corpus ({error})") from None


def shard_path(directory: Path, number: int) -> Path:
    """Where shard `number` of a corpus lies."""
    return directory / f"shard-{number:05d}.npy"
