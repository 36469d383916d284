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
from generators.sounds.data import PicturedClips, batches, open_clips, setting_of
from generators.sounds.statistics import mean_of, measured
from generators.sounds.watch import COUNT, Watch
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
        module.check(config)
        self.setting = setting_of(config)
        self.corpus = open_clips(options.data, self.setting, options.cache)
        self.split = split = split_corpus(self.corpus, seed=options.seed, labelled=False)
        log(f"clips: {len(split.train)} training, {len(split.validation)} validation, {len(split.test)} test")
        self.facts = {"setting": asdict(self.setting)}
        self.source = {
            "path": os.path.abspath(options.data) if options.data else None,
            "fingerprint": self.corpus.manifest["fingerprint"],
        }
        feed = {name: getattr(config, name) for name in ("crop", "speed", "mute") if hasattr(config, name)}
        self.training = batches(self.corpus, split.train, self.setting, config.batch_size, seed=options.seed, **feed)
        self.validation = batches(self.corpus, split.validation, self.setting, config.batch_size, shuffle=False)

    def prepare(self, run: Path) -> None:
        self.statistics = _statistics_of(run, self.corpus, self.split, self.setting, self.options.seed)

    def watch(self, run: Path) -> Watch:
        clips = PicturedClips.of(self.corpus, self.split.validation[:COUNT], self.setting)
        self._watch = Watch(run, self.module, clips, self.statistics, self.options.patience)
        return self._watch

    def samples(self, model: keras.Model) -> list[Sample]:
        return self._watch.samples(model)


def _statistics_of(run: Path, corpus: Corpus, split: Split, setting: SpectrogramSetting, seed: int) -> dict[str, float]:
    """Measures of the training clips, which the run keeps with the first columns of test clips; once for a run."""
    if not (run / "starts.npz").exists():
        chosen = np.random.default_rng(seed).permutation(split.train)[:MEASURED_CLIPS]
        found, references = [], []
        for index in chosen:
            clip = PicturedClips.of(corpus, [index], setting)
            found.append(measured(clip.pictures[0], setting))
            references.append(clip.references[0])
        write_json(run / "statistics.json", mean_of(found) | {"reference": float(np.median(references))})
        kept = PicturedClips.of(corpus, split.test[:KEPT_CLIPS], setting)
        with atomic(run / "starts.npz") as path:
            np.savez(path, columns=kept.pictures[..., 0], references=kept.references)
    return read_json(run / "statistics.json")
