"""The optimizer that a sequence model's config asks for."""

from __future__ import annotations

import keras

from generators.layers.column_config import SequenceConfig


def optimizer_of(config: SequenceConfig, steps: int) -> keras.optimizers.Optimizer:
    """Adam. steps: of the whole training."""
    rate = config.learning_rate
    if config.cosine:
        rate = keras.optimizers.schedules.CosineDecay(rate, steps, alpha=0.01)
    return keras.optimizers.Adam(rate, clipnorm=config.clip_norm or None)
