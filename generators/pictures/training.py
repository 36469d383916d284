"""Training a generator from data to run directory: what `python -m generators.train` does, for Python users."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras

from generators.pictures.calibration import calibrate
from generators.pictures.config import check, check_training
from generators.pictures.data import batches, label_names, open_images
from generators.pictures.evaluation.report import levels
from generators.pictures.statistics import Statistics, statistics_of
from generators.pictures.watch import Watch
from midi.codecs import codec_named
from training.cli import InputError, tell
from training.corpora.batches import Batches
from training.corpora.split import split_corpus
from training.devices.workers import is_chief, own_directory
from training.family import module_of
from training.files import atomic
from training.fitting.fit import fit
from training.report import write_report
from training.runs import load, open_run
from training.runs.starting import start_from


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
    samples_every: int = 10,
    patience: int = 20,
) -> Path:
    """Train `model` (a name in `generators.MODELS`) with `config`; the run directory.

    Options as `python -m generators.train --help` tells. InputError for data or a directory that cannot be used.
    """
    check(config)
    check_training(seed, samples_every, patience)
    module, codec = module_of("generators", model), codec_named(config.codec)
    corpus = open_images(data, codec, cache)
    split = split_corpus(corpus, seed=seed, labelled=config.conditional)
    labels = label_names(corpus, split, config.conditional)
    tell(f"pictures: {len(split.train)} training, {len(split.validation)} validation, {len(split.test)} test")
    statistics = statistics_of(corpus, split.train, codec)
    if statistics.empty == 1:
        raise InputError(
            f"all {statistics.pictures} training pictures are black; are there notes in the range of {codec.name}?"
        )
    costs = statistics.costs(corpus, split.validation)
    tell(
        f"{100 * statistics.density:.1f} % of the cells are on, in {statistics.pitches} rows; on the validation part one "
        f"constant costs {costs['constant']:.4f} bits a pixel, one a row {costs['marginal']:.4f}"
    )
    record = {
        "package": "generators",
        "model": model,
        "config": asdict(config),
        "codec": codec.facts(),
        "labels": labels,
        "seed": seed,
        "data": {
            "path": os.path.abspath(data) if data else None,
            "fingerprint": corpus.manifest["fingerprint"],
            "init": os.path.abspath(init) if init else None,
        },
    }
    feed = {"labels": labels, "codec": codec, "low": module.LOW, "batch_size": config.batch_size}
    training = batches(corpus, split.train, seed=seed, transpose=config.transpose, **feed)
    with open_run(own_directory(output), record) as run:
        statistics.write(run / "statistics.json")
        (run / "sampling.json").unlink(missing_ok=True)  # it is of the weights that were best before
        watch = Watch(run, module, codec, statistics, len(labels), patience)
        fit(
            lambda: module.build(config, len(labels), config.epochs * len(training)),
            run,
            training,
            batches(corpus, split.validation, shuffle=False, **feed),
            epochs=config.epochs,
            seed=seed,
            devices=devices,
            monitor=module.MONITOR,
            init=lambda fresh: begin(fresh, module, statistics, init),
            sampler=watch.samples,
            sample_every=samples_every,
            watch=watch,
        )
        if is_chief():
            settle(run, module, batches(corpus, split.train, shuffle=False, **feed))
            calibrate(run)
            write_report(run, levels=levels(run))
    return Path(output)


def settle(run: str | os.PathLike, module: Any, pictures: Batches) -> None:
    """Let the run's best model learn from the training pictures what gradients do not teach it, if it has such a thing."""
    if hasattr(module, "settle"):
        model = load(run)
        module.settle(model, pictures)
        with atomic(Path(run, "model.keras")) as path:
            model.save(path)


def begin(fresh: keras.Model, module: Any, statistics: Statistics, init: str | os.PathLike | None) -> None:
    """Give a fresh model the weights of the run `init`, or else what the data's statistics tell it, if it listens."""
    if init is None:
        getattr(module, "start", lambda model, statistics: None)(fresh, statistics)
        return
    start_from(fresh, init)
