"""Which styles are transferred onto which contents; names, files and fingerprints of the results.

Files are checked before the work starts, so that no result is lost at its end.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from spectro.audio import write
from spectro.demo import compose
from spectro.stft import SETTINGS
from training.cli import log
from training.corpora.sources import read_csv
from training.errors import InputError
from training.files import distinct, refuse_existing

SUMMARY = "scores.csv"
"""The table of a folder of results."""
SHEET = "contact_sheet.png"
"""Its pictures at a glance."""
DEMO_PAIR = {"content": "lo_fi", "style": "future_bass"}
"""The genres of the demo pair."""
DEMO_SECONDS = 10.0
OTHER_FORMATS = (".mp3", ".flac", ".ogg", ".opus", ".m4a", ".aif", ".aiff")
"""Endings of names that ask for what is not written."""
WHERE_ONLY = ("content", "style", "pairs", "output", "force")
"""Options that say where files are, not what is made of them."""


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
    """The rows of a CSV with columns content,style[,output], paths relative to it; output is a name below `folder`, with or
    without .wav.

    A row that lacks something, or names a file that is not there, is a pair with a fault. InputError: no CSV, columns
    missing, no row, none without a fault.
    """
    rows = read_csv(table, ("content", "style"), ("output",))
    if not rows:
        raise InputError(f"{table} has no row; expected a pair in each, below the line content,style[,output]")
    pairs = [_of_row(row, f"{table} line {row['line']}", table.parent, folder) for row in rows]
    if all(pair.fault for pair in pairs):
        raise InputError(f"{table} has no row that can be used: {pairs[0].fault}")
    return _named(pairs, folder)


def _of_row(row: dict[str, str], place: str, base: Path, folder: Path) -> Pair:
    content, style, name = (row[column] for column in ("content", "style", "output"))
    output = Path((name if name.lower().endswith(".wav") else f"{name}.wav") if name else _usual(Path(content), Path(style)))
    pair = Pair(base / content, base / style, folder / output)
    if not content or not style:
        missing = "content" if not content else "style"
        return replace(pair, fault=f"{place}: no {missing}")
    if Path(name).suffix.lower() in OTHER_FORMATS or output.is_absolute() or ".." in output.parts:
        return replace(pair, fault=f"{place}: output must be the name of a .wav in the folder of results; received {name}")
    missing = [path for path in (pair.content, pair.style) if not path.is_file()]
    return replace(pair, fault=f"{place}: {missing[0]} not found") if missing else pair


def _usual(content: Path, style: Path) -> str:
    return f"{content.stem}-as-{style.stem}.wav"


def _named(pairs: list[Pair], folder: Path) -> list[Pair]:
    """No two results have one name, and none that of the sheet."""
    _, *names = distinct([(folder / SHEET).with_suffix(".wav"), *(pair.output for pair in pairs)])
    return [replace(pair, output=name) for pair, name in zip(pairs, names, strict=True)]


def outputs(output: Path, force: bool, sources: tuple[Path | None, ...]) -> list[Path]:
    """The sound, picture and report to write. InputError: not a .wav, a source itself, or there already without `force`."""
    if output.suffix.lower() != ".wav":
        raise InputError(f"{output}: the result is a 16-bit WAV file; give an --output that ends in .wav")
    written = [output, output.with_suffix(".png"), output.with_suffix(".json")]
    for path in written:
        if any(source is not None and path.resolve() == Path(source).resolve() for source in sources):
            raise InputError(f"{path} is an input of this transfer and would be overwritten; give another --output")
        refuse_existing(path, force)
    output.parent.mkdir(parents=True, exist_ok=True)
    return written


def inputs(content: Path | None, style: Path | None, output: Path, seed: int, force: bool) -> tuple[Path, Path]:
    """Content and style as given, or the demo pair, composed next to `output` by `seed`. InputError: only one of them."""
    if content is not None and style is not None:
        return content, style
    if content is not None or style is not None:
        raise InputError(
            "give both --content and --style, or neither for the demo pair; received only "
            + ("--style" if content is None else "--content")
        )
    pair = [output.with_name(f"{output.stem}-{role}.wav") for role in DEMO_PAIR]
    for path, genre in zip(pair, DEMO_PAIR.values(), strict=True):
        refuse_existing(path, force)
        write(path, compose(genre, seed, DEMO_SECONDS), SETTINGS["lil_data"].rate)
    log(f"demo pair: {pair[0]} (content), {pair[1]} (style)")
    return pair[0], pair[1]


def fingerprint(options: dict[str, Any], settings: dict[str, Any], content: Path, style: Path) -> str:
    """What a result was made of, as one word: of the options of `transfer.nst`, the settings that they amount to, and the
    bytes of all files that they name. Equal words, equal results, as long as the program is the same."""
    files = [content, style, Path(options["features"], "model.keras"), options.get("vgg_weights")]
    made_of = {
        "options": {name: value for name, value in options.items() if name not in WHERE_ONLY},
        "settings": settings,
        "files": [digest(path) for path in files if path is not None and os.path.isfile(path)],
    }
    return hashlib.sha256(json.dumps(made_of, sort_keys=True, default=os.fspath).encode()).hexdigest()


def digest(path: str | os.PathLike) -> str:
    """SHA-256 of a file."""
    return _digest(os.fspath(path), os.stat(path).st_mtime_ns)


@lru_cache(maxsize=1024)
def _digest(path: str, changed: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
