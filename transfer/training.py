"""Training a transfer model from data to run directory: what `python -m transfer.train` does, for Python users."""

from __future__ import annotations

import importlib
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np

from spectro.hilbert import to_unit
from training.cli import InputError, tell
from training.corpus import Corpus
from training.fit import fit
from training.report import write_report
from training.rewind import Rewind
from training.runs import load, open_run
from training.samples import Sample
from training.split import split_corpus
from transfer.waveforms import batches, open_windows

HEARD = 4
"""Windows of the validation part that are heard again, one after the other."""


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
) -> Path:
    """Train `model` (a name in `transfer.MODELS`) with `config`; the run directory.

    Options as `python -m transfer.train --help` tells. InputError for data or a directory that cannot be used.
    """
    module = importlib.import_module(f"transfer.{model}")
    corpus = open_windows(data, config.rate, config.side**2, cache)
    split = split_corpus(corpus, seed=seed, labelled=False)
    tell(f"windows: {len(split.train)} training, {len(split.validation)} validation, {len(split.test)} test")
    record = {
        "package": "transfer",
        "model": model,
        "config": asdict(config),
        "seed": seed,
        "data": {
            "path": os.path.abspath(data) if data else None,
            "fingerprint": corpus.manifest["fingerprint"],
            "init": os.path.abspath(init) if init else None,
        },
    }
    training = batches(corpus, split.train, config.batch_size, seed=seed)
    with open_run(output, record) as run:
        fit(
            lambda: module.build(config, config.epochs * len(training)),
            run,
            training,
            batches(corpus, split.validation, config.batch_size, shuffle=False),
            epochs=config.epochs,
            seed=seed,
            devices=devices,
            monitor=module.MONITOR,
            init=(lambda fresh: start_from(fresh, init)) if init else None,
            sampler=lambda trained: heard(trained, corpus, split.validation, config.rate),
            sample_every=samples_every,
            watch=Rewind(run, module.MONITOR, config.rewind) if config.rewind else None,
        )
        write_report(run)
    return Path(output)


def start_from(fresh: keras.Model, run: str | os.PathLike) -> None:
    """Give a fresh model the weights of `run`. InputError: they have other shapes."""
    weights = load(run).get_weights()
    if [weight.shape for weight in weights] != [weight.shape for weight in fresh.get_weights()]:
        raise InputError(f"the weights of {run} do not fit this model; was it trained with other sizes?")
    fresh.set_weights(weights)
    tell(f"started from {run}")


def heard(model: keras.Model, corpus: Corpus, indices: np.ndarray, rate: int) -> list[Sample]:
    """Sampler of `training.samples`: some windows as they are, and as they come out."""
    windows = to_unit(corpus[indices[:HEARD]])
    out = keras.ops.convert_to_numpy(model(windows, training=False))
    return [
        Sample(name, "audio", np.clip(2 * values.ravel() - 1, -1, 1).astype(np.float32), rate)
        for name, values in (("in", windows), ("out", out))
    ]
