"""Does a sequence model go on like the pieces themselves? Figures, pictures and sounds of a run's continuations.

The first bars of test pieces are heard, and as many columns are said as the real continuations beside them have. Every
figure of `generators.sequences.figures` is told of the real ones (5th percentile, median, 95th), of what is said, and of
the heard bars played again. A good continuation lies where real ones do; one that lies there need not be good.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from generators.pictures.watch import sheet
from generators.samples import fingerprint_of
from generators.sequences.continuing import BATCH, continued
from generators.sequences.figures import FIGURES, columns_in_bar, table_of
from generators.sequences.opening import SequenceRun
from generators.sequences.primers import test_pieces
from generators.sequences.watch import pictures_of
from midi.codecs.codec import Codec
from midi.columns import piece_of
from midi.files.writing import write
from midi.synthesis.rendering import render
from training.cli import InputError
from training.family import Section
from training.files import atomic, outputs_of_runs, read_json, refuse_existing, write_json
from training.report import write_report
from training.runs import versions

HELD = 2.0
"""Bars after which a held note counts as stuck."""
RENDERED = 4
"""Continuations that are rendered."""
RATE = 22_050
"""Samples a second of these sounds."""


@dataclass(frozen=True)
class Evaluating:
    """How runs are evaluated. InputError: a number out of range."""

    count: int = 20
    """Test pieces that are gone on with."""
    seed: int = 0
    """Of all draws."""
    heard: int = 8
    """Bars that are heard."""
    said: int = 16
    """Bars that are said."""
    temperature: float = 1.0
    """As in `generators.sample`."""
    top_p: float = 0.98
    """As in `generators.sample`."""
    longest: float = 2.0
    """As in `generators.sample`."""

    def __post_init__(self) -> None:
        for name, least in (("count", 2), ("seed", 0), ("heard", 1), ("said", 1)):
            if getattr(self, name) < least:
                raise InputError(f"--{name} must be {least} or more; received {getattr(self, name)}")


def evaluate(
    runs: Sequence[str | os.PathLike],
    how: Evaluating | None = None,
    *,
    output: str | os.PathLike | None = None,
    data: str | os.PathLike | None = None,
    cache: Path | None = None,
    force: bool = False,
) -> list[dict[str, Any]]:
    """Evaluate runs one after the other; the record of each, which is also written to `evaluation.json`.

    output: folder for the results, of several runs for a folder each; by default RUN/evaluation. data: where the data are
    now, if they have moved. InputError: not a run of a sequence model, results that exist, data that are gone or others,
    fewer than two test pieces of the length asked for.
    """
    how = how or Evaluating()
    folders = outputs_of_runs(runs, output)
    for folder in folders:
        if not (folder.is_dir() and not any(folder.iterdir())):
            refuse_existing(folder, force)
    return [_evaluate(SequenceRun(run), folder, how, data, cache) for run, folder in zip(runs, folders, strict=True)]


def _evaluate(
    opened: SequenceRun, output: Path, how: Evaluating, data: str | os.PathLike | None, cache: Path | None
) -> dict[str, Any]:
    codec, bar = opened.codec, columns_in_bar(opened.codec)
    pieces, numbers = test_pieces(opened, data, cache, (how.heard + how.said) * bar)
    if len(numbers) < 2:
        bars = how.heard + how.said
        raise InputError(f"{len(numbers)} test pieces last {bars} bars; two are needed: hear or say fewer, or train on more")
    stretches = [pieces.columns(number, 0, (how.heard + how.said) * bar) for number in numbers]
    real = [columns[how.heard * bar :] for columns in stretches]
    heard = [columns[: how.heard * bar] for columns in stretches[: how.count]]
    draws = {"seed": how.seed, "temperature": how.temperature, "top_p": how.top_p}
    speaker = opened.module.speaker(opened.model, codec, BATCH, round(how.longest * bar))
    said = list(continued(speaker, codec, heard, how.said * bar, range(len(heard)), **draws))
    again = [np.resize(columns, (how.said * bar, columns.shape[1])) for columns in heard]
    figures = _compared(*(table_of(columns, bar) for columns in (real, said, again)))
    output.mkdir(parents=True, exist_ok=True)
    record = {
        "command": "generators.evaluate",
        "run": os.fspath(opened.run),
        "model": opened.record["model"],
        "weights": fingerprint_of(opened.model),
        "options": asdict(how),
        "versions": versions(),
        "pieces": {"real": len(real), "said": len(said), "names": [pieces.names[number] for number in numbers[: len(said)]]},
        "stuck": {name: _stuck(columns, bar) for name, columns in (("real", real), ("said", said))},
        "figures": figures,
        "files": _show(output, heard, real[: len(said)], said, codec),
    }
    write_json(output / "evaluation.json", record)
    write_report(opened.run, output)
    return record


def _compared(real: dict[str, np.ndarray], said: dict[str, np.ndarray], again: dict[str, np.ndarray]) -> dict[str, Any]:
    found = {}
    for name in FIGURES:
        low, middle, high = np.percentile(real[name], (5, 50, 95)).tolist()
        median = float(np.median(said[name]))
        found[name] = {
            "real": [low, middle, high],
            "said": median,
            "repeated": float(np.median(again[name])),
            "within": bool(low <= median <= high),
            "share_within": float(((low <= said[name]) & (said[name] <= high)).mean()),
        }
    return found


def _stuck(stretches: list[np.ndarray], bar: int) -> int:
    """Stretches with a note longer than HELD bars."""
    return int((table_of(stretches, bar)["longest"] > HELD).sum())


def _show(
    output: Path, heard: list[np.ndarray], real: list[np.ndarray], said: list[np.ndarray], codec: Codec
) -> dict[str, list[str]]:
    """Draw all continuations (real above said) and render some; the files' names."""
    both = [columns for pair in zip(real, said, strict=True) for columns in pair]
    twice = [columns for columns in heard for _ in range(2)]
    with atomic(output / "continuations.png") as path:
        Image.fromarray(np.squeeze(sheet(pictures_of(twice, both, codec), across=2))).save(path)
    sounds = []
    for number, (first, then) in enumerate(zip(heard[:RENDERED], said, strict=False)):
        piece, name = piece_of(np.concatenate([first, then]), codec), f"continuation-{number:02d}"
        write(output / f"{name}.mid", piece)
        render(piece, output / f"{name}.wav", rate=RATE)
        sounds += [f"{name}.wav", f"{name}.mid"]
    return {"pictures": ["continuations.png"], "sounds": sounds}


