"""Which styles are painted onto which contents, and what the results are called."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from training.cli import InputError
from training.files import distinct

SUMMARY = "scores.csv"
"""The table of a folder of results."""
SHEET = "contact_sheet.png"
"""Its pictures at a glance."""


@dataclass(frozen=True)
class Pair:
    """One transfer to be made."""

    content: Path
    style: Path
    output: Path
    """The WAV file; picture and report take its name."""
    fault: str = ""
    """What is wrong with what was asked for, known before the work starts."""


def all_pairs(contents: Sequence[Path], styles: Sequence[Path], folder: Path) -> list[Pair]:
    """Every style on every content, into `folder`."""
    return _named(
        [Pair(content, style, folder / _usual(content, style)) for content in contents for style in styles], folder
    )


def read_pairs(table: Path, folder: Path) -> list[Pair]:
    """The rows of a CSV with columns content,style[,output], paths relative to it; output is a name below `folder`.

    A row that lacks something is a pair with a fault. InputError: no CSV, columns missing, no row.
    """
    if not table.is_file():
        raise InputError(f"{table} not found; expected a CSV with columns content,style[,output]")
    with table.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
        try:
            reader = csv.DictReader(file)
            columns = reader.fieldnames or []
            if not {"content", "style"} <= set(columns):
                raise InputError(
                    f"{table}: expected a CSV with columns content,style[,output]; received {', '.join(columns)[:80]!r}"
                )
            rows = [(reader.line_num, row) for row in reader if any(isinstance(v, str) and v.strip() for v in row.values())]
        except csv.Error as error:
            raise InputError(f"{table} is not a CSV ({error})") from None
    if not rows:
        raise InputError(f"{table} has no row; expected a pair in each, below the line content,style[,output]")
    return _named([_of_row(row, f"{table} line {line}", table.parent, folder) for line, row in rows], folder)


def _of_row(row: dict, place: str, base: Path, folder: Path) -> Pair:
    content, style, name = ((row.get(column) or "").strip() for column in ("content", "style", "output"))
    output = Path(name or _usual(Path(content), Path(style)))
    pair = Pair(base / content, base / style, folder / output)
    if not content or not style:
        missing = "content" if not content else "style"
        return replace(pair, fault=f"{place}: no {missing}")
    if output.suffix.lower() != ".wav" or output.is_absolute() or ".." in output.parts:
        return replace(pair, fault=f"{place}: output must be the name of a .wav in the folder of results; received {name}")
    return pair


def _usual(content: Path, style: Path) -> str:
    return f"{content.stem}-as-{style.stem}.wav"


def _named(pairs: list[Pair], folder: Path) -> list[Pair]:
    """No two results have one name, and none that of the sheet."""
    _, *names = distinct([(folder / SHEET).with_suffix(".wav"), *(pair.output for pair in pairs)])
    return [replace(pair, output=name) for pair, name in zip(pairs, names, strict=True)]
