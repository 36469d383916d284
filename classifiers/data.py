"""What a classifier trains on: clips with labels, split without leaks, augmented in the feed."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from classifiers.augment import Mixing
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


def training_batches(
    corpus: Corpus, split: Split, batch_size: int, seed: int, mixing: Mixing, most_steps: int = 0
) -> Batches:
    """Shuffled, augmented batches of the training part; most_steps: of an epoch, 0 for as many as there are in a pass."""
    whole = max(1, len(split.train) // batch_size)
    return Batches(
        corpus,
        split.train,
        batch_size,
        seed=seed,
        targets=one_hot(corpus, split.labels),
        to_model=to_model,
        transform=mixing,
        steps=min(most_steps or whole, whole),
    )


def evaluation_batches(corpus: Corpus, indices: np.ndarray, labels: tuple[str, ...], batch_size: int = 16) -> Batches:
    """Every item once, in order, as it is."""
    return Batches(corpus, indices, batch_size, targets=one_hot(corpus, labels), to_model=to_model, shuffle=False)


def class_weights(corpus: Corpus, split: Split) -> dict[int, float]:
    """Weights that make every label count the same: items / (labels * items of the label)."""
    counts = one_hot(corpus, split.labels)[split.train].sum(axis=0)
    return {label: float(counts.sum() / (len(counts) * max(count, 1))) for label, count in enumerate(counts)}
