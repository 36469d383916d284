"""A trained transfer model, opened to be applied to whole files: what `python -m transfer.apply` does, for Python users."""

from __future__ import annotations

import os
from pathlib import Path

from training.cli import InputError
from training.family import family_of
from training.files import distinct, refuse_existing
from training.runs import read_run
from transfer.contract import Applied


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
    return family_of(record).application(Path(run), overlap, strength)


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
