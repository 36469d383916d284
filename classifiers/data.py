"""What a classifier trains on: clips with labels, split without leaks, augmented in the feed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from spectro.clips import SUFFIXES, Clips, to_model
from spectro.demo import demo_folder
from spectro.stft import SpectrogramSetting
from training.corpora.batches import Batches
from training.corpora.corpus import Corpus
from training.corpora.split import Split
from training.corpora.user_cache import open_corpus


def open_clips(data: str | os.PathLike | None, setting: SpectrogramSetting, cache: Path | None = None) -> Corpus:
    """The corpus of clips of `data` (folder, CSV or corpus) at the setting's rate and length; None is the demo music."""
    return open_corpus(data or demo_folder(cache), Clips(setting.rate, setting.seconds), SUFFIXES, cache)


def one_hot(corpus: Corpus, labels: tuple[str, ...]) -> np.ndarray:
    """(items, labels) float32: the target of every item; all zero where its label takes no part."""
    table = np.array([[row["label"] == label for label in labels] for row in corpus.rows], np.float32)
    return table[corpus.source_of]


def training_batches(corpus: Corpus, split: Split, batch_size: int, seed: int, mixing: Mixing) -> Batches:
    """Shuffled, augmented batches of the training part."""
    return Batches(
        corpus,
        split.train,
        batch_size,
        seed=seed,
        targets=one_hot(corpus, split.labels),
        to_model=to_model,
        transform=mixing,
    )


def evaluation_batches(corpus: Corpus, indices: np.ndarray, labels: tuple[str, ...], batch_size: int = 16) -> Batches:
    """Every item once, in order, as it is."""
    return Batches(corpus, indices, batch_size, targets=one_hot(corpus, labels), to_model=to_model, shuffle=False)


def class_weights(corpus: Corpus, split: Split) -> dict[int, float]:
    """Weights that make every label count the same: items / (labels * items of the label)."""
    counts = one_hot(corpus, split.labels)[split.train].sum(axis=0)
    return {label: float(counts.sum() / (len(counts) * max(count, 1))) for label, count in enumerate(counts)}


@dataclass(frozen=True)
class Mixing:
    """Augmentation of waveforms in the feed; the default does nothing."""

    time_shift: float = 0.0
    """Clips are rolled by up to this share of their length, either way."""
    mixup: float = 0.0
    """Beta parameter of mixup (Zhang et al., 2018, arXiv 1710.09412) on waveforms and targets; 0 is none."""

    def __call__(self, clips: np.ndarray, targets: Any, generator: np.random.Generator) -> tuple[np.ndarray, Any]:
        """clips (batch, samples), targets (batch, labels) -> the same, augmented; `clips` may be overwritten."""
        if self.time_shift:
            most = int(self.time_shift * clips.shape[1])
            clips = _rolled(clips, generator.integers(-most, most + 1, len(clips)))
        if self.mixup:
            share = generator.beta(self.mixup, self.mixup, (len(clips), 1)).astype(np.float32)
            share = np.maximum(share, 1 - share)  # the clip itself stays the louder part
            other = generator.permutation(len(clips))
            peak = np.maximum(clips.max(axis=1, keepdims=True), -clips.min(axis=1, keepdims=True))
            level = 1 / np.maximum(peak, 1e-9)  # equally loud, or the louder one hides the other
            added = clips[other]
            added *= (1 - share) * level[other]
            clips *= share * level
            clips += added
            targets = share * targets + (1 - share) * targets[other]
        return clips, targets


def _rolled(clips: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """Each clip rolled by its shift, in one pass over memory."""
    rolled = np.empty_like(clips)
    for out, clip, shift in zip(rolled, clips, shifts % clips.shape[1], strict=True):
        out[shift:], out[:shift] = clip[: len(clip) - shift], clip[len(clip) - shift :]
    return rolled
