"""Training a classifier from data to run directory: what `python -m classifiers.train` does, for Python users."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import keras

from classifiers.data import Mixing, class_weights, evaluation_batches, open_clips, training_batches
from classifiers.evaluation import evaluate, report_sections
from classifiers.front_end import setting_of
from classifiers.watch import Watch
from training.cli import InputError, tell
from training.corpora.split import split_corpus
from training.devices.workers import is_chief, own_directory
from training.family import module_of
from training.fitting.fit import fit
from training.report import write_report
from training.runs import load, open_run


def train(
    model: str,
    config: Any,
    *,
    data: str | os.PathLike | None = None,
    output: str | os.PathLike,
    seed: int = 0,
    devices: str = "1",
    init: str | os.PathLike | None = None,
    cache: Path | None = None,
    by: Literal["source", "segment"] = "source",
    fold: str | None = None,
    validation_fold: str | None = None,
    weigh: bool = False,
    samples_every: int = 10,
) -> Path:
    """Train `model` (a name in `classifiers.MODELS`) with `config` and evaluate it on the test part; the run directory.

    Options as `python -m classifiers.train --help` tells. InputError for data or a directory that cannot be used.
    """
    module = module_of("classifiers", model)
    corpus = open_clips(data, setting_of(config.setting, config.reference), cache)
    split = split_corpus(corpus, by=by, seed=seed, fold=fold, validation_fold=validation_fold)
    for label in split.dropped:
        tell(
            f"label {label or '(none)'} left out: it has fewer than three files or groups, one each for training, "
            "validation and test"
        )
    tell(
        f"{len(split.labels)} labels; clips: {len(split.train)} training, {len(split.validation)} validation, "
        f"{len(split.test)} test"
    )
    record = {
        "package": "classifiers",
        "model": model,
        "config": asdict(config),
        "labels": split.labels,
        "seed": seed,
        "data": {
            "path": os.path.abspath(data) if data else None,
            "fingerprint": corpus.manifest["fingerprint"],
            "by": by,
            "fold": fold,
            "validation_fold": validation_fold,
            "class_weights": weigh,
            "init": os.path.abspath(init) if init else None,
        },
    }
    batches = training_batches(corpus, split, config.batch_size, seed, Mixing(config.time_shift, config.mixup))
    validation = evaluation_batches(corpus, split.validation, split.labels) if len(split.validation) else None
    with open_run(own_directory(output), record) as run:
        fit(
            lambda: module.build(config, len(split.labels), config.epochs * len(batches)),
            run,
            batches,
            validation,
            epochs=config.epochs,
            seed=seed,
            devices=devices,
            monitor="val_loss" if validation else None,
            class_weight=class_weights(corpus, split) if weigh else None,
            init=(lambda fresh: start_from(fresh, init)) if init else None,
            sampler=Watch(corpus, split) if validation else None,
            sample_every=samples_every,
        )
        if is_chief():
            if len(split.test):
                evaluate([run], corpus=corpus)
            write_report(run, report_sections(run))
    return Path(output)


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
