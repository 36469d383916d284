"""What is computed in the precision of the weights even where layers compute in less: losses, last layers, draws."""

from __future__ import annotations

import keras


def whole() -> str:
    """The dtype of weights: float32, also where `--precision` is mixed_bfloat16."""
    return keras.config.dtype_policy().variable_dtype
