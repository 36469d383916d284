"""Training a model of sounds from data to run directory: what `python -m generators.train` does, for Python users."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from generators.pictures.config import check_training
from generators.sounds.data import batches, open_clips
from generators.sounds.measures import mean_of, measured
from generators.sounds.settings import check, setting_of
from generators.sounds.watch import COUNT, Watch
from spectro.clips import to_model
from spectro.stft import SpectrogramSetting
from training.cli import tell
from training.corpora.corpus import Corpus
from training.corpora.split import Split, split_corpus
from training.devices.workers import is_chief, own_directory
from training.family import module_of
from training.files import atomic, read_json, write_json
from training.fitting.fit import fit
from training.report import write_report
from training.runs import open_run
from training.runs.starting import start_from

LOOKED_AT = 200
"""Training clips that the data's statistics are taken from, at most."""
STARTS = 100
"""Test clips whose first columns the run keeps, so that sampling can begin with them without the data."""


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
    """Train `model` (of the family `generators.sounds`) with `config`; the run directory.

    data: folder, CSV or corpus of recordings, by default the demo music. Other options as `python -m generators.train
    --help` tells. InputError for data or a directory that cannot be used.
    """
    check(config)
    check_training(seed, samples_every, patience)
    module, setting = module_of("generators", model), setting_of(config)
    corpus = open_clips(data, setting, cache)
    split = split_corpus(corpus, seed=seed, labelled=False)
    tell(f"clips: {len(split.train)} training, {len(split.validation)} validation, {len(split.test)} test")
    record = {
        "package": "generators",
        "model": model,
        "config": asdict(config),
        "setting": asdict(setting),
        "seed": seed,
        "data": {
            "path": os.path.abspath(data) if data else None,
            "fingerprint": corpus.manifest["fingerprint"],
            "init": os.path.abspath(init) if init else None,
        },
    }
    training = batches(corpus, split.train, setting, config.batch_size, seed=seed, crop=config.crop, speed=config.speed)
    with open_run(own_directory(output), record) as run:
        statistics = _look(run, corpus, split, setting, seed)
        watch = Watch(run, pictures_of(corpus, split.validation[:COUNT], setting)[0], setting, statistics, patience)
        fit(
            lambda: module.build(config, config.epochs * len(training)),
            run,
            training,
            batches(corpus, split.validation, setting, config.batch_size, shuffle=False),
            epochs=config.epochs,
            seed=seed,
            devices=devices,
            monitor=module.MONITOR,
            init=(lambda fresh: start_from(fresh, init)) if init else None,
            sampler=watch.samples,
            sample_every=samples_every,
            watch=watch,
        )
        if is_chief():
            write_report(run, levels=statistics)
    return Path(output)


def _look(run: Path, corpus: Corpus, split: Split, setting: SpectrogramSetting, seed: int) -> dict[str, float]:
    """Measures of the training clips, which the run keeps with the first columns of test clips; once for a run."""
    if not (run / "starts.npz").exists():
        chosen = np.random.default_rng(seed).permutation(split.train)[:LOOKED_AT]
        found, references = [], []
        for index in chosen:
            picture, reference = pictures_of(corpus, [index], setting)
            found.append(measured(picture[0], setting))
            references.append(reference[0])
        write_json(run / "statistics.json", mean_of(found) | {"reference": float(np.median(references))})
        pictures, references = pictures_of(corpus, split.test[:STARTS], setting)
        with atomic(run / "starts.npz") as path:
            np.savez(path, columns=pictures[..., 0], references=references)
    return read_json(run / "statistics.json")


def pictures_of(
    corpus: Corpus, indices: np.ndarray | list[int], setting: SpectrogramSetting
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (clips, rows, columns) of some clips, and the magnitude (clips,) that is white in each."""
    magnitudes = np.abs(setting.analyse(to_model(corpus[np.asarray(indices)])))
    references = magnitudes.max(axis=(1, 2))
    pictures = [setting.to_picture(one, float(reference)) for one, reference in zip(magnitudes, references, strict=True)]
    return np.stack(pictures), references
