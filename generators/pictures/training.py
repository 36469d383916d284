"""How a model of pictures is trained: MIDI pictures, split without leaks; watched, and calibrated at the end."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import keras

from generators.contract import GeneratorTrainOptions
from generators.pictures.data import batches, check_codec, label_names, open_images
from generators.pictures.latent_sampler import LatentSampler, calibrate
from generators.pictures.statistics import statistics_of
from generators.pictures.watch import Watch
from midi.codecs import codec_named
from training.cli import log
from training.corpora.batches import Batches
from training.corpora.split import split_corpus
from training.errors import InputError
from training.family import Context
from training.files import atomic
from training.fitting.samples import Sample
from training.recipe import Recipe
from training.runs import load


class PictureRecipe(Recipe):
    """Pictures of a codec, with their labels where `config.conditional`, moved in pitch in the feed."""

    def __init__(self, module: ModuleType, config: Any, options: GeneratorTrainOptions) -> None:
        super().__init__(module, config, options)
        check_codec(config.codec)
        self.codec = codec_named(config.codec)
        self.corpus = open_images(options.data, self.codec, options.cache)
        self.split = split = split_corpus(self.corpus, seed=options.seed, labelled=config.conditional)
        self.labels = label_names(split, config.conditional)
        log(f"pictures: {len(split.train)} training, {len(split.validation)} validation, {len(split.test)} test")
        self.statistics = statistics_of(self.corpus, split.train, self.codec)
        self._tell_statistics()
        self.facts = {"codec": self.codec.facts(), "labels": self.labels}
        self.source = {
            "path": os.path.abspath(options.data) if options.data else None,
            "fingerprint": self.corpus.manifest["fingerprint"],
        }
        self.training = self._batches(split.train, seed=options.seed, transpose=config.transpose)
        self.validation = self._batches(split.validation, shuffle=False)

    def prepare(self, run: Path) -> None:
        self.statistics.write(run / "statistics.json")
        (run / "sampling.json").unlink(missing_ok=True)  # it is of the weights that were best before

    def context(self) -> Context:
        return replace(super().context(), classes=len(self.labels), statistics=self.statistics)

    def watch(self, run: Path) -> Watch:
        labels = len(self.labels)
        self._watch = Watch(run, self.module, self.codec, self.statistics, labels, self.options.patience)
        return self._watch

    def samples(self, model: keras.Model) -> list[Sample]:
        return self._watch.samples(model)

    def finish(self, run: Path) -> None:
        if hasattr(self.module, "fit_prior"):
            model = load(run)
            self.module.fit_prior(model, self._batches(self.split.train, shuffle=False))
            with atomic(run / "model.keras") as path:
                model.save(path)
        sampler = self.module.sampler(load(run), self.codec)
        if isinstance(sampler, LatentSampler):
            calibrate(run, sampler, self.statistics.density, len(self.labels))

    def _batches(self, indices: Any, **how: Any) -> Batches:
        feed = {"labels": self.labels, "codec": self.codec, "low": self.module.LOW, "batch_size": self.config.batch_size}
        return batches(self.corpus, indices, **feed, **how)

    def _tell_statistics(self) -> None:
        if self.statistics.empty == 1:
            raise InputError(
                f"all {self.statistics.pictures} training pictures are black; are there notes in the range of "
                f"{self.codec.name}?"
            )
        nll = self.statistics.nll(self.corpus, self.split.validation)
        log(
            f"{100 * self.statistics.density:.1f} % of the cells are on, in {self.statistics.pitches} rows; on validation "
            f"part one probability for all is {nll['constant']:.4f} bits a pixel, one for each row {nll['marginal']:.4f}"
        )
