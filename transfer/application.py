"""A trained transfer model, opened to be applied to whole files: what `python -m transfer.apply` does, for Python users.

Each model has a module of its own for that, transfer/MODEL/application.py, with a class `Application`.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any, Protocol

from training.cli import InputError
from training.files import distinct, refuse_existing
from training.runs import model_module, read_run


class Applied(Protocol):
    """The model of a run, ready to work."""

    suffix: str
    """Of the files it writes."""

    def write(self, source: Path, target: Path, options: dict[str, Any]) -> None:
        """Write what becomes of the file `source` to `target`, and `<target>.json`. InputError: an unfit file."""


def open_application(run: str | os.PathLike, overlap: float = 0.125, strength: float = 1.0) -> Applied:
    """The model of `run`; options as `python -m transfer.apply --help` tells.

    InputError: not a run of a transfer model, an overlap or a strength out of range.
    """
    record = read_run(run)
    if record.get("package") != "transfer":
        raise InputError(f"{run} is a run of {record.get('package')}; expected one that transfer.train made")
    if not 0 <= overlap <= 0.5:
        raise InputError(f"--overlap must be from 0 to 0.5; received {overlap}")
    if not 0 <= strength <= 1:
        raise InputError(f"--strength must be from 0 to 1; received {strength}")
    model_module(record)  # InputError for a model that this version does not have
    return importlib.import_module(f"transfer.{record['model']}.application").Application(run, overlap, strength)


def targets_of(files: tuple[Path, ...], output: Path, force: bool, suffix: str = ".wav") -> list[tuple[Path, Path]]:
    """(source, target) of every file; suffix: of the results.

    InputError: no file, one name for several, a result that exists or is a source."""
    if not files:
        raise InputError("expected one file or more; received none")
    if output.suffix.lower() != suffix:
        targets = distinct([output / path.with_suffix(suffix).name for path in files])
    elif len(files) == 1:
        targets = [output]
    else:
        raise InputError(f"--output {output} names one file, but there are {len(files)}; give a folder")
    for target in targets:
        if target.resolve() in {path.resolve() for path in files}:
            raise InputError(f"{target} is an input and would be overwritten; give another --output")
        refuse_existing(target, force)
        target.parent.mkdir(parents=True, exist_ok=True)
    return list(zip(files, targets, strict=True))
