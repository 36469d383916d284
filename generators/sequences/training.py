"""How a sequence model is trained: pieces split whole, windows that begin anywhere in them."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType
from typing import Any

import keras

from generators.contract import GeneratorTrainOptions
from generators.sequences.data import open_pieces, warn_of_short
from generators.sequences.watch import Watch
from generators.sequences.windows import batches
from training.cli import log
from training.files import write_json
from training.fitting.samples import Sample
from training.recipe import Recipe


class SequenceRecipe(Recipe):
    """Windows of pieces, moved in pitch in the feed."""

    def __init__(self, module: ModuleType, config: Any, options: GeneratorTrainOptions) -> None:
        super().__init__(module, config, options)
        self.representation = module.representation_of(config)
        self.pieces = pieces = open_pieces(options.data, self.representation, options.seed, options.cache)
        length = module.length(config)
        for part in ("train", "validation"):
            warn_of_short(pieces, part, length)
        counts = {part: int(pieces.lengths[numbers].sum()) for part, numbers in pieces.parts.items()}
        log("steps: " + ", ".join(f"{count:,} {part}" for part, count in counts.items()))
        self.facts = self.representation.facts()
        self.source = {"path": os.path.abspath(options.data) if options.data else None, "fingerprint": pieces.fingerprint}
        feed = {"pieces": pieces, "representation": self.representation, "length": length, "batch_size": config.batch_size}
        feed |= {"apart": config.window, "before": module.before(config)}
        self.training = batches(part="train", seed=options.seed, transpose=config.transpose, steps=config.steps, **feed)
        self.validation = batches(part="validation", shuffle=False, **feed)

    def watch(self, run: Path) -> Watch:
        self._watch = Watch(run, self.module, self.representation, self.pieces, self.options.patience)
        write_json(run / "statistics.json", self._watch.levels)
        return self._watch

    def samples(self, model: keras.Model) -> list[Sample]:
        return self._watch.samples(model)
