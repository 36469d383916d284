"""The gradient of a network's output in its input, itself differentiable: for gradient penalties."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras


def input_gradient(function: Callable[[Any], Any], x: Any) -> Any:
    """The gradient of `sum(function(x))` in `x`, of `x`'s shape, differentiable again.

    Where `function` treats each sample of the batch by itself, row i is the gradient of sample i's own output
    (WGAN-GP, arXiv 1704.00028; R1, arXiv 1801.04406). Batch normalisation in training mode breaks that; and `function` must
    update no state (seeds, statistics), which JAX could not carry out of the differentiation.
    Backends: TensorFlow and JAX; RuntimeError on others.
    """
    x = keras.ops.convert_to_tensor(x)
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(x)
            total = keras.ops.sum(function(x))
        return tape.gradient(total, x, unconnected_gradients="zero")
    if backend == "jax":
        import jax

        return jax.grad(lambda inputs: keras.ops.sum(function(inputs)))(x)
    raise RuntimeError(f"input_gradient knows TensorFlow and JAX, not the {backend} backend")
