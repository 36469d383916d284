"""`history.csv`: one row per finished epoch, as exact after a resume as if nothing had happened."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import keras

from training.cli import InputError
from training.files import atomic


class History(keras.callbacks.Callback):
    """Writes every epoch's logs to the CSV file `path`: `epoch` (from 0) and all logs, floats in full precision.

    Rows of the first epoch trained and later ones, left by a run that was killed before its backup, are dropped when that
    epoch begins. Stands before `Backup` in the list of callbacks: a backup without its row could not be mended.
    """

    def __init__(self, path: str | os.PathLike):
        super().__init__()
        self.path = Path(path)
        self.rows: list[dict[str, str]] | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.rows = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.rows is None:
            self.rows = _read_text(self.path, before=epoch)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.rows.append({"epoch": str(epoch)} | {name: repr(float(value)) for name, value in (logs or {}).items()})
        _write(self.path, self.rows)


def read_history(path: str | os.PathLike, before: int | None = None) -> list[dict[str, float]]:
    """The rows of a history file, of epochs earlier than `before` where given; empty without a file.

    Raises InputError if the file is not such a table.
    """
    return [{name: float(value) for name, value in row.items() if value} for row in _read_text(Path(path), before)]


def _read_text(path: Path, before: int | None) -> list[dict[str, str]]:
    """The rows as they are written, so that rewriting them changes no digit."""
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


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    """Write the whole table at once: a few hundred rows, and no kill leaves half a line."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
