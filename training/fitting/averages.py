"""Moving averages of a model's weights, of whichever optimizer keeps them (`use_ema`): what is judged, shown and saved."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any

import keras

from training.cli import log
from training.fitting.turns import InTurn

MEMORIES = 5
"""Times the 1 / (1 - momentum) steps that an average remembers which it needs: e^-5 of its start, 0.7 %, is left then."""


class Averages(keras.callbacks.Callback):
    """Has `fit` validate the moving averages, which `Best` saves and it leaves at its end, not the weights it trains on."""

    def __init__(self) -> None:
        super().__init__()
        self._given = contextlib.ExitStack()

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._given.enter_context(averaged(self.model))

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        self._given.close()


@contextlib.contextmanager
def averaged(model: keras.Model) -> Iterator[None]:
    """Give the model its optimizer's moving averages as weights, if it keeps any, and back the exact old values after."""
    if not _averaging(model):
        yield
        return
    values = [variable.numpy() for variable in model.trainable_variables]
    model.optimizer.finalize_variable_values(model.trainable_variables)
    for variable in model.trainable_variables:
        variable.assign(variable.numpy())  # copied: on JAX a step overwrites its weights, with them the averages themselves
    try:
        yield
    finally:
        for variable, value in zip(model.trainable_variables, values, strict=True):
            variable.assign(value)


def tell_short_training(model: keras.Model, epochs: int, steps: int) -> None:
    """Tell in a line where `epochs` of `steps` optimizer steps each are too few for the model's moving average.

    Keras' averages start at the weights after the first step and correct no bias: after n steps a part momentum^(n - 1) of
    them is those. Told and not refused: what is kept is also what is validated and shown, a short trial of a preset that is
    meant for more data is no mistake, and a resumed run may be given more epochs. Of players in turn, the average's own
    steps count.
    """
    part = max(_averaging(model), key=lambda part: part.ema_momentum, default=None)
    momentum = part.ema_momentum if part else 0.0
    whole, needed = epochs * steps, math.ceil(round(MEMORIES / (1 - momentum), 3))
    if isinstance(part, InTurn):
        whole = max(1, part.turns.count(part.player, whole))
    if not momentum or whole >= needed:
        return
    most = math.floor(1e4 * (1 - MEMORIES / whole)) / 1e4
    enough = math.ceil(needed * epochs / whole)
    log(
        f"after {epochs:,} epochs ({whole:,} steps) the moving average of the weights ({momentum:g}) will be "
        f"{momentum ** (whole - 1):.0%} those of the first step; expected {enough:,} epochs or more, "
        f"or {f'an average of at most {most:g}' if most > 0 else 'no average'}"
    )


def _averaging(model: keras.Model) -> list[keras.optimizers.Optimizer]:
    """Those of the model's optimizers that keep averages."""
    parts = getattr(model.optimizer, "optimizers", [model.optimizer])
    return [part for part in parts if part is not None and part.use_ema]
