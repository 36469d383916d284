"""Batches that several devices share: each replica has as many rows of a training batch, none is without a row."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from training.cli import InputError


def rows_of(batch: Any) -> int:
    """Items in a batch."""
    return len(keras.tree.flatten(batch)[0])


def share(batch: Any, replica: int, replicas: int) -> Any:
    """The rows of `batch` that are replica number `replica`'s."""
    rows = rows_of(batch)
    part = slice(rows * replica // replicas, rows * (replica + 1) // replicas)
    return keras.tree.map_structure(lambda array: array[part], batch)


def check_even(batches: keras.utils.PyDataset, replicas: int) -> None:
    """InputError unless `replicas` devices can share every training batch evenly: else some items would count more."""
    rows = rows_of(batches[0])
    if rows % replicas:
        raise InputError(
            f"{replicas} devices cannot share a batch of {rows} items evenly; give a --batch-size that {replicas} divides, "
            "and no larger than the training part"
        )


class Whole(keras.utils.PyDataset):
    """Batches for evaluation, every item in them, where the ragged last one would leave a device of `replicas` without any.

    Such a last batch joins the one before it; all others stay as they are. InputError: fewer items in a batch than devices.
    """

    def __init__(self, batches: keras.utils.PyDataset, replicas: int) -> None:
        super().__init__()
        self.batches, self.count = batches, len(batches)
        if self.count > 1 and rows_of(batches[self.count - 1]) < replicas:
            self.count -= 1
        fewest = min(rows_of(self[0]), rows_of(self[self.count - 1]))
        if fewest < replicas:
            raise InputError(
                f"{replicas} devices cannot share a validation batch of {fewest} items; give fewer devices, a larger "
                "--batch-size or more files"
            )

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Any:
        last = range(index, len(self.batches) if index == self.count - 1 else index + 1)
        return keras.tree.map_structure(lambda *parts: np.concatenate(parts), *(self.batches[place] for place in last))


def weighted(batch: tuple, weights: dict[int, float] | None) -> tuple:
    """A batch (inputs, one-hot targets) with the weight of each item's label, as `fit` takes `class_weight`."""
    if weights is None:
        return batch
    inputs, targets = batch
    return inputs, targets, np.array([weights[label] for label in targets.argmax(axis=-1)], np.float32)
