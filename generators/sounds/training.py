"""How a model of sounds is trained: clips of recordings, split by file."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

import keras
import numpy as np

from generators.contract import GeneratorTrainOptions
from generators.sounds.data import batches, check_config, open_clips, setting_of
from generators.sounds.statistics import mean_of, measured
from generators.sounds.watch import COUNT, Watch
from spectro.clips import to_model
from spectro.stft import SpectrogramSetting
from training.cli import log
from training.corpora.corpus import Corpus
from training.corpora.split import Split, split_corpus
from training.files import atomic, read_json, write_json
from training.fitting.samples import Sample
from training.recipe import Recipe

MEASURED_CLIPS = 200
"""Training clips that the data's statistics are taken from, at most."""
KEPT_CLIPS = 100
"""Test clips whose first columns the run keeps, so that sampling can begin with them without the data."""


class SoundRecipe(Recipe):
    """Clips of recordings, cropped and played faster or slower in the feed."""

    def __init__(self, module: ModuleType, config: Any, options: GeneratorTrainOptions) -> None:
        super().__init__(module, config, options)
        check_config(config)
        self.setting = setting_of(config)
        self.corpus = open_clips(options.data, self.setting, options.cache)
        self.split = split = split_corpus(self.corpus, seed=options.seed, labelled=False)
        log(f"clips: {len(split.train)} training, {len(split.validation)} validation, {len(split.test)} test")
        self.facts = {"setting": asdict(self.setting)}
        self.source = {
            "path": os.path.abspath(options.data) if options.data else None,
            "fingerprint": self.corpus.manifest["fingerprint"],
        }
        feed = {"crop": config.crop, "speed": config.speed, "seed": options.seed}
        self.training = batches(self.corpus, split.train, self.setting, config.batch_size, **feed)
        self.validation = batches(self.corpus, split.validation, self.setting, config.batch_size, shuffle=False)

    def prepare(self, run: Path) -> None:
        self.statistics = _statistics_of(run, self.corpus, self.split, self.setting, self.options.seed)

    def watch(self, run: Path) -> Watch:
        pictures = pictures_of(self.corpus, self.split.validation[:COUNT], self.setting)[0]
        self._watch = Watch(run, self.module, pictures, self.setting, self.statistics, self.options.patience)
        return self._watch

    def samples(self, model: keras.Model) -> list[Sample]:
        return self._watch.samples(model)


def _statistics_of(run: Path, corpus: Corpus, split: Split, setting: SpectrogramSetting, seed: int) -> dict[str, float]:
    """Measures of the training clips, which the run keeps with the first columns of test clips; once for a run."""
    if not (run / "starts.npz").exists():
        chosen = np.random.default_rng(seed).permutation(split.train)[:MEASURED_CLIPS]
        found, references = [], []
        for index in chosen:
            picture, reference = pictures_of(corpus, [index], setting)
            found.append(measured(picture[0], setting))
            references.append(reference[0])
        write_json(run / "statistics.json", mean_of(found) | {"reference": float(np.median(references))})
        pictures, references = pictures_of(corpus, split.test[:KEPT_CLIPS], setting)
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
