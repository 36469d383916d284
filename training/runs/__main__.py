"""What runs there are (list FOLDER), and one of them in full (show RUN): running or not, how far, best value, size on disk,
and the command that resumes it.

A run is finished when its epochs are done and its report is written; more epochs resume it, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tyro

from training.cli import run
from training.errors import InputError, reason_of

ABOUT = (
    "Running: a process is at work in it. Finished: its epochs are done and its report is written. Stopped: the same "
    "command goes on with it. Best so far: the figure that decides which epoch's weights are kept, where one does; smaller "
    "is better."
)


@dataclass(frozen=True)
class Options:
    """What to look at."""

    action: tyro.conf.Positional[Literal["list", "show"]] = "list"
    """list: one line for every directory in a folder. show: one run."""
    path: tyro.conf.Positional[Path] = Path("runs")
    """The folder of runs, or the run."""
    html: bool = False
    """With list: write the table as a page, too: index.html in the folder, with links to the reports."""


def main(options: Options) -> None:
    """Print the table or the run."""
    from training.runs.overview import overview

    if not options.path.is_dir():
        raise InputError(f"{options.path} is no folder; expected one of runs, or with show a run")
    if options.action == "show":
        if options.html:
            raise InputError("--html goes with list; a run has its page, report.html")
        for name, value in _facts(overview(options.path)).items():
            print(f"{name:<10}{_printable(value)}")
        return
    rows, found = [], []
    for directory in sorted(path for path in options.path.iterdir() if path.is_dir() and not path.name.startswith(".")):
        try:
            one = overview(directory)
            rows.append(_row(one))
            found.append(one)
        except Exception as error:
            rows.append((directory.name, reason_of(error, directory)))
    _print_table([("RUN", "MODEL", "STATE", "EPOCHS", "BEST", "SIZE", "LAST EPOCH"), *rows])
    if options.html:
        print(_write_page(options.path, found))


def _print_table(table: list[tuple[str, ...]]) -> None:
    widths = [max(len(row[column]) for row in table if len(row) > 2) for column in range(len(table[0]))]
    widths[0] = max(len(row[0]) for row in table)
    for row in table:
        print("  ".join(_printable(cell).ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip())


def _row(found: Any) -> tuple[str, ...]:
    best = "-" if found.best is None else f"{found.best[1]} {found.best[2]:.4g}"
    last = found.last.isoformat(" ", "minutes") if found.last else "-"
    return (
        found.directory.name, found.model, found.state, f"{found.done}/{found.epochs}", best, f"{found.size / 1e6:.1f} MB",
        last,
    )  # fmt: skip


def _write_page(folder: Path, found: list[Any]) -> Path:
    """The table of the runs that can be read, and what resumes each."""
    from training.family import Link, Section
    from training.page import write_page

    table: list[tuple[str | Link, ...]] = [("run", "model", "state", "epochs", "best so far", "size", "last epoch")]
    for one in found:
        name, *cells = _row(one)
        report = one.directory / "report.html"
        table.append((Link(name, f"{name}/{report.name}") if report.exists() else name, *cells))
    commands = [line for one in found for line in (f"# {one.directory.name}: {_resumes(one)[0]}", _resumes(one)[1])]
    return write_page(
        folder / "index.html",
        f"Runs in {folder.resolve().name}",
        [Section("All runs", ABOUT, table), Section("How each goes on", commands=commands)],
        lead=f"{len(found)} trainings, as they were when this page was written. A name leads to the run's report.",
    )


def _facts(found: Any) -> dict[str, str]:
    record = found.record
    last = f", the last at {found.last.isoformat(' ', 'minutes')}" if found.last else ""
    best = "model.keras is the last epoch's" if found.best is None else "{1} {2:.6g} in epoch {0}".format(*found.best)
    model = (found.directory / "model.keras").exists()
    return {
        "run": str(found.directory.absolute()),
        "model": found.model,
        "state": found.state,
        "epochs": f"{found.done} of {found.epochs}{last}" + "".join(f"; {name}: {n}" for name, n in found.parts.items()),
        "best": best if model else "no model yet",
        "size": f"{found.size / 1e6:.1f} MB",
        "data": str((record.get("data") or {}).get("path") or "see config.json"),
        "seed": str(record.get("seed")),
        "versions": ", ".join(f"{name} {version}" for name, version in (record.get("versions") or {}).items()),
        "resumes": ": ".join(filter(None, _resumes(found))),
    }


def _resumes(found: Any) -> tuple[str, str]:
    """From where, or with what, it goes on, and the command that does it."""
    command = found.command or "the call of Python that began it"
    if found.state == "running":
        return "not while it is running", ""
    if found.state == "finished":
        return "with more --epochs", command
    return f"after epoch {found.resumes}" if found.resumes else "from the start", command


def _printable(text: str) -> str:
    """One line without what a terminal would obey: the text is a stranger's."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


if __name__ == "__main__":
    run(main, Options)
