"""What replicas of a model must not share and what they must, and how they share batches; Keras has some of it otherwise."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from training.devices.strategy import draw_apart
from training.errors import InputError
from training.fitting.keras_internals import all_layers, losses_of_each_thread


def keep_apart(model: keras.Model) -> None:
    """Prepare the compiled and built `model` for several replicas, so that they train as one device does on the whole batch:

    losses      each replica reports what it has added itself
    noise       of dropout, masks and the like differs from replica to replica
    batch norm  takes its statistics from the whole batch
    clipnorm    holds for the gradient of the whole batch. Keras shortens each replica's, and adds up then
    """
    for layer in all_layers(model):
        losses_of_each_thread(layer)
        for value in vars(layer).values():
            if isinstance(value, keras.random.SeedGenerator):
                draw_apart(value)
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = True
    for optimizer in getattr(model.optimizer, "optimizers", [model.optimizer]):
        if optimizer.clipnorm:
            optimizer.apply = _shortened_together(optimizer.apply, optimizer.clipnorm)


def _shortened_together(apply: Any, longest: float) -> Any:
    """An optimizer's `apply` that shortens each weight's gradient to `longest` when it is that of all replicas."""
    import tensorflow as tf

    def applied(grads: Any, trainable_variables: Any = None) -> None:
        context = tf.distribute.get_replica_context()
        own = [tf.convert_to_tensor(gradient) for gradient in grads if gradient is not None]
        sums = iter(context.all_reduce(tf.distribute.ReduceOp.SUM, own))
        # every replica hands in an equal share, too short to be shortened again; the optimizer adds them up
        shares = [
            None if gradient is None else tf.clip_by_norm(next(sums), longest) / context.num_replicas_in_sync
            for gradient in grads
        ]
        apply(shares, trainable_variables)

    return applied


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
