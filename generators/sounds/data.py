"""What a model of sounds trains on: clips of recordings, split by file, cropped and played faster or slower in the feed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spectro.clips import SUFFIXES, Clips, to_model
from spectro.demo import demo_folder
from spectro.stft import SpectrogramSetting
from training.cli import InputError
from training.corpora.batches import Batches
from training.corpora.corpus import Corpus
from training.corpora.split import Split, split_corpus
from training.corpora.user_cache import open_corpus


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
    """Parts are up to this share faster or slower; a clip that is too short for it is played no faster than it can be."""

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


@dataclass(frozen=True, eq=False)
class RunData:
    """The corpus of a run and its parts."""

    corpus: Corpus
    split: Split


def data_of(
    record: dict, setting: SpectrogramSetting, data: str | os.PathLike | None = None, cache: Path | None = None
) -> RunData:
    """The data of a run's record, split as its training split them. data: where they are now, if they have moved.

    InputError: they are gone, or are others now.
    """
    path = data or record["data"]["path"]
    if path is not None and not Path(path).exists():
        raise InputError(f"the run's data {path} are gone; tell where they are now with --data")
    corpus = open_clips(path, setting, cache)
    if corpus.manifest["fingerprint"] != record["data"]["fingerprint"]:
        raise InputError(f"{path} holds other files than the run was trained on; give the same by --data")
    return RunData(corpus, split_corpus(corpus, seed=record["seed"], labelled=False))
