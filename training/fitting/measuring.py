"""Models that measure what they do within their `call`, on every backend and any number of replicas."""

from __future__ import annotations

import threading
from typing import Any

import keras


class Measuring(keras.Model):
    """A model whose `call` says `self.measure(metric, value)`; the metric is updated when the loss of that call is taken.

    Keras' JAX trainer keeps what `compute_loss` does to metrics, and drops what `call` does to them.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._measured = _Measured()

    def measure(self, metric: keras.metrics.Metric, value: Any, weight: Any = None) -> None:
        """Update `metric` with `value` (and `weight`, of its shape) with the loss. Whatever `call` measures, it always does:
        so nothing is left of a call that had no loss (a prediction, an export)."""
        self._measured.values[metric.name] = (metric, value, weight)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        for metric, value, weight in self._measured.values.values():
            metric.update_state(value, weight)
        self._measured.values.clear()
        return super().compute_loss(x, y, y_pred, sample_weight, training=training)


class _Measured(threading.local):
    """Of every thread apart, since each replica calls the model in its own."""

    def __init__(self) -> None:
        self.values: dict[str, tuple[keras.metrics.Metric, Any, Any]] = {}
