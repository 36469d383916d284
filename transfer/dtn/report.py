"""What is told of a transfer's evaluation: a table for the screen, and the sections of a run's `report.html`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from training.files import read_json
from training.report import Section

HEAD = ("", "windows", "judged target", "strength S", "content kept", "in scale", "notes a quarter", "polyphony")
ROWS = {
    "source": "source, untouched",
    "swap": "nearest windows of the target",
    "result": "result",
    "target": "target's pieces",
}
"""Sets of pieces and what they are called."""
ABOUT = (
    "Judged target: share of the windows of four bars that a judge, trained on other files, takes for the target's kind. "
    "Strength: by how much its belief in the source's kind falls. Content kept: cosine of chroma with the source. In scale: "
    "share of the notes in the best major or minor scale. All without drums, as the codec of the run shows them."
)


def text_table(found: dict[str, Any]) -> str:
    """One row a set of pieces, as a Markdown table."""
    head, *rows = _rows(found["figures"])
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ("---",) * len(HEAD), *rows))


def report_sections(run: Path, output: Path) -> list[Section]:
    """What a run's report says of its evaluation in `output`; nothing where there is none."""
    if not (output / "evaluation.json").exists():
        return []
    found = read_json(output / "evaluation.json")
    sounds = found["sounds"]
    part = found["options"]["part"]
    sections = [
        Section(f"Evaluation ({part} part)", ABOUT, _rows(found["figures"])),
        Section("Source, nearest windows of the target, result", "Four bars of some pieces.", (), ["pictures.png"]),
        Section("Listen", _heard(sounds), (), [one["wav"] for one in sounds if "wav" in one]),
        Section("Files", "", (), [*(one[name] for one in sounds for name in ("source", "result")), "evaluation.json"]),
    ]
    return [section._replace(files=[_link(run, output / name) for name in section.files]) for section in sections]


def _rows(figures: dict[str, Any]) -> list[tuple[str, ...]]:
    return [HEAD, *((words, *_cells(figures[name])) for name, words in ROWS.items())]


def _cells(one: dict[str, Any]) -> tuple[str, ...]:
    return (
        str(one["windows"]),
        f"{100 * one['judged_target']:.1f} %",
        _number(one["strength"]),
        _number(one["content_kept"]),
        _number(one["in_scale"]),
        _number(one["notes_per_quarter"]),
        _number(one["polyphony"]),
    )


def _heard(sounds: list[dict[str, Any]]) -> str:
    good = sum(not one["silent"] and not one["clipped"] for one in sounds)
    return f"The beginnings of results; {good} of {len(sounds)} are neither silent nor clipped."


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _link(run: Path, path: Path) -> str:
    """A path as the page names it, relative to the run."""
    return Path(os.path.relpath(path, run)).as_posix()
