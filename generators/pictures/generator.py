"""A trained run, opened to make pictures."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import keras
import numpy as np

from generators.pictures.statistics import Statistics
from generators.samples import fingerprint_of
from midi.codecs import from_facts
from midi.codecs.binarise import Binarise
from training.cli import InputError
from training.files import read_json
from training.runs import load, model_module, read_run

BATCH = 64
"""Pictures made at once, always: a picture's bits may depend on the size of its batch, never on what else is in it."""


class Generator:
    """The model of a run with its codec, labels and thresholds.

    InputError: not a run of a generator, or one that has no model yet.
    """

    def __init__(self, run: str | os.PathLike) -> None:
        self.run, self.record = Path(run), record_of(run)
        self.module, self.model = model_module(self.record), load(run)
        self.codec, self.labels = from_facts(self.record.get("codec")), tuple(self.record.get("labels", ()))
        self.statistics = Statistics.read(self.run / "statistics.json")
        self._decoder = self.module.exported(self.model)

    def fingerprint(self) -> str:
        """A name for the weights, however often they were saved: what was made with others is not continued."""
        return fingerprint_of(self.model)

    def values(self, latents: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """(count, latent) and label numbers (count,) -> values (count, h, w, c) in [LOW, 1], BATCH at a time."""
        missing = -len(latents) % BATCH
        padded = np.concatenate([latents, np.zeros((missing, latents.shape[1]), np.float32)])
        numbers = np.zeros(len(padded), np.int32)
        numbers[: len(latents)] = 0 if labels is None else labels
        made = []
        for place in range(0, len(padded), BATCH):
            part = slice(place, place + BATCH)
            inputs = [padded[part], numbers[part, None]] if self.labels else padded[part]
            made.append(keras.ops.convert_to_numpy(self._decoder(inputs, training=False)))
        return np.concatenate(made)[: len(latents)]

    def images(self, values: np.ndarray, method: str, seeds: list[int]) -> np.ndarray:
        """Values -> the codec's uint8 pictures by one of BINARISATIONS; seeds: one a picture, for the draws.

        A codec of other levels than black and white is given the nearest of its own. InputError: one, and another method
        than the default; no threshold yet.
        """
        low = self.module.LOW
        if not self.black_and_white:
            if method != "calibrated":
                raise InputError(f"--binarise {method} is for black and white pictures; those of {self.codec.name} are not")
            return self.codec.from_model(values, low)
        if method == "bernoulli":
            return np.concatenate(
                [Binarise("draw", seed=seed)(value[None], low) for value, seed in zip(values, seeds, strict=True)]
            )
        if method == "minmax":
            return Binarise("stretch")(values, low)
        return Binarise(threshold=self.threshold if method == "calibrated" else None)(values, low)

    @property
    def black_and_white(self) -> bool:
        """Are the codec's pictures? Others are not binarised."""
        return self.codec.levels == (0, 255)

    @property
    def threshold(self) -> float:
        """The value from which on as many cells are on as in the data. InputError: not known yet."""
        path = self.run / "sampling.json"
        if not path.exists():
            raise InputError(
                f"{self.run} has no calibrated threshold: its training is not done; let the train command end, or give "
                "--binarise fixed"
            )
        return float(read_json(path)["threshold"])


def record_of(run: str | os.PathLike) -> dict[str, Any]:
    """The record of a generator's run. InputError: not a run, or one of another package."""
    record = read_run(run)
    if record.get("package") != "generators":
        raise InputError(f"{run} is a run of {record.get('package')}; expected one that generators.train made")
    return record


BINARISATIONS = ("calibrated", "fixed", "bernoulli", "minmax")
"""calibrated: the threshold at which samples are as dense as the data; fixed: half of the scale; bernoulli: a draw by each
value; minmax: each picture stretched to its own extremes, then half of that (as published)."""
