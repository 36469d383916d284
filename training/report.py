"""`report.html` of a run: what it is, how it went, what it made, on one page without a network."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from training.family import Section, family_of
from training.files import read_json, write_json
from training.page import LEVEL, TRAINING, VALIDATION, inlined, write_page
from training.runs import read_run
from training.runs.history import read_history

EVALUATED = "evaluated.json"
"""File of a run that tells where its newest evaluation lies."""
MEANINGS = {
    "loss": "What training makes smaller, on the training part (blue) and on the validation part, which is not trained on.",
    "accuracy": "The fraction of items that are classified rightly.",
    "collapsed": "1 where the model makes nothing but one thing: black, grey or equal pictures, silence, one note held.",
}
"""Figures of every history."""


def write_report(run: str | os.PathLike, evaluation: str | os.PathLike | None = None) -> Path:
    """Write the run's report: curves, what the model's family tells, what lies in `samples/`, the record. Its path.

    evaluation: the folder of a new evaluation, which later reports tell of, too; by default that of the last one.
    InputError: not a run, or one of a model that this version does not have.
    """
    run = Path(run)
    record = read_run(run)
    if evaluation:
        write_json(run / EVALUATED, {"folder": os.path.relpath(evaluation, run)})
    folder = read_json(run / EVALUATED)["folder"] if (run / EVALUATED).exists() else "evaluation"
    sections, levels, meanings = family_of(record).report(run, Path(os.path.normpath(run / folder)))
    command = record.get("command") or {}
    return write_page(
        run / "report.html",
        title_of(record),
        [*training_sections(run, levels, MEANINGS | dict(meanings)), *sections, *_samples(run), *_again(command)],
        lead=f"The run {run.resolve().name} of {record['package']}.{record['model']}: how it went, and what it made.",
        facts=_facts(run, record),
        details={"The whole record (config.json)": json.dumps(record, indent=2, ensure_ascii=False)},
    )


def title_of(record: Mapping[str, Any]) -> str:
    """What the run's model is, in the first words of its module, and what it was trained on."""
    about = family_of(record).module(record["model"]).__doc__ or record["model"]
    path = (record.get("data") or {}).get("path")
    return f"{re.split(r'[:.,(]', about, maxsplit=1)[0].strip()}, trained on {Path(path).name if path else 'demo music'}"


def _facts(run: Path, record: Mapping[str, Any]) -> dict[str, str]:
    """What there is to know at a glance."""
    rows = read_history(run / "history.csv")
    best = read_json(run / "best.json") if (run / "best.json").exists() else {}
    kept = f"epoch {best['epoch'] + 1}" if best else "none yet"
    if best.get("monitor"):
        kept += f", {best['monitor']} {best['value']:.4g}"
    facts = {
        "epochs": f"{len(rows)} of {(record.get('config') or {}).get('epochs', '?')}",
        "weights kept": kept,
        "labels": ", ".join(record.get("labels") or ()),
        "seed": str(record.get("seed", "")),
        "precision": record.get("precision", ""),
    }
    return {name: value for name, value in facts.items() if value}


def training_sections(
    run: Path, levels: Mapping[str, float] = MappingProxyType({}), meanings: Mapping[str, str] = MappingProxyType(MEANINGS)
) -> list[Section]:
    """The history, of a training that may go on, as curves; nothing without one. levels, meanings: see `Report`."""
    rows = read_history(run / "history.csv")
    found = dict.fromkeys(name for row in rows for name in row)
    names = [name for name in found if name != "epoch" and not name.startswith("val_")]
    if not names:
        return []
    said = {name.replace("_", " "): meanings[name] for name in names if name in meanings}
    return [Section("Training", meanings=said, drawing=_curves(rows, names, levels))]


def _samples(run: Path) -> list[Section]:
    """What the model showed while it trained."""
    paths = sorted(path.relative_to(run).as_posix() for path in run.glob("samples/[!.]*"))
    paths = [path for path in paths if path.endswith((".png", ".wav"))]
    if not paths:
        return []
    return [
        Section("Samples", "What the model showed while it trained.", files=paths, captions=dict(map(_captioned, paths)))
    ]


def _captioned(path: str) -> tuple[str, str]:
    """The file of a sample, `NAME-EPOCH.SUFFIX`, and its caption."""
    name, _, epoch = Path(path).stem.rpartition("-")
    return path, f"{name.replace('-', ' ').replace('_', ' ')}, after epoch {int(epoch)}" if epoch.isdigit() else Path(
        path
    ).stem


def _again(command: Mapping[str, str]) -> list[Section]:
    """The command that made the run, and makes it go on."""
    if not command:
        return []
    lines = [f"cd {shlex.quote(command['folder'])}", command["line"]]
    return [Section("Command", "It made this run; the same again goes on with it.", commands=lines)]


def _curves(rows: list[dict[str, float]], names: list[str], levels: Mapping[str, float]) -> str:
    """The history as SVG within HTML, one panel per figure, in the page's own colours."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    across = min(len(names), 3)
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "", "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(4 * across, 3 * -(-len(names) // across)), layout="constrained")
        panels = figure.subplots(-(-len(names) // across), across, squeeze=False).flat
        for spare in panels[len(names) :]:
            spare.set_axis_off()
        for axes, name in zip(panels, names, strict=False):
            for series, part, colour in ((name, "training", TRAINING), (f"val_{name}", "validation", VALIDATION)):
                points = [(row["epoch"] + 1, row[series]) for row in rows if series in row]
                if points:
                    axes.plot(*zip(*points, strict=True), label=part, color=colour, marker="." if len(points) < 3 else "")
            if name in levels:
                axes.axhline(levels[name], color=LEVEL, linestyle="--", label="the data")
            axes.xaxis.get_major_locator().set_params(integer=True)
            axes.set(xlabel="epoch", title=name.replace("_", " "))
            axes.legend(framealpha=0)
        text = io.StringIO()
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None})
    return inlined(text.getvalue())
