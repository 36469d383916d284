"""What music a picture shows, beside its pixels: for critics."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("generators")
class Streams(keras.layers.Layer):
    """Pictures (batch, h, w, c) in [-1, 1] -> (batch, groups, numbers): groups of `patch` columns, all they show in a row.

    The pixels and where they go on; of both also the sums over octaves (rows that are twelve apart) and over all rows. Of
    "Convolutional Generative Adversarial Networks with Binary Neurons for Polyphonic Music Generation" (arXiv 1804.09399),
    whose critic has streams for onsets and pitch classes too.
    """

    def __init__(self, patch: int, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.patch = patch

    def call(self, pictures: Any) -> Any:
        height, width = pictures.shape[1:3]
        rows, columns = -height % 12, -width % self.patch
        on = ops.pad((pictures + 1) / 2, ((0, 0), (0, rows), (0, columns), (0, 0)))
        begins = ops.relu(on - ops.pad(on, ((0, 0), (0, 0), (1, 0), (0, 0)))[:, :, :-1])
        return ops.concatenate([part for plane in (on, begins) for part in self._parts(plane)], axis=-1)

    def _parts(self, plane: Any) -> list[Any]:
        _, height, width, channels = plane.shape
        classes = ops.sum(ops.reshape(plane, (-1, height // 12, 12, width, channels)), axis=1)
        return [self._grouped(each) for each in (plane, classes, ops.sum(classes, axis=1, keepdims=True))]

    def _grouped(self, plane: Any) -> Any:
        """(batch, h, w, c) -> (batch, w / patch, h * patch * c)."""
        _, height, width, channels = plane.shape
        parts = ops.reshape(plane, (-1, height, width // self.patch, self.patch * channels))
        return ops.reshape(ops.transpose(parts, (0, 2, 1, 3)), (-1, width // self.patch, height * self.patch * channels))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"patch": self.patch}
