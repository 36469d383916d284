"""How well a run transfers: what `python -m transfer.evaluate` does, for Python users."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from training.cli import InputError
from training.family import family_of
from training.files import refuse_existing
from training.runs import read_run


def evaluate(run: str | os.PathLike, *, output: str | os.PathLike | None = None, force: bool = False, **options: Any) -> str:
    """Measure `run` into the folder `output` (default: RUN/evaluation); the table, as Markdown.

    Options as `python -m transfer.evaluate --help` tells. InputError, before anything is made: not a run of a transfer model
    with measures, results that exist.
    """
    record = read_run(run)
    if record.get("package") != "transfer":
        raise InputError(f"{run} is a run of {record.get('package')}; expected one that transfer.train made")
    folder = Path(output or Path(run, "evaluation"))
    if not (folder.is_dir() and not any(folder.iterdir())):
        refuse_existing(folder, force)
    return family_of(record).evaluate(Path(run), folder, **options)
