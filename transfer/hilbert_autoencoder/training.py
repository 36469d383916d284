"""How the Hilbert autoencoder is trained: windows of recordings, and a return to the best weights after a spike."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType

import keras
import numpy as np

from spectro.hilbert import to_unit
from training.cli import log
from training.corpora.corpus import Corpus
from training.corpora.split import split_corpus
from training.fitting.callbacks import Rewind
from training.fitting.samples import Sample
from training.recipe import Recipe
from transfer.contract import TransferTrainOptions
from transfer.hilbert_autoencoder.data import batches, open_windows
from transfer.hilbert_autoencoder.model import Config

SAMPLED_WINDOWS = 4
"""Of the validation part, one after the other."""


class HilbertRecipe(Recipe):
    """Windows of recordings of one kind, split by file."""

    def __init__(self, module: ModuleType, config: Config, options: TransferTrainOptions) -> None:
        super().__init__(module, config, options)
        self.corpus = open_windows(options.data, config.rate, config.side**2, options.cache)
        self.split = split = split_corpus(self.corpus, seed=options.seed, labelled=False)
        log(f"windows: {len(split.train)} training, {len(split.validation)} validation, {len(split.test)} test")
        self.facts = {}
        self.source = {
            "path": os.path.abspath(options.data) if options.data else None,
            "fingerprint": self.corpus.manifest["fingerprint"],
        }
        feed = {"batch_size": config.batch_size, "augmentation": config.augmentation}
        self.training = batches(self.corpus, split.train, seed=options.seed, **feed)
        self.validation = batches(self.corpus, split.validation, shuffle=False, **feed)

    def watch(self, run: Path) -> Rewind | None:
        return Rewind(run, self.module.MONITOR, self.config.rewind) if self.config.rewind else None

    def samples(self, model: keras.Model) -> list[Sample]:
        return copies(model, self.corpus, self.split.validation, self.config.rate)


def copies(model: keras.Model, corpus: Corpus, indices: np.ndarray, rate: int) -> list[Sample]:
    """Sampler of `training.fitting.samples`: some windows as they are, and as they come out."""
    windows = to_unit(corpus[indices[:SAMPLED_WINDOWS]])
    out = keras.ops.convert_to_numpy(model(windows, training=False))
    return [
        Sample(name, "audio", np.clip(2 * values.ravel() - 1, -1, 1).astype(np.float32), rate)
        for name, values in (("in", windows), ("out", out))
    ]
