"""A generator and a critic out of the layers that are their own; what networks of both kinds are put together from.

Generator: latent (batch, latent) [, label int32 (batch, 1)] -> picture (batch, h, w, c) in [-1, 1]. Critic: picture
[, label] -> one logit (batch, 1), high for real. Sizes that a stride does not divide are made larger and cut.
With labels the latent gets a learned vector beside it, and the logit a projection of the features on another one
(arXiv 1802.05637). Layers are named `generator_...` and `critic_...`: by these names optimizers find their player.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from generators.layers.labels import Labels
from training.devices.strategy import variable_dtype

Shape = tuple[int, int, int]
LABEL_SIZE = 16
"""Length of the vector that stands for a label beside the latent."""


def generator_of(make: Callable[[Any], Any], latent: int, classes: int) -> keras.Model:
    """make: latent (batch, numbers) -> picture; classes: 0 for no labels."""
    inputs = keras.Input((latent,), name="latent")
    x = inputs
    if classes:
        inputs = [inputs, keras.Input((1,), dtype="int32", name="label")]
        known = Labels(classes, LABEL_SIZE, name="generator_label")(inputs[1])
        x = layers.Concatenate(name="generator_latent")([x, layers.Flatten(name="generator_label_flat")(known)])
    return keras.Model(inputs, make(x), name="generator")


def critic_of(judge: Callable[[Any], Any], shape: Shape, classes: int, output: keras.Layer | None = None) -> keras.Model:
    """judge: picture -> features of any shape; output: features -> logit, by default dense; classes: 0 for no labels."""
    inputs = keras.Input(shape, name="picture")
    features = layers.Flatten(name="critic_features")(judge(inputs))
    logit = (output or layers.Dense(1, name="critic_logit"))(features)
    if classes:
        inputs = [inputs, keras.Input((1,), dtype="int32", name="label")]
        known = Labels(classes, features.shape[-1], embeddings_initializer="zeros", name="critic_label")(inputs[1])
        likeness = layers.Dot(1, name="critic_projection")([layers.Flatten(name="critic_label_flat")(known), features])
        logit = layers.Add(name="critic_sum")([logit, likeness])
    logit = layers.Activation("linear", dtype=variable_dtype(), name="critic_output")(logit)
    return keras.Model(inputs, logit, name="critic")


def spread(x: Any, grid: tuple[int, int], filters: int) -> Any:
    """A dense layer of the generator, laid out as (batch, *grid, filters)."""
    x = layers.Dense(grid[0] * grid[1] * filters, name="generator_dense")(x)
    return layers.Reshape((*grid, filters), name="generator_grid")(x)


def grid_of(shape: Shape, stride: int) -> tuple[int, int]:
    """Rows and columns that, enlarged by `stride`, are at least the shape's."""
    return -(-shape[0] // stride), -(-shape[1] // stride)


def cut(x: Any, shape: Shape) -> Any:
    """Without the last rows and columns beyond `shape`."""
    rows, columns = (have - want for have, want in zip(x.shape[1:3], shape, strict=False))
    if not rows and not columns:
        return x
    return layers.Cropping2D(((0, rows), (0, columns)), dtype=variable_dtype(), name="generator_cut")(x)


def tanh(x: Any) -> Any:
    """The generator's last layer, of pictures that are painted."""
    return layers.Activation("tanh", dtype=variable_dtype(), name="generator_tanh")(x)


def leaky(x: Any, name: str) -> Any:
    """Of slope 0.2."""
    return layers.LeakyReLU(negative_slope=0.2, name=name)(x)


def batch_norm(x: Any, name: str, momentum: float = 0.8, **how: Any) -> Any:
    """Over the whole batch where several devices share it."""
    synchronized = keras.backend.backend() == "tensorflow"
    return layers.BatchNormalization(momentum=momentum, synchronized=synchronized, name=name, **how)(x)


def strided_critic(x: Any, filters: tuple[int, ...], norm: Callable[[Any, str], Any]) -> Any:
    """Convolutions of 3 x 3, halved by all but the last one; normed from the second on, with dropout everywhere."""
    for number, count in enumerate(filters, start=1):
        stride = 1 if number == len(filters) else 2
        x = layers.Conv2D(count, 3, strides=stride, padding="same", name=f"critic_conv_{number}")(x)
        x = layers.ZeroPadding2D(((0, 1), (0, 1)), name="critic_pad")(x) if number == 2 else x
        x = norm(x, f"critic_norm_{number}") if number > 1 else x
        x = layers.Dropout(0.25, name=f"critic_dropout_{number}")(leaky(x, f"critic_relu_{number}"))
    return x
