"""A generator's run, opened to be used, and where its data are."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Any

from generators.contract import GeneratorFamily, run_family
from generators.samples import fingerprint_of
from midi.codecs import from_facts
from midi.codecs.codec import Codec
from training.errors import InputError
from training.runs import cache_of, load, model_module, read_run


class LoadedRun:
    """The model of a run with its record and module; what `generators.train` wrote.

        LoadedRun("runs/vae").model

    kind: the family that it must be of. InputError: not a run of a generator, one of another family, no model yet.
    """

    def __init__(self, run: str | os.PathLike, kind: type[GeneratorFamily] = GeneratorFamily) -> None:
        self.run, self.record = Path(run), read_run(run)
        if not isinstance(run_family(run), kind):
            raise InputError(f"{run} is a run of {self.record['model']}; expected one of a model of {kind.__name__.lower()}")
        self.module, self.model = model_module(self.record), load(run)

    @cached_property
    def codec(self) -> Codec:
        """Of the pictures or columns. InputError: the record names none."""
        return from_facts(self.record.get("codec"))

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the labels that the model was trained with; none for most."""
        return tuple(self.record.get("labels", ()))

    def fingerprint(self) -> str:
        """A name for the weights, however often they were saved."""
        return fingerprint_of(self.model)

    def data_path(self, data: str | os.PathLike | None = None) -> str | os.PathLike | None:
        """Where the run's data are: `data`, if they have moved, or where they were; None: the demo music.

        InputError: they are gone.
        """
        path = data or self.record["data"]["path"]
        if path is not None and not Path(path).exists():
            raise InputError(f"{self.run} was trained on {path}, which is gone; give its new place as --data")
        return path

    def cache(self, cache: Path | None = None) -> Path | None:
        """Where folders become corpora: `cache`, or where they did in training; None: the user's cache folder."""
        return cache_of(self.record, cache)

    def check_same_data(self, fingerprint: str, path: Any) -> None:
        """InputError unless what lies at `path` now is what the run was trained on: else its test part is unknown."""
        if fingerprint != self.record["data"]["fingerprint"]:
            raise InputError(
                f"{self.run} was trained on other files than {path or 'the demo'} holds now; its test part is unknown"
            )
