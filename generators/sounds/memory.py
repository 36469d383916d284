"""What a model of sounds keeps in mind of every bin: where it has been, and how much it trembles."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

FAST, SLOW = 0.08, 2.0
"""Seconds that the two running means look back."""
ROUGH = 0.5
"""The same of the mean distance from the fast one."""
FIRST = 0.05
"""Distance that is assumed at first."""


@keras.saving.register_keras_serializable("generators")
class Memory(keras.layers.Layer):
    """Running means over time, of each bin by itself: nothing is learned here, so it serves sounds never heard before.

    State (batch, 3 * rows): fast mean, slow mean, mean distance from the fast mean. columns_a_second: of the picture.
    """

    def __init__(self, rows: int, columns_a_second: float, **kwargs: Any) -> None:
        super().__init__(**kwargs | {"dtype": "float32"})
        self.rows, self.columns_a_second = rows, columns_a_second
        self.size = 3 * rows
        self.built = True

    def call(self, columns: Any, state: Any) -> Any:
        """columns (batch, time, rows), the state before them -> the state after each (batch, time, 3 * rows)."""
        fast, slow, rough = ops.split(state, 3, axis=-1)
        fast_after = self._mean(columns, fast, FAST)
        fast_before = ops.concatenate([fast[:, None], fast_after[:, :-1]], axis=1)
        distance = ops.abs(columns - fast_before)
        return ops.concatenate([fast_after, self._mean(columns, slow, SLOW), self._mean(distance, rough, ROUGH)], axis=-1)

    def _mean(self, values: Any, before: Any, seconds: float) -> Any:
        """m_t = k m_(t-1) + (1 - k) v_t, as one product: m_t = k^(t+1) m_(-1) + (1 - k) sum_(s <= t) k^(t-s) v_s."""
        rate = 1 / (seconds * self.columns_a_second)  # minus the logarithm of k
        time = ops.arange(ops.shape(values)[1], dtype="float32")
        ago = time[:, None] - time[None]
        share = ops.where(ago >= 0, -np.expm1(-rate) * ops.exp(-rate * ops.maximum(ago, 0.0)), 0.0)
        return ops.exp(-rate * (time + 1))[:, None] * before[:, None] + ops.matmul(share, values)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rows": self.rows, "columns_a_second": self.columns_a_second}


def first_memory(column: Any) -> Any:
    """The state before anything was heard: as if the first column (batch, rows) had always been there."""
    return ops.concatenate([column, column, ops.full_like(column, FIRST)], axis=-1)