def text_table(record: dict[str, Any]) -> str:
    """One row a figure, as a Markdown table, below the name of the run."""
    head, *rows = _table(record)
    lines = ["| " + " | ".join(row) + " |" for row in (head, ("---",) * len(head), *rows)]
    count, stuck = record["pieces"], record["stuck"]
    about = (
        f"{record['run']}: {count['said']} continuations beside {count['real']} real ones; a note is held for more than "
        f"{HELD:g} bars in {stuck['said']} and in {stuck['real']}"
    )
    return "\n".join([about, "", *lines])


def _table(record: dict[str, Any]) -> list[tuple[str, ...]]:
    rows = [("figure", "real 5 %", "real median", "real 95 %", "said median", "within", "of pieces", "heard bars again")]
    for name, row in record["figures"].items():
        values = (f"{value:.3g}" for value in (*row["real"], row["said"]))
        within = ("yes" if row["within"] else "no", f"{100 * row['share_within']:.0f} %")
        rows.append((f"{name} ({FIGURES[name]})", *values, *within, f"{row['repeated']:.3g}"))
    return rows


def levels(run: Path) -> dict[str, float]:
    """What the watch's figures are in the run's data; nothing in runs that do not tell."""
    return read_json(run / "statistics.json") if (run / "statistics.json").exists() else {}


def report_sections(run: Path, output: Path) -> list[Section]:
    """What a run's report says of its evaluation in `output`; files that do not lie below the run are not shown."""
    if not (output / "evaluation.json").exists():
        return []
    record = read_json(output / "evaluation.json")
    files = [output / name for names in record["files"].values() for name in names]
    inside = [path.relative_to(run).as_posix() for path in files if path.is_relative_to(run)]
    return [Section("Continuations", text_table(record).splitlines()[0], _table(record), inside)]
