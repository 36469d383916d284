"""Functions that call a model as graphs, so that a call costs no more than its operations: what samplers loop in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras


def compiled(function: Callable[..., Any], model: keras.Model) -> Callable[..., Any]:
    """`function` of tensors, which calls `model`, as a graph, without Keras' work for every call; weights may change."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.function(function, autograph=False)
    if keras.backend.backend() == "jax":
        import jax

        def stateless(values: list[Any], *arguments: Any) -> Any:
            with keras.StatelessScope(state_mapping=zip(model.variables, values, strict=True)):
                return function(*arguments)

        run = jax.jit(stateless)
        return lambda *arguments: run([variable.value for variable in model.variables], *arguments)
    return function
