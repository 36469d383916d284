"""What a model of sounds trains on: clips of recordings, split by file, cropped and played faster or slower in the feed."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from generators.run import LoadedRun
from generators.sounds import Sounds
from generators.sounds.primers import Primer
from spectro.clips import SUFFIXES, Clips, to_model
from spectro.demo import demo_folder
from spectro.stft import SETTINGS, SpectrogramSetting
from training.corpora.batches import Batches
from training.corpora.corpus import Corpus
from training.corpora.split import Split, split_corpus
from training.corpora.user_cache import open_corpus
from training.errors import InputError


def setting_of(config: Any) -> SpectrogramSetting:
    """The named setting with the config's hop and seconds; white is the loudest bin of a clip.

    InputError: an unknown name.
    """
    if config.setting not in SETTINGS:
        raise InputError(f"--setting must be one of {', '.join(SETTINGS)}; received {config.setting!r}")
    setting = replace(SETTINGS[config.setting], reference="clip")
    return replace(setting, hop=config.hop or setting.hop, seconds=config.seconds or setting.seconds)


def check_clips(config: Any) -> None:
    """InputError: parts of clips that do not go together with the setting."""
    setting = setting_of(config)
    if config.crop > setting.seconds:
        raise InputError(f"--crop must be at most the {setting.seconds:g} s of a clip; received {config.crop:g}")
    if 0 < config.crop * setting.rate < 2 * setting.hop:
        raise InputError(f"--crop must hold three columns, {2 * setting.hop / setting.rate:.3f} s; received {config.crop:g}")


def open_clips(data: str | os.PathLike | None, setting: SpectrogramSetting, cache: Path | None = None) -> Corpus:
    """The corpus of clips of `data` (folder, CSV or corpus) at the setting's rate and length; None is the demo music."""
    return open_corpus(data or demo_folder(cache), Clips(setting.rate, setting.seconds), SUFFIXES, cache)


def batches(
    corpus: Corpus, indices: np.ndarray, setting: SpectrogramSetting, batch_size: int, *,
    seed: int = 0, crop: float = 0.0, speed: float = 0.0, mute: float = 0.0, shuffle: bool = True,
) -> Batches:  # fmt: skip
    """Batches of waveforms (batch, samples) in [-1, 1]; crop in seconds (0: whole clips), speed and mute as in `Crop`.

    Whole clips that are not moved are fed as they are.
    """
    if not (crop or speed or mute):
        return Batches(corpus, indices, batch_size, seed=seed, to_model=to_model, shuffle=shuffle)
    samples = round(crop * setting.rate / setting.hop) * setting.hop if crop else setting.clip_samples
    feed = Crop(min(samples, setting.clip_samples), speed, round(mute * setting.rate))
    return Batches(corpus, indices, batch_size, seed=seed, to_model=to_model, transform=feed, shuffle=shuffle)


@dataclass(frozen=True)
class Crop:
    """A part of each clip, from anywhere in it, at a speed of its own."""

    samples: int
    """Of the part."""
    speed: float = 0.0
    """Parts are up to this fraction faster or slower; a clip that is too short for it is played no faster than it can be."""
    mute: int = 0
    """Samples at the beginning of a part that are silent at most; of one part in three none are, of others rather
    many than few, as little is harder to go on from than much."""

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
            if self.mute:
                part[: round(self.mute * np.sqrt(max(0.0, generator.uniform(-0.5, 1))))] = 0
        return out, None


@dataclass(frozen=True, eq=False)
class PicturedClips:
    """Clips and what a model sees of them."""

    sounds: np.ndarray
    """float32 (clips, samples) in [-1, 1]."""
    pictures: np.ndarray
    """float32 (clips, rows, columns) in [0, 1]."""
    references: np.ndarray
    """(clips,): the magnitude that is white in each."""
    setting: SpectrogramSetting

    @classmethod
    def of(cls, corpus: Corpus, indices: np.ndarray | list[int], setting: SpectrogramSetting) -> PicturedClips:
        """Some clips of a corpus."""
        sounds = to_model(corpus[np.asarray(indices)])
        magnitudes = np.abs(setting.analyse(sounds))
        references = magnitudes.max(axis=(1, 2))
        pictures = [setting.to_picture(one, float(white)) for one, white in zip(magnitudes, references, strict=True)]
        return cls(sounds, np.stack(pictures), references, setting)

    def beginnings(self, columns: int) -> list[Primer]:
        """What is known of each up to a column: as if the clip ended there, but for what is white."""
        known, rate = columns * self.setting.hop, self.setting.rate
        return [
            Primer(picture[:, :columns].T, float(white), sound[:known], rate)
            for picture, white, sound in zip(self.pictures, self.references, self.sounds, strict=True)
        ]


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
