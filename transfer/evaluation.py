"""How well a run transfers: what `python -m transfer.evaluate` does, for Python users.

A model that has measures has a module of its own for them, transfer/MODEL/evaluation.py, with a function `evaluate`.
"""

from __future__ import annotations

import importlib
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from training.cli import InputError
from training.files import refuse_existing
from training.runs import model_module, read_run


def evaluate(run: str | os.PathLike, *, output: str | os.PathLike | None = None, force: bool = False, **options: Any) -> str:
    """Measure `run` into the folder `output` (default: RUN/evaluation); the table, as Markdown.

    Options as `python -m transfer.evaluate --help` tells. InputError, before anything is made: not a run of a transfer model
    with measures, results that exist.
    """
    record = read_run(run)
    if record.get("package") != "transfer":
        raise InputError(f"{run} is a run of {record.get('package')}; expected one that transfer.train made")
    model_module(record)  # InputError for a model that this version does not have
    name = f"transfer.{record['model']}.evaluation"
    if find_spec(name) is None:
        raise InputError(f"{run} is a run of {record['model']}, for which there are no measures; expected one of dtn")
    folder = Path(output or Path(run, "evaluation"))
    if not (folder.is_dir() and not any(folder.iterdir())):
        refuse_existing(folder, force)
    return importlib.import_module(name).evaluate(Path(run), folder, **options)
