"""Augmentation of pictures inside the model, active in training only."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("classifiers")
class SpecAugment(keras.layers.Layer):
    """Hides random bands of rows and columns (Park et al., "SpecAugment", 2019, arXiv 1904.08779), and nothing else.

    Picture (batch, rows, columns, 1) in and out. Each of `masks` masks per axis covers a width drawn uniformly from 0 to
    the given share of that axis, at a uniform place, filled with 0 (the floor). Every picture has its own masks.
    """

    def __init__(
        self, masks: int = 2, row_share: float = 0.1, column_share: float = 0.1, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs | {"dtype": "float32"})
        self.masks, self.row_share, self.column_share, self.seed = masks, row_share, column_share, seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, picture: Any, training: bool = False) -> Any:
        if not training:
            return picture
        batch, rows, columns = ops.shape(picture)[0], picture.shape[1], picture.shape[2]
        kept = ops.ones_like(picture)
        for _ in range(self.masks):
            kept *= 1 - self._mask(batch, rows, self.row_share)[:, :, None, None]
            kept *= 1 - self._mask(batch, columns, self.column_share)[:, None, :, None]
        return picture * kept

    def _mask(self, batch: Any, size: int, share: float) -> Any:
        """(batch, size): 1 inside one random band of each picture."""
        width = keras.random.uniform((batch, 1), 0, share * size, seed=self.generator)
        start = keras.random.uniform((batch, 1), seed=self.generator) * (size - width)
        place = ops.arange(size, dtype="float32")[None]
        return ops.cast((place >= start) & (place < start + width), "float32")

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "masks": self.masks,
            "row_share": self.row_share,
            "column_share": self.column_share,
            "seed": self.seed,
        }
