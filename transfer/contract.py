"""What a transfer model is: trained on one kind of files, or two, and applied to whole files. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from training.cli import InputError
from training.family import Family
from training.options import TrainOptions


@dataclass(frozen=True)
class TransferTrainOptions(TrainOptions):
    """What `transfer.train` takes besides the model's own options."""

    source: Path | None = None
    """dtn: folder of MIDI files to be made into others."""
    target: Path | None = None
    """dtn: folder of MIDI files of the kind that they are made into."""


class Applied(Protocol):
    """The model of a run, ready to work."""

    suffix: str
    """Of the files it writes."""

    def write(self, source: Path, target: Path, options: dict[str, Any]) -> None:
        """Write what becomes of the file `source` to `target`, and `<target>.json`. InputError: an unfit file."""


class TransferFamily(Family):
    """A transfer model: a folder of the package, its module in `model.py`."""

    package = "transfer"
    options = TransferTrainOptions

    def module(self, model: str) -> ModuleType:
        """`transfer.MODEL.model`."""
        return import_module(f"transfer.{model}.model")

    def application(self, run: Path, overlap: float, strength: float) -> Applied:
        """The model of a run, opened to be applied to whole files."""
        raise NotImplementedError

    def evaluate(self, run: Path, output: Path, **options: Any) -> str:
        """Measure the run into the folder `output`; the table, as Markdown. InputError: there are no measures."""
        raise InputError(f"{run} is a run of a model for which there are no measures; expected one of dtn")
