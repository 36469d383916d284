"""Moving averages of a model's weights, of whichever optimizer keeps them (`use_ema`): what is judged, shown and saved."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import keras


@contextlib.contextmanager
def averaged(model: keras.Model) -> Iterator[None]:
    """Give the model its optimizer's moving averages as weights, if it keeps any, and back the exact old values after."""
    optimizer = model.optimizer
    keeps = any(part.use_ema for part in getattr(optimizer, "optimizers", [optimizer]) if part is not None)
    if not keeps:
        yield
        return
    values = [variable.numpy() for variable in model.trainable_variables]
    optimizer.finalize_variable_values(model.trainable_variables)
    try:
        yield
    finally:
        for variable, value in zip(model.trainable_variables, values, strict=True):
            variable.assign(value)
