"""How a classifier is trained: clips with labels, split without leaks; its test part is evaluated at the end."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType
from typing import Any

import keras

from classifiers import Options
from classifiers.data import Mixing, class_weights, evaluation_batches, open_clips, training_batches
from classifiers.evaluation import evaluate
from classifiers.front_end import setting_of
from classifiers.watch import Watch
from training.cli import InputError, tell
from training.corpora.split import split_corpus
from training.family import Context
from training.fitting.samples import Sample
from training.recipe import Recipe
from training.runs import load


class ClassifierRecipe(Recipe):
    """Clips of labelled recordings, mixed in the feed; the best epoch is chosen on the validation part, if there is one."""

    def __init__(self, module: ModuleType, config: Any, options: Options) -> None:
        super().__init__(module, config, options)
        self.corpus = open_clips(options.data, setting_of(config.setting, config.reference), options.cache)
        self.split = split = split_corpus(
            self.corpus, by=options.split, seed=options.seed, fold=options.fold, validation_fold=options.validation_fold
        )
        for label in split.dropped:
            tell(
                f"label {label or '(none)'} left out: it has fewer than three files or groups, one each for training, "
                "validation and test"
            )
        tell(
            f"{len(split.labels)} labels; clips: {len(split.train)} training, {len(split.validation)} validation, "
            f"{len(split.test)} test"
        )
        self.facts = {"labels": split.labels}
        self.source = {
            "path": os.path.abspath(options.data) if options.data else None,
            "fingerprint": self.corpus.manifest["fingerprint"],
            "by": options.split,
            "fold": options.fold,
            "validation_fold": options.validation_fold,
            "class_weights": options.class_weights,
        }
        mixing = Mixing(config.time_shift, config.mixup)
        self.training = training_batches(self.corpus, split, config.batch_size, options.seed, mixing)
        if len(split.validation):
            self.validation = evaluation_batches(self.corpus, split.validation, split.labels)
        self.class_weight = class_weights(self.corpus, split) if options.class_weights else None
        self.samples_of = Watch(self.corpus, split) if self.validation else None

    def context(self) -> Context:
        return Context(len(self.split.labels), self.config.epochs * len(self.training))

    def initialise(self, model: keras.Model) -> None:
        if self.options.init:
            start_from(model, self.options.init)

    def monitor(self) -> str | None:
        return "val_loss" if self.validation else None

    def samples(self, model: keras.Model) -> list[Sample]:
        return self.samples_of(model) if self.samples_of else []

    def finish(self, run: Path) -> None:
        if len(self.split.test):
            evaluate([run], corpus=self.corpus)


def start_from(model: keras.Model, run: str | os.PathLike) -> None:
    """Give `model` the weights of `run` layer by layer; layers of another shape (a head of other labels) start fresh.

    InputError if no layer with weights fits.
    """
    source = {layer.name: layer for layer in load(run).layers}
    fitted, fresh = [], []
    for layer in model.layers:
        if not layer.weights:
            continue
        theirs = source[layer.name].get_weights() if layer.name in source else []
        if [array.shape for array in theirs] == [tuple(weight.shape) for weight in layer.weights]:
            layer.set_weights(theirs)
            fitted.append(layer.name)
        else:
            fresh.append(layer.name)
    if not [name for name in fitted if model.get_layer(name).trainable_weights]:
        raise InputError(
            f"no layer of {run} has the shape of this model's layers; was it trained with another model or sizes?"
        )
    tell(f"started from {run}: {', '.join(fitted)}; fresh: {', '.join(fresh) or 'none'}")
