"""The user's files: a folder of label folders, a plain folder, or a CSV, whatever is in them."""

from __future__ import annotations

import csv
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from training.cli import InputError


@dataclass(frozen=True)
class Source:
    """One file and what its owner says of it; `name` is its path below the folder (or below the CSV's folder)."""

    path: Path
    name: str
    label: str = ""
    group: str = ""
    fold: str = ""


def find_sources(data: str | os.PathLike, suffixes: Collection[str]) -> list[Source]:
    """Every file below the folder `data` with one of `suffixes` (lower case, with dot), or every row of a CSV.

    In a folder the label is the name of the first folder below it; hidden and `._` files are passed over. A CSV has the
    columns path and label, and may have group (files of one mix, artist or composer) and fold. Sorted by name.
    InputError: nothing there, no permission, no such file among the suffixes, columns missing.
    """
    data = Path(data)
    if not data.exists():
        raise InputError(f"{data} not found; expected a folder of label folders, a corpus, or a CSV with path,label")
    if data.is_file() and data.suffix.lower() in suffixes:
        raise InputError(f"{data} is one file; expected the folder that it lies in, or a CSV with path,label")
    sources = _from_folder(data, suffixes) if data.is_dir() else _from_csv(data)
    if not sources:
        raise InputError(f"{data} holds no file that ends in {' '.join(sorted(suffixes))}; is it the right folder?")
    return sorted(sources, key=lambda source: source.name)


def _from_folder(folder: Path, suffixes: Collection[str]) -> list[Source]:
    if not os.access(folder, os.R_OK | os.X_OK):
        raise InputError(f"{folder} cannot be read: permission denied")
    found = []
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in files:
            if name.startswith(".") or Path(name).suffix.lower() not in suffixes:
                continue
            path = Path(parent, name)
            parts = path.relative_to(folder).parts
            found.append(Source(path, "/".join(parts), label=parts[0] if len(parts) > 1 else ""))
    return found


def _from_csv(table: Path) -> list[Source]:
    with table.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
        try:
            reader = csv.DictReader(file)
            columns = reader.fieldnames or []
            if "path" not in columns:
                raise InputError(
                    f"{table}: expected a CSV with columns path,label[,group][,fold]; received {', '.join(columns)[:80]!r}"
                )
            rows = [{key: (row.get(key) or "").strip() for key in ("path", "label", "group", "fold")} for row in reader]
        except csv.Error as error:
            raise InputError(f"{table} is not a CSV ({error})") from None
    return [
        Source(table.parent / row["path"], row["path"], row["label"], row["group"], row["fold"])
        for row in rows
        if row["path"]
    ]
