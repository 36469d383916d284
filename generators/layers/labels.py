"""Vectors that stand for labels."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("generators")
class Labels(layers.Embedding):
    """Labels int32 (...) -> their learned vectors (..., output_dim), by a product, whose gradient is of the whole table.

    A gradient of rows that are looked up comes row by row. An optimizer with `clipnorm` measures it before equal rows are
    added up, which is another length on two devices than on one.
    """

    def call(self, inputs: Any) -> Any:
        return ops.matmul(ops.one_hot(inputs, self.input_dim, dtype=self.compute_dtype), self.embeddings)
