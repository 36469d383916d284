"""`history.csv` of a run: a row an epoch, counted from 0, a column a figure."""

from __future__ import annotations

import csv
import os
from pathlib import Path

from training.errors import InputError
from training.files import atomic


def read_history(path: str | os.PathLike, before: int | None = None) -> list[dict[str, float]]:
    """The rows of a history file, of epochs earlier than `before` where given; empty without a file.

    Raises InputError if the file is not such a table.
    """
    return [{name: float(value) for name, value in row.items() if value} for row in read_rows(Path(path), before)]


def read_rows(path: Path, before: int | None) -> list[dict[str, str]]:
    """The rows as they are written, so that rewriting them changes no digit; see `read_history`."""
    if not path.exists():
        return []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file, strict=True)
            rows = list(reader)
        if "epoch" not in (reader.fieldnames or ()):
            raise ValueError("it has no column epoch")
        for row in rows:
            [float(value) for value in row.values() if value]
        return [row for row in rows if before is None or int(row["epoch"]) < before]
    except (ValueError, TypeError, csv.Error) as error:
        raise InputError(f"{path} is not a table of epochs and numbers ({error}); move it away to train on") from None


def write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    """Write the whole table at once: a few hundred rows, and no kill leaves half a line."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
