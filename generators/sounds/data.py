"""What a model of sounds trains on: clips of recordings, split by file, cropped and played faster or slower in the feed."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from generators.run import LoadedRun
from generators.sounds import Sounds
from spectro.clips import SUFFIXES, Clips, to_model
from spectro.demo import demo_folder
from spectro.stft import SETTINGS, SpectrogramSetting
from training.corpora.batches import Batches
from training.corpora.corpus import Corpus
from training.corpora.split import Split, split_corpus
from training.corpora.user_cache import open_corpus
from training.errors import InputError


def setting_of(config: Any) -> SpectrogramSetting:
    """The named setting with the config's hop; white is the loudest bin of a clip. InputError: an unknown name."""
    if config.setting not in SETTINGS:
        raise InputError(f"--setting must be one of {', '.join(SETTINGS)}; received {config.setting!r}")
    setting = replace(SETTINGS[config.setting], reference="clip")
    return replace(setting, hop=config.hop) if config.hop else setting


def check_config(config: Any) -> None:
    """InputError: numbers that do not go together."""
    setting = setting_of(config)
    if config.crop > setting.seconds:
        raise InputError(f"--crop must be at most the {setting.seconds:g} s of a clip; received {config.crop:g}")
    if setting.rows < config.bands:
        raise InputError(f"--bands must be at most the {setting.rows} rows of a column; received {config.bands}")
    if 0 < config.crop * setting.rate < 2 * setting.hop:
        raise InputError(f"--crop must hold three columns, {2 * setting.hop / setting.rate:.3f} s; received {config.crop:g}")


def open_clips(data: str | os.PathLike | None, setting: SpectrogramSetting, cache: Path | None = None) -> Corpus:
    """The corpus of clips of `data` (folder, CSV or corpus) at the setting's rate and length; None is the demo music."""
    return open_corpus(data or demo_folder(cache), Clips(setting.rate, setting.seconds), SUFFIXES, cache)


def batches(
    corpus: Corpus, indices: np.ndarray, setting: SpectrogramSetting, batch_size: int, *,
    seed: int = 0, crop: float = 0.0, speed: float = 0.0, shuffle: bool = True,
) -> Batches:  # fmt: skip
    """Batches of waveforms (batch, samples) in [-1, 1]; crop in seconds (0: whole clips) and speed as in the model's Config.

    Whole clips that are not moved are fed as they are.
    """
    if not (crop or speed):
        return Batches(corpus, indices, batch_size, seed=seed, to_model=to_model, shuffle=shuffle)
    samples = round(crop * setting.rate / setting.hop) * setting.hop if crop else setting.clip_samples
    feed = Crop(min(samples, setting.clip_samples), speed)
    return Batches(corpus, indices, batch_size, seed=seed, to_model=to_model, transform=feed, shuffle=shuffle)


@dataclass(frozen=True)
class Crop:
    """A part of each clip, from anywhere in it, at a speed of its own."""

    samples: int
    """Of the part."""
    speed: float = 0.0
    """Parts are up to this fraction faster or slower; a clip that is too short for it is played no faster than it can be."""

    def __call__(self, clips: np.ndarray, targets: None, generator: np.random.Generator) -> tuple[np.ndarray, None]:
        """clips (batch, samples) -> (batch, self.samples)."""
        most = (clips.shape[1] - 1) / max(1, self.samples - 1)
        rates = np.minimum(1 + generator.uniform(-self.speed, self.speed, len(clips)), most)
        starts = generator.uniform(0, 1, len(clips)) * (clips.shape[1] - 1 - rates * (self.samples - 1))
        steps = np.arange(self.samples)
        out = np.empty((len(clips), self.samples), np.float32)
        for part, clip, rate, start in zip(out, clips, rates, starts, strict=True):
            if self.speed:
                part[:] = np.interp(start + rate * steps, np.arange(len(clip)), clip)
            else:
                part[:] = clip[round(start) :][: self.samples]
        return out, None


class SoundRun(LoadedRun):
    """A run of a model of sounds, opened to be used. InputError: as `LoadedRun`, a run of another kind."""

    def __init__(self, run: str | os.PathLike) -> None:
        super().__init__(run, Sounds)
        self.setting: SpectrogramSetting = self.model.setting

    def clips(self, data: str | os.PathLike | None = None, cache: Path | None = None) -> tuple[Corpus, Split]:
        """The clips that it was trained on, and their parts as then; data: where they are now.

        InputError: they are gone, or others.
        """
        path = self.data_path(data)
        corpus = open_clips(path, self.setting, self.cache(cache))
        self.check_same_data(corpus.manifest["fingerprint"], path)
        return corpus, split_corpus(corpus, seed=self.record["seed"], labelled=False)
