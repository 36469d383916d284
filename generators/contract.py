"""Models by what they make, since modules of their own train, sample and evaluate them: pictures, sequences, sounds."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from types import ModuleType

from training.cli import InputError, import_keras
from training.runs import model_module, read_run


def part(model: str, name: str) -> ModuleType:
    """The module `name` (training, sampling, evaluation) that serves `model`, a name in `generators.MODELS`.

    A model tells the package of these modules as its FAMILY.
    """
    family = importlib.import_module(f"generators.{model}").FAMILY
    return importlib.import_module(f"{family}.{name}")


def options_of(arguments: list[str], families: dict[str, type], common: type) -> type:
    """The options of the family of the run that a command line names; `common`, where it names none.

    InputError: what stands first is no run of a generator.
    """
    named = [argument for argument in arguments if Path(argument, "config.json").is_file()] or arguments[:1]
    if not named or named[0].startswith("-"):
        return common
    import_keras()
    return families[family_of(named[0])]


def family_of(run: str | os.PathLike) -> str:
    """The family of a run's model. InputError as `model_of`."""
    return importlib.import_module(f"generators.{model_of(run)}").FAMILY


def model_of(run: str | os.PathLike) -> str:
    """The model of a run. InputError: not a run, one of another package, or of a model that there is not."""
    record = read_run(run)
    if record.get("package") != "generators":
        raise InputError(f"{run} is a run of {record.get('package')}; expected one that generators.train made")
    model_module(record)
    return record["model"]
