"""A trained run of a sequence model, opened to be used."""

from __future__ import annotations

import os
from pathlib import Path

from generators.contract import run_family
from generators.sequences import Sequences
from midi.codecs import from_facts
from training.cli import InputError
from training.runs import load, model_module, read_run


class SequenceRun:
    """The model of a run with its module and codec. InputError: a run of another kind, or one that has no model yet."""

    def __init__(self, run: str | os.PathLike) -> None:
        self.run, self.record = Path(run), read_run(run)
        if not isinstance(run_family(run), Sequences):
            raise InputError(f"{run} is a run of {self.record['model']}; expected one of a model such as lstm")
        self.module = model_module(self.record)
        self.model, self.codec = load(run), from_facts(self.record.get("codec"))
