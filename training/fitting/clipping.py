"""Weights that stay within a limit: how the critic of the first WGAN is held (arXiv 1701.07875, algorithm 1)."""

from __future__ import annotations

import math
from typing import Any

import keras


@keras.saving.register_keras_serializable("training")
class Clip(keras.constraints.Constraint):
    """Clips a weight to [-limit, limit] after every step of its optimizer. ValueError unless 0 < limit < infinity."""

    def __init__(self, limit: float) -> None:
        if not 0 < limit < math.inf:
            raise ValueError(f"expected a positive limit, not {limit}")
        self.limit = limit

    def __call__(self, w: Any) -> Any:
        return keras.ops.clip(w, -self.limit, self.limit)

    def get_config(self) -> dict[str, Any]:
        return {"limit": self.limit}


def clip_weights(network: keras.Layer, limit: float) -> None:
    """Clip all trainable weights of the built `network`, now and after every step: also those of batch normalisation.

    For a model's `__init__` or `build`, where the network is made: a file keeps no constraint of a single weight, so that
    one set elsewhere is gone once the model is loaded. Raises ValueError for a network that is not built.
    """
    if not network.built:
        raise ValueError(f"{network.name} has no weights yet: build it before they are clipped")
    for weight in network.trainable_weights:
        weight.constraint = Clip(limit)
        weight.assign(weight.constraint(weight))
