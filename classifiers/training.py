"""How a classifier is trained: clips with labels, split without leaks; what is shown of it meanwhile, and its evaluation."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import keras
import numpy as np
from sklearn.metrics import confusion_matrix

from classifiers import Options
from classifiers.augment import Mixing
from classifiers.data import class_weights, evaluation_batches, open_clips, training_batches
from classifiers.evaluation import evaluate_run
from classifiers.front_end import setting_of, setting_of_model
from classifiers.novelty import measure_novelty, write_novelty
from spectro.clips import to_model
from spectro.stft import SpectrogramSetting
from training.cli import log
from training.corpora.corpus import Corpus
from training.corpora.split import Split, split_corpus
from training.errors import InputError
from training.family import Context
from training.fitting.samples import Sample
from training.recipe import Recipe
from training.runs import load


class ClassifierRecipe(Recipe):
    """Clips of labelled recordings, mixed in the feed; the best epoch is chosen on the validation part, if there is one."""

    def __init__(self, module: ModuleType, config: Any, options: Options) -> None:
        super().__init__(module, config, options)
        _check_folds(options)
        self.corpus = open_clips(options.data, setting_of(config.setting, config.reference), options.cache)
        self.split = split = split_corpus(
            self.corpus, by=options.split, seed=options.seed, fold=options.fold, validation_fold=options.validation_fold
        )
        for label in split.dropped:
            log(
                f"label {label or '(none)'} left out: it has fewer than three files or groups, one each for training, "
                "validation and test"
            )
        log(
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
        self.training = training_batches(self.corpus, split, config.batch_size, options.seed, mixing, config.steps)
        if len(split.validation):
            self.validation = evaluation_batches(self.corpus, split.validation, split.labels)
        self.class_weight = class_weights(self.corpus, split) if options.class_weights else None
        self.sampler = Mistakes(self.corpus, split) if self.validation else None

    def context(self) -> Context:
        return replace(super().context(), classes=len(self.split.labels))

    def initialise(self, model: keras.Model) -> None:
        if self.options.init:
            start_from(model, self.options.init)

    def monitor(self) -> str | None:
        return "val_loss" if self.validation else None

    def samples(self, model: keras.Model) -> list[Sample]:
        return self.sampler(model) if self.sampler else []

    def finish(self, run: Path) -> None:
        novelty = measure_novelty(load(run), self.corpus, self.split, self.options.seed)
        write_novelty(novelty, run)
        if novelty is None:
            log("no novelty: it takes a validation part, and layers between picture and probabilities")
        if len(self.split.test):
            evaluate_run(run, corpus=self.corpus)


def _check_folds(options: Options) -> None:
    """InputError: an option of the split that another one would make do nothing."""
    if options.validation_fold is not None and options.fold is None:
        raise InputError("--validation-fold needs --fold, the fold to test on; without folds the split finds both parts")
    if options.fold is not None and options.split != "source":
        raise InputError(f"--split {options.split} is not for --fold, which names the parts itself; give one of them")


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
    log(f"started from {run}: {', '.join(fitted)}; fresh: {', '.join(fresh) or 'none'}")


class Mistakes:
    """Sampler of `training.fitting.samples`: confusion matrix, and the most surely mistaken clip as picture and sound."""

    def __init__(self, corpus: Corpus, split: Split) -> None:
        self.corpus, self.split = corpus, split
        self.batches = evaluation_batches(corpus, split.validation, split.labels)

    def __call__(self, model: keras.Model) -> list[Sample]:
        truth = self.batches.targets[self.split.validation].argmax(axis=1)
        probabilities = np.concatenate([self._probabilities(model, i) for i in range(len(self.batches))])
        guess = probabilities.argmax(axis=1)
        counts = confusion_matrix(truth, guess, labels=range(len(self.split.labels)))
        samples = [Sample("confusion", "image", _enlarged(counts))]
        wrong = np.flatnonzero(guess != truth)
        if len(wrong):
            worst = wrong[probabilities[wrong, guess[wrong]].argmax()]
            names = f"{self.split.labels[truth[worst]]}-taken-for-{self.split.labels[guess[worst]]}".replace("/", "_")
            samples += self._clip(names, self.split.validation[worst], setting_of_model(model))
        return samples

    def _clip(self, name: str, item: int, setting: SpectrogramSetting) -> list[Sample]:
        """A clip of the corpus to look at and to listen to."""
        clip = to_model(self.corpus[item])[0]
        picture = setting.to_picture(abs(setting.analyse(clip)))[::-1, :, None]
        return [Sample(name, "image", np.round(picture * 255).astype(np.uint8)), Sample(name, "audio", clip, setting.rate)]

    def _probabilities(self, model: keras.Model, batch: int) -> np.ndarray:
        """Probabilities of a batch; the model is called, as `predict_on_batch` on two devices gives all of them twice."""
        return keras.ops.convert_to_numpy(model(self.batches[batch][0], training=False))


def _enlarged(counts: np.ndarray, cell: int = 24) -> np.ndarray:
    """Each row's shares as grey squares: uint8 (labels * cell, labels * cell, 1)."""
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return np.kron(np.round(share * 255).astype(np.uint8), np.ones((cell, cell), np.uint8))[..., None]
