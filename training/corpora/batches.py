"""Feeding a corpus to `fit`: batches by memory map, in an order that is a function of the seed and the epoch alone."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any

import keras
import numpy as np

from training.errors import InputError

Transform = Callable[[np.ndarray, np.ndarray | None, np.random.Generator], tuple[np.ndarray, np.ndarray | None]]


class Purpose(IntEnum):
    """What random numbers are for, where a seed serves several purposes."""

    AUGMENTATION = 1
    EVALUATED_CLIPS = 2


def stream_of(seed: int, purpose: Purpose, *place: int) -> np.random.Generator:
    """Random numbers of one purpose at one place (epoch, batch): no other purpose's, and no plain seed's.

    NumPy fills seeds up with zeros: (seed, epoch) and (seed, epoch, 0) are one stream. Children of a seed are not filled up.

        stream_of(0, Purpose.AUGMENTATION, epoch, batch).normal(size=3)
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(purpose, *place)))


class Batches(keras.utils.PyDataset):
    """Batches of `items[indices]` and, where given, of their targets.

    items: anything that a NumPy index array gathers from (a `Corpus`, an array); indices: which of them take part.
    targets: one row per *item of `items`*, or None. to_model: the codec's scale (uint8 or int16 -> float32).
    transform: augmentation (inputs, targets, generator) -> (inputs, targets); the generator belongs to (seed, epoch, batch),
    so a resumed run sees what an uninterrupted one would.

    shuffle=True (training): every pass over the data has its own permutation and drops its ragged last batch (another one
    each pass). shuffle=False (evaluation): every item, once, in order. steps: batches in an epoch, by default one pass;
    fewer make epochs (and with them checkpoints) finer, and the passes simply run on across them.
    """

    def __init__(
        self,
        items: Any,
        indices: np.ndarray,
        batch_size: int,
        *,
        seed: int = 0,
        targets: np.ndarray | None = None,
        to_model: Callable[[np.ndarray], np.ndarray] | None = None,
        transform: Transform | None = None,
        shuffle: bool = True,
        steps: int | None = None,
    ) -> None:
        super().__init__()
        if not len(indices):
            raise InputError("there is no item to train on or to evaluate; is the folder's split too small?")
        self.items, self.indices, self.targets = items, np.asarray(indices), targets
        self.batch_size = min(batch_size, len(indices)) if shuffle else batch_size
        self.seed, self.to_model, self.transform, self.shuffle = seed, to_model, transform, shuffle
        whole, rest = divmod(len(indices), self.batch_size)
        self.batches_per_pass = whole if shuffle else whole + bool(rest)
        self.steps = steps or self.batches_per_pass
        self.epoch = 0
        self._order: tuple[int, np.ndarray] = (-1, self.indices)

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        epoch = self.epoch
        chosen = self._chosen(epoch * self.steps + index if self.shuffle else index)
        inputs = self.items[chosen]
        inputs = inputs if self.to_model is None else self.to_model(inputs)
        targets = None if self.targets is None else self.targets[chosen]
        if self.transform is not None:
            inputs, targets = self.transform(inputs, targets, stream_of(self.seed, Purpose.AUGMENTATION, epoch, index))
        return (inputs,) if targets is None else (inputs, targets)

    def _chosen(self, batch: int) -> np.ndarray:
        number, batch = divmod(batch, self.batches_per_pass)
        place = slice(batch * self.batch_size, (batch + 1) * self.batch_size)
        return (self._permutation(number) if self.shuffle else self.indices)[place]

    def _permutation(self, number: int) -> np.ndarray:
        """Order of pass `number`; the last one is kept, in one assignment because batches are read from two threads."""
        kept, order = self._order
        if kept != number:
            order = np.random.default_rng((self.seed, number)).permutation(self.indices)
            self._order = (number, order)
        return order


class Epochs(keras.callbacks.Callback):
    """Tells a training `Batches` which epoch it is in; the order follows from that, also after a resume."""

    def __init__(self, batches: Batches) -> None:
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.batches.epoch = epoch
