"""The data of a run once more: what it was trained on, and the test part that it never saw."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from generators.pictures.data import batches, label_numbers, open_images
from generators.pictures.generator import Generator
from training.cli import InputError
from training.corpora.corpus import Corpus
from training.corpora.split import Split, split_corpus


@dataclass(frozen=True, eq=False)
class RunData:
    """The corpus of a run and its parts."""

    corpus: Corpus
    split: Split

    def held_out(self, most: int, seed: int) -> np.ndarray:
        """The indices of up to `most` pictures drawn from the test part, ascending."""
        test = self.split.test
        return test if len(test) <= most else np.sort(np.random.default_rng(seed).choice(test, most, replace=False))

    def names(self, indices: np.ndarray) -> list[str]:
        """The files that pictures come from."""
        return [self.corpus.rows[source]["name"] for source in self.corpus.source_of[indices]]

    def labels(self, indices: np.ndarray, labels: tuple[str, ...]) -> np.ndarray | None:
        """The label numbers of pictures; None where the run has no labels."""
        return label_numbers(self.corpus, labels)[indices] if labels else None

    def loss(self, generator: Generator) -> dict[str, float] | None:
        """Of the whole test part, for a model with a likelihood: `bits` a pixel and the model's other figures, and what
        one value for all pixels (`constant`) and one for every row (`marginal`), learned from the training part, cost."""
        if "bits" not in (metric.name for metric in generator.model.metrics):
            return None
        generator.model.compile()
        feed = batches(
            self.corpus, self.split.test, generator.codec, generator.module.LOW, 64, labels=generator.labels, shuffle=False
        )
        found: dict[str, Any] = generator.model.evaluate(feed, verbose=0, return_dict=True)
        costs = generator.statistics.costs(self.corpus, self.split.test)
        return {name: float(value) for name, value in found.items()} | costs


def data_of(generator: Generator, data: str | os.PathLike | None = None, cache: Path | None = None) -> RunData:
    """The data of a run, split as its training split them. data: where they are now, if they have moved.

    InputError: they are gone, or are others now, so that the test part is unknown; no test part.
    """
    record = generator.record
    path = data or record["data"]["path"]
    if path is not None and not Path(path).exists():
        raise InputError(f"{generator.run} was trained on {path}, which is gone; give its new place as --data")
    corpus = open_images(path, generator.codec, cache)
    if corpus.manifest["fingerprint"] != record["data"]["fingerprint"]:
        raise InputError(
            f"{generator.run} was trained on other files than {path or 'the demo'} holds now; its test part is unknown"
        )
    split = split_corpus(corpus, seed=record["seed"], labelled=record["config"]["conditional"])
    if not len(split.test):
        raise InputError(f"{generator.run} has no test part to be compared with; train on more files")
    return RunData(corpus, split)
