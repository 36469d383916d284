"""What there is to know of a run without loading it: running or not, how far, its best epoch, its size, what resumes it.

Nothing is imported because a file says so and nothing is written, so that any folder may be looked at.
"""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from training.errors import InputError
from training.files import read_json
from training.fitting.state_file import NAME, read_about
from training.options import patience_of
from training.runs import read_run
from training.runs.history import read_history
from training.runs.lock import in_use

MAX_FILE_BYTES = 64_000_000
"""Of a JSON or CSV file that is read; those of a run are far smaller."""


@dataclass(frozen=True)
class Overview:
    """Of one run directory."""

    directory: Path
    model: str
    """package.model."""
    state: Literal["running", "finished", "stopped"]
    """running: a process holds it. finished: all its epochs are done, or it has ended early, and the report is written."""
    done: int
    """Epochs in the history."""
    epochs: int
    """Epochs wanted."""
    resumes: int
    """Epochs in the backup, which the same command goes on from; 0: from the start."""
    last: datetime | None
    """When the last epoch was done."""
    best: tuple[int, str, float] | None
    """The epoch of model.keras (from 1), the figure it was chosen by, its value; None: no model yet, or the last epoch's."""
    size: int
    """Bytes on disk."""
    command: str | None
    """What started it, with the folder it was started from; None: Python code, or an older version."""
    parts: dict[str, int]
    """Networks that are trained first, in folders of their own: the epochs that each has done."""
    record: dict[str, Any]
    """The whole `config.json`."""


def overview(directory: Path) -> Overview:
    """Look at a run. InputError: it is none, or is damaged."""
    for name in ("config.json", "best.json", "history.csv"):
        path = directory / name
        if path.exists() and (not path.is_file() or path.stat().st_size > MAX_FILE_BYTES):
            raise InputError(f"{directory} is damaged: {name} is no file of less than {MAX_FILE_BYTES:,} bytes")
    record = read_run(directory)
    try:
        facts = _facts(directory, record)
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, OSError, OverflowError) as error:
        raise InputError(f"{directory} is damaged ({type(error).__name__}: {error})") from None
    finished = has_ended(record, facts["done"], facts["best"]) and (directory / "report.html").exists()
    state: Literal["running", "finished", "stopped"] = (
        "running" if in_use(directory) else "finished" if finished else "stopped"
    )
    return Overview(directory=directory, state=state, size=_size(directory), record=record, **facts)


def has_ended(record: Mapping[str, Any], done: int, best: tuple[int, str, float] | None) -> bool:
    """Are all of a run's epochs done, or so many since its best one that it has ended early?"""
    epochs = int(record["config"]["epochs"])
    early = best is not None and done - best[0] >= patience_of(float(record.get("early_stop", 1.0)), epochs)
    return early or done >= epochs


def _facts(directory: Path, record: dict[str, Any]) -> dict[str, Any]:
    """What the files of a run tell."""
    history, backup = directory / "history.csv", directory / "backup" / NAME
    return {
        "model": f"{record['package']}.{record['model']}",
        "done": _epochs_done(history),
        "epochs": int(record["config"]["epochs"]),
        "resumes": read_about(backup)["epoch"] if backup.exists() else 0,
        "last": datetime.fromtimestamp(history.stat().st_mtime) if history.exists() else None,
        "best": _best(directory / "best.json"),
        "command": _command(record.get("command")),
        "parts": {path.parent.name: _epochs_done(path) for path in sorted(directory.glob("*/history.csv"))},
    }


def _epochs_done(path: Path) -> int:
    """Of a history."""
    return max((int(row["epoch"]) + 1 for row in read_history(path)), default=0)


def _best(path: Path) -> tuple[int, str, float] | None:
    if not path.exists():
        return None
    found = read_json(path)
    return (int(found["epoch"]) + 1, str(found["monitor"]), float(found["value"])) if found["monitor"] else None


def _command(command: dict[str, str] | None) -> str | None:
    return f"cd {shlex.quote(command['folder'])} && {command['line']}" if command else None


def _size(directory: Path) -> int:
    """Bytes of all files below; links are counted as links."""
    size = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            with contextlib.suppress(FileNotFoundError):  # the run goes on meanwhile
                size += os.lstat(os.path.join(folder, name)).st_size
    return size
