"""How much pictures of a batch differ: for critics, which else see one at a time and miss that all are alike."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("generators")
class MinibatchDeviation(keras.layers.Layer):
    """(batch, *places, channels) -> one channel more: how much the pictures of a group differ (arXiv 1710.10196, section 3).

    The mean over places and channels of the standard deviation in the group: `group` pictures that follow each other, so
    that devices which share a batch find what one would; where they do not divide the batch, the largest number that does.
    Equal pictures give sqrt(1e-8).
    """

    def __init__(self, group: int = 4, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.group = group

    def call(self, x: Any) -> Any:
        _, *places, channels = x.shape
        group = _largest_divisor(ops.shape(x)[0], self.group)
        grouped = ops.cast(ops.reshape(x, (-1, group, *places, channels)), self.variable_dtype)
        deviation = ops.sqrt(ops.var(grouped, axis=1, keepdims=True) + 1e-8)
        statistic = ops.mean(deviation, axis=tuple(range(2, len(deviation.shape))), keepdims=True)
        statistic = ops.broadcast_to(statistic, (*ops.shape(grouped)[:-1], 1))
        return ops.concatenate([x, ops.cast(ops.reshape(statistic, (-1, *places, 1)), x.dtype)], axis=-1)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"group": self.group}


def _largest_divisor(count: Any, most: int) -> Any:
    """The largest divisor of `count`, which may be a tensor, that is at most `most`."""
    found = 1
    for divisor in range(2, most + 1):
        found += (divisor - found) * (count // divisor * divisor // count)  # the second factor: 1 if it divides, 0 if not
    return found
