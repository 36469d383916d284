"""Recordings as windows that an autoencoder of waveforms trains on."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from spectro.clips import SUFFIXES, Clips
from spectro.demo import demo_folder
from spectro.hilbert import to_unit
from training.corpora.batches import Batches
from training.corpora.corpus import Corpus
from training.corpora.user_cache import open_corpus
from transfer.hilbert_autoencoder.augmentation import disturbed


def open_windows(data: str | os.PathLike | None, rate: int, samples: int, cache: Path | None = None) -> Corpus:
    """The corpus of mono windows of `samples` at `rate` Hz of `data` (folder, CSV or corpus); None is the demo music."""
    seconds = samples / rate
    clips = Clips(rate, seconds, shortest=min(Clips.shortest, seconds))
    return open_corpus(data or demo_folder(cache), clips, SUFFIXES, cache)


def batches(
    corpus: Corpus, indices: np.ndarray, batch_size: int, *, seed: int = 0, disturb: float = 0.0, shuffle: bool = True
) -> Batches:
    """Batches of (windows, windows), float32 in [0, 1); disturb: how foreign the first ones are made."""
    rate = corpus.manifest["facts"]["rate"]

    def pairs(windows: np.ndarray, targets: None, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        if not disturb:
            return windows, windows
        return (disturbed(2 * windows - 1, rate, generator, disturb) + 1) / 2, windows

    return Batches(corpus, indices, batch_size, seed=seed, to_model=to_unit, transform=pairs, shuffle=shuffle)
