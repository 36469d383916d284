"""The user's files: a folder of label folders, a plain folder, or a CSV, whatever is in them."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from training.cli import log
from training.errors import InputError


@dataclass(frozen=True)
class Source:
    """One file and what its owner says of it; `name` is its path below the folder (or below the CSV's folder)."""

    path: Path
    name: str
    label: str = ""
    group: str = ""
    fold: str = ""
    reason: str = ""
    """Why it cannot be used, where its name tells."""


def find_sources(data: str | os.PathLike, suffixes: Collection[str]) -> list[Source]:
    """Every file below the folder `data` with one of `suffixes` (lower case, with dot), or every row of a CSV.

    suffixes: or suffix -> why such files cannot be used here, empty where they can: the `reason` of these sources.
    In a folder the label is the name of the first folder below it. Hidden and `._` files and those of other suffixes are
    passed over, counted in one line. Links to folders are followed; those that lead back up or where another has led are
    passed over, with a line. A CSV has the columns path and label, and may have group (files of one mix, artist or composer)
    and fold. Sorted by name.
    InputError: nothing there, no permission, no such file among the suffixes, columns missing, a path on two rows of a CSV
    that differ.
    """
    data = Path(data)
    if not data.exists():
        raise InputError(f"{data} not found; expected a folder of label folders, a corpus, or a CSV with path,label")
    if data.is_file() and data.suffix.lower() in suffixes:
        raise InputError(f"{data} is one file; expected the folder that it lies in, or a CSV with path,label")
    sources = _from_folder(data, suffixes) if data.is_dir() else _from_csv(data)
    if not sources:
        raise InputError(f"{data} holds no file that ends in {' '.join(sorted(suffixes))}; is it the right folder?")
    reasons = suffixes if isinstance(suffixes, Mapping) else {}
    sources = [replace(source, reason=reasons.get(source.path.suffix.lower(), "")) for source in sources]
    return sorted(sources, key=lambda source: source.name)


def _from_folder(folder: Path, suffixes: Collection[str]) -> list[Source]:
    if not os.access(folder, os.R_OK | os.X_OK):
        raise InputError(f"{folder} cannot be read: permission denied")
    found: list[Source] = []
    led: set[Path] = set()
    labels: set[str] = set()
    others: Counter[str] = Counter()
    for parent, folders, files in os.walk(folder, onerror=_tell_unreadable, followlinks=True):
        others["hidden"] += sum(name.startswith(".") for name in folders)
        folders[:] = sorted(name for name in folders if not name.startswith(".") and _leads_on(Path(parent, name), led))
        labels.update(folders if Path(parent) == folder else ())
        for name in files:
            path = Path(parent, name)
            if name.startswith(".") or path.suffix.lower() not in suffixes:
                if path.is_symlink() and not path.exists():
                    log(f"passed over: {path} leads nowhere")
                else:
                    others["hidden" if name.startswith(".") else path.suffix.lower() or "without a suffix"] += 1
                continue
            parts = path.relative_to(folder).parts
            found.append(Source(path, "/".join(parts), label=parts[0] if len(parts) > 1 else ""))
    if +others:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in others.most_common(10) if count)
        log(f"passed over in {folder}: {kinds}" + ", and others" * (len(others) > 10))
    if empty := sorted(labels - {source.label for source in found}):
        log(f"passed over: no file to be read in {', '.join(empty[:10])}" + ", and others" * (len(empty) > 10))
    return found


def _leads_on(path: Path, led: set[Path]) -> bool:
    """Is `path` a folder to go into: no link back up, nor to where another link (`led`) has led? Tells if it is not."""
    if not path.is_symlink():
        return True
    target = path.resolve()
    above = {place for parent in path.parents for place in (parent.resolve(), *parent.resolve().parents)}
    if target in above or target in led:
        log(f"passed over: {path} leads {'back up' if target in above else 'where another link has led:'} to {target}")
        return False
    led.add(target)
    return True


def _tell_unreadable(error: OSError) -> None:
    log(f"passed over: {error.filename} cannot be read: {error.strerror}")


def _from_csv(table: Path) -> list[Source]:
    rows: dict[str, dict[str, str]] = {}
    repeated = 0
    for row in read_csv(table, ("path",), ("label", "group", "fold")):
        before = rows.setdefault(os.path.normpath(row["path"]), row) if row["path"] else row
        repeated += before is not row
        for name in ("label", "group", "fold"):
            if before[name] != row[name]:
                raise InputError(
                    f"{table}: {row['path']} has the {name} {before[name] or '(none)'} on line {before['line']} and "
                    f"{row[name] or '(none)'} on line {row['line']}; expected one row for a file"
                )
    if repeated:
        log(f"passed over in {table}: {repeated:,} rows that say again what another one says")
    return [
        Source(table.parent / row["path"], row["path"], row["label"], row["group"], row["fold"]) for row in rows.values()
    ]


def read_csv(path: str | os.PathLike, required: Sequence[str], optional: Sequence[str] = ()) -> list[dict[str, str]]:
    """The rows of a user's CSV: the columns `required` and `optional`, stripped, and `line`, where each stands in the file.

    A cell that is not there is empty; other columns, and rows of empty cells, are passed over. A byte order mark, as
    spreadsheets write it, does not matter, and names keep bytes that are not UTF-8.

        [row["path"] for row in read_csv("tracks.csv", ("path", "label"), ("group",))]

    InputError: no such file, no CSV, columns missing.
    """
    path = Path(path)
    expected = ",".join(required) + "".join(f"[,{name}]" for name in optional)
    if not path.is_file():
        raise InputError(f"{path} {'is a folder' if path.is_dir() else 'not found'}; expected a CSV with columns {expected}")
    text = path.read_text(encoding="utf-8-sig", errors="surrogateescape")
    if "\0" in text:
        raise InputError(f"{path} is not a CSV (it holds NUL bytes); was it saved as UTF-16? Save it as UTF-8")
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""))
        columns = [name.strip() for name in reader.fieldnames or ()]
        if not {*required} <= {*columns}:
            raise InputError(f"{path}: expected a CSV with columns {expected}; received {', '.join(columns)[:80]!r}")
        reader.fieldnames = columns
        rows = [_cells(row, (*required, *optional)) | {"line": str(reader.line_num)} for row in reader]
    except csv.Error as error:
        raise InputError(f"{path} is not a CSV ({error})") from None
    return [row for row in rows if any(value for name, value in row.items() if name != "line")]


def _cells(row: dict[str, str | None], names: Sequence[str]) -> dict[str, str]:
    return {name: (row.get(name) or "").strip() for name in names}
