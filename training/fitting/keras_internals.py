"""All that this project uses of Keras beyond its public interface, nowhere else: what for, and what it relies on.

tests/training/fitting/test_keras_internals.py fails, and says what to look at, where a new Keras has changed it.
"""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterable
from typing import Any

import keras


def all_layers(model: keras.Model) -> list[keras.Layer]:
    """The model itself and every layer within it, however deep.

    `model.layers` knows neither the layers within a layer (a cell, a wrapped or attribute layer) nor those of a network.
    Relies on `Layer._flatten_layers()`.
    """
    return model._flatten_layers()


def losses_of_each_thread(layer: keras.Layer) -> None:
    """Have the layer keep what `add_loss` gives it apart for every thread, and so for every replica.

    Keras keeps one list; replicas that meet within `call` (in a batch norm, or to count a step) find both's losses in it.
    Relies on `Layer._losses`, a list of which it uses `extend`, `clear` and `[:]`. RuntimeError: a Keras that has none.
    """
    if not hasattr(layer, "_losses"):
        raise RuntimeError(f"Keras {keras.__version__} keeps losses elsewhere than in Layer._losses: see keras_internals")
    layer._losses = _Own()


class _Own(threading.local):
    """A list of which every thread has its own; as much of one as Keras uses."""

    def __init__(self) -> None:
        self.items: list[Any] = []

    def extend(self, items: Iterable[Any]) -> None:
        self.items.extend(items)

    def clear(self) -> None:
        self.items.clear()

    def __getitem__(self, place: slice) -> list[Any]:
        return self.items[place]


def moving_averages(optimizer: keras.optimizers.Optimizer) -> list[keras.Variable]:
    """The variables in which a built optimizer keeps the moving averages of its weights; none where it keeps none.

    They are written past `Optimizer.assign`. Relies on `Optimizer._model_variables_moving_average`, which has None for
    weights of float8.
    """
    averages = optimizer._model_variables_moving_average if optimizer.use_ema and optimizer.built else []
    return [average for average in averages if average is not None]


def variables_in(dtype: str) -> contextlib.AbstractContextManager:
    """Within it, `variable.value` is in `dtype`, whatever the precision of the layer that is being called.

    Without it mixed precision would round weights that are read within `call`. Relies on `keras.src.backend.AutocastScope`.
    """
    from keras.src.backend import AutocastScope

    return AutocastScope(dtype)


def prepare_tf2onnx() -> None:
    """Have tf2onnx know NumPy 2, which it does not by itself. Relies on `keras.src.export.tf2onnx_lib.patch_tf2onnx`."""
    from keras.src.export.tf2onnx_lib import patch_tf2onnx

    with warnings.catch_warnings():
        # Keras 3.15 asks NumPy for the `np.object` that tf2onnx wants
        warnings.filterwarnings("ignore", "In the future `np.object`", FutureWarning)
        patch_tf2onnx()
