"""One shard of a corpus: the items of a few files, and a table of what each of them gave."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from training.cli import InputError
from training.corpora.corpus import shard_path
from training.files import atomic

COLUMNS = ("name", "label", "group", "fold", "sha256", "shard", "first", "items", "reason", "remark")


class Encoder(Protocol):
    """Turns a file into items. Sent to worker processes, so it must be picklable and cheap to send."""

    kind: str
    shape: tuple[int, ...]
    dtype: str

    def __call__(self, path: Path) -> Iterable[np.ndarray]:
        """Blocks of items (count, *shape) of `dtype`; InputError says why a file gives none.

        A generator may return a remark for the file's row in `items.csv`, such as what its items do not keep.
        """

    def facts(self) -> dict[str, Any]:
        """What a reader needs to know of the items (codec or setting), as JSON."""

    def serves(self, facts: dict[str, Any]) -> bool:
        """Are the items of a corpus with these facts like this encoder's, though it may have read other files otherwise?"""


def write_shard(directory: Path, number: int, files: list[tuple[Path, dict[str, Any]]], encoder: Encoder) -> None:
    """Encode `files` into one shard, streaming: memory holds one block of items, however long a file is."""
    count = 0
    parts = []
    with atomic(shard_path(directory, number)) as temporary, temporary.open("wb") as out:
        header = _write_header(out, 0, encoder)
        for path, row in files:
            start = out.tell()
            remark = ""
            try:
                items, remark = _stream(out, encoder, path)
                reason = "" if items else "gives no items"
            except InputError as error:
                items, reason = 0, str(error)
            except Exception as error:
                if isinstance(error, OSError) and error.filename is None:
                    raise  # the disk we write to, not the file we read
                items, reason = 0, f"{type(error).__name__}: {error}"  # a strange file must not end a night's build
            if reason:
                out.seek(start)
                out.truncate()
            told = {"reason": " ".join(reason.split()), "remark": "" if reason else " ".join(remark.split())}
            parts.append({**row, "shard": number, "first": count, "items": items, **told})
            count += items
        out.seek(0)
        if _write_header(out, count, encoder) != header:
            raise RuntimeError("the header of a shard grew")
    write_table(part_path(directory, number), parts)


def part_path(directory: Path, number: int) -> Path:
    """Where the table of a written shard waits until the corpus is whole."""
    return directory / f"shard-{number:05d}.csv"


def write_table(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write rows of `items.csv`; names keep bytes that are not UTF-8."""
    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def _stream(out: Any, encoder: Encoder, path: Path) -> tuple[int, str]:
    """(items written, the encoder's remark)."""
    items, blocks = 0, iter(encoder(path))
    while True:
        try:
            block = np.ascontiguousarray(next(blocks))
        except StopIteration as end:
            return items, end.value or ""
        if block.shape[1:] != tuple(encoder.shape) or block.dtype != np.dtype(encoder.dtype):
            raise RuntimeError(f"encoder gave {block.dtype} {block.shape[1:]}, promised {encoder.dtype} {encoder.shape}")
        out.write(block.data)
        items += len(block)


def _write_header(out: Any, count: int, encoder: Encoder) -> int:
    """NumPy leaves room in the header for the first axis to grow, so that it can be written again at the end."""
    description = {"descr": np.dtype(encoder.dtype).str, "fortran_order": False, "shape": (count, *encoder.shape)}
    np.lib.format.write_array_header_1_0(out, description)
    return out.tell()
