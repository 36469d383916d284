"""Training the Hilbert autoencoder from recordings to run directory; `transfer.training.train` calls it."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np

from spectro.hilbert import to_unit
from training.cli import tell
from training.corpora.corpus import Corpus
from training.corpora.split import split_corpus
from training.devices.workers import is_chief, own_directory
from training.fitting.fit import fit
from training.fitting.rewind import Rewind
from training.fitting.samples import Sample
from training.report import write_report
from training.runs import open_run
from training.runs.starting import start_from
from transfer.hilbert_autoencoder import model as module
from transfer.hilbert_autoencoder.data import batches, open_windows

DATA = ("data",)
"""The options that name this model's data."""
HEARD = 4
"""Windows of the validation part that are heard again, one after the other."""


def train(
    config: module.Config,
    *,
    data: str | os.PathLike | None = None,
    output: str | os.PathLike,
    seed: int = 0,
    devices: str = "1",
    init: str | os.PathLike | None = None,
    cache: Path | None = None,
    samples_every: int = 10,
) -> Path:
    """Train with `config` on a folder, CSV or corpus of recordings; the run directory.

    InputError for data or a directory that cannot be used.
    """
    corpus = open_windows(data, config.rate, config.side**2, cache)
    split = split_corpus(corpus, seed=seed, labelled=False)
    tell(f"windows: {len(split.train)} training, {len(split.validation)} validation, {len(split.test)} test")
    record = {
        "package": "transfer",
        "model": "hilbert_autoencoder",
        "config": asdict(config),
        "seed": seed,
        "data": {
            "path": os.path.abspath(data) if data else None,
            "fingerprint": corpus.manifest["fingerprint"],
            "init": os.path.abspath(init) if init else None,
        },
    }
    training = batches(corpus, split.train, config.batch_size, seed=seed, disturb=config.disturb)
    with open_run(own_directory(output), record) as run:
        fit(
            lambda: module.build(config, config.epochs * len(training)),
            run,
            training,
            batches(corpus, split.validation, config.batch_size, disturb=config.disturb, shuffle=False),
            epochs=config.epochs,
            seed=seed,
            devices=devices,
            monitor=module.MONITOR,
            init=(lambda fresh: start_from(fresh, init)) if init else None,
            sampler=lambda trained: heard(trained, corpus, split.validation, config.rate),
            sample_every=samples_every,
            watch=Rewind(run, module.MONITOR, config.rewind) if config.rewind else None,
        )
        if is_chief():
            write_report(run)
    return Path(output)


def heard(model: keras.Model, corpus: Corpus, indices: np.ndarray, rate: int) -> list[Sample]:
    """Sampler of `training.fitting.samples`: some windows as they are, and as they come out."""
    windows = to_unit(corpus[indices[:HEARD]])
    out = keras.ops.convert_to_numpy(model(windows, training=False))
    return [
        Sample(name, "audio", np.clip(2 * values.ravel() - 1, -1, 1).astype(np.float32), rate)
        for name, values in (("in", windows), ("out", out))
    ]
