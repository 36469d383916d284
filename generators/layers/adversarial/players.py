"""Pairs of a generator and a critic for pictures of any size, those of `generators.dcgan`, and what others share with them.

Generator: latent (batch, latent) [, label int32 (batch, 1)] -> picture (batch, h, w, c) in [-1, 1]. Critic: picture
[, label] -> one logit (batch, 1), high for real. Sizes that a stride does not divide are made larger and cut.
With labels the latent gets a learned vector beside it, and the logit a projection of the features on another one
(arXiv 1802.05637).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

from generators.layers.row_codebook import RowCodebook
from generators.layers.streams import Streams
from training.devices.strategy import variable_dtype

Shape = tuple[int, int, int]
LABEL_SIZE = 16
"""Length of the vector that stands for a label beside the latent."""


@dataclass(frozen=True)
class Columns:
    """Sizes of our networks; the others have fixed ones."""

    patch: int = 6
    """Columns of pixels in a group."""
    shapes: int = 10
    """Shapes that a row may have in a group, silence not counted."""
    generator_width: int = 128
    """Numbers that stand for a group in the generator."""
    critic_width: int = 128
    """The same in the critic."""


def players(kind: str, shape: Shape, latent: int, classes: int, sizes: Columns) -> tuple[keras.Model, keras.Model]:
    """The generator and the critic of one of KINDS, named so; classes: 0 for no labels."""
    make, judge = KINDS[kind]
    return _generator(make, shape, latent, classes, sizes), _critic(judge, shape, classes, sizes)


def _generator(make: Callable, shape: Shape, latent: int, classes: int, sizes: Columns) -> keras.Model:
    inputs = keras.Input((latent,), name="latent")
    x = inputs
    if classes:
        inputs = [inputs, keras.Input((1,), dtype="int32", name="label")]
        known = layers.Embedding(classes, LABEL_SIZE, name="generator_label")(inputs[1])
        x = layers.Concatenate(name="generator_latent")([x, layers.Flatten(name="generator_label_flat")(known)])
    return keras.Model(inputs, make(x, shape, sizes), name="generator")


def _critic(judge: Callable, shape: Shape, classes: int, sizes: Columns) -> keras.Model:
    inputs = keras.Input(shape, name="picture")
    features = layers.Flatten(name="critic_features")(judge(inputs, sizes))
    logit = layers.Dense(1, name="critic_logit")(features)
    if classes:
        inputs = [inputs, keras.Input((1,), dtype="int32", name="label")]
        known = layers.Embedding(classes, features.shape[-1], embeddings_initializer="zeros", name="critic_label")(inputs[1])
        likeness = layers.Dot(1, name="critic_projection")([layers.Flatten(name="critic_label_flat")(known), features])
        logit = layers.Add(name="critic_sum")([logit, likeness])
    logit = layers.Activation("linear", dtype=variable_dtype(), name="critic_output")(logit)
    return keras.Model(inputs, logit, name="critic")


def printed_generator(x: Any, shape: Shape, _: Columns) -> Any:
    """1,963,201 parameters at 96 x 96 x 1: 24 x 24 x 32, twice doubled."""
    return _doubled(x, shape, 32, (64, 64))


def released_generator(x: Any, shape: Shape, _: Columns) -> Any:
    """2,323,777 parameters at 96 x 96 x 1: 12 x 12 x 128, three times doubled."""
    return _doubled(x, shape, 128, (128, 64, 64))


def _doubled(x: Any, shape: Shape, first: int, filters: tuple[int, ...]) -> Any:
    x = _leaky(_spread(x, _grid(shape, 2 ** len(filters)), first), "generator_relu_0")
    for number, count in enumerate(filters, start=1):
        x = layers.Conv2DTranspose(count, 4, strides=2, padding="same", name=f"generator_up_{number}")(x)
        x = _leaky(x, f"generator_relu_{number}")
    return _tanh(cut(layers.Conv2D(shape[2], 7, padding="same", name="generator_picture")(x), shape))


def small_critic(x: Any, _: Columns) -> Any:
    """74,433 parameters with the logit at 96 x 96 x 1."""
    for number in (1, 2):
        x = layers.Conv2D(64, 3, strides=2, padding="same", name=f"critic_conv_{number}")(x)
        x = layers.Dropout(0.4, name=f"critic_dropout_{number}")(_leaky(x, f"critic_relu_{number}"))
    return x


def normed_generator(x: Any, shape: Shape, _: Columns) -> Any:
    """3,655,492 parameters at 88 x 200 x 4, batch-norm statistics included."""
    x = _leaky(_spread(x, _grid(shape, 8), 128), "generator_relu_0")
    for number, count in enumerate((128, 64), start=1):
        x = layers.Conv2DTranspose(count, 2, strides=2, name=f"generator_up_{number}")(x)
        x = _leaky(_batch_norm(x, f"generator_norm_{number}"), f"generator_relu_{number}")
    return _tanh(cut(layers.Conv2DTranspose(shape[2], 2, strides=2, name="generator_picture")(x), shape))


def normed_critic(x: Any, _: Columns) -> Any:
    """470,369 parameters with the logit at 88 x 200 x 4, batch-norm statistics included."""
    for number, (count, stride) in enumerate(((32, 2), (64, 2), (128, 2), (256, 1)), start=1):
        x = layers.Conv2D(count, 3, strides=stride, padding="same", name=f"critic_conv_{number}")(x)
        x = layers.ZeroPadding2D(((0, 1), (0, 1)), name="critic_pad")(x) if number == 2 else x
        x = _batch_norm(x, f"critic_norm_{number}") if number > 1 else x
        x = layers.Dropout(0.25, name=f"critic_dropout_{number}")(_leaky(x, f"critic_relu_{number}"))
    return x


def column_generator(x: Any, shape: Shape, sizes: Columns) -> Any:
    """Groups of columns, a vector each, twice as many after half of the convolutions; each row of a group gets a shape."""
    groups, width = -(-shape[1] // sizes.patch), sizes.generator_width
    coarse = -(-groups // 2)
    x = layers.Dense(coarse * width, name="generator_dense")(x)
    x = _residual(layers.Reshape((coarse, width), name="generator_groups")(x), "generator_coarse")
    x = layers.Conv1DTranspose(width, 2, strides=2, name="generator_up")(x)
    x = layers.Cropping1D((0, x.shape[1] - groups), name="generator_up_cut")(x)
    return chosen_rows(_residual(x, "generator_fine"), shape, sizes.patch, sizes.shapes)


def chosen_rows(x: Any, shape: Shape, patch: int, shapes: int) -> Any:
    """Vectors (batch, groups, width) -> the picture of hard cells, -1 and 1: each row of a group rests or gets a shape."""
    x = _leaky(_rms_norm(x, "generator_norm"), "generator_relu")
    spread = keras.initializers.RandomNormal(stddev=x.shape[-1] ** -0.5)
    x = layers.Dense(shape[0] * (shapes + 1), kernel_initializer=spread, name="generator_choices")(x)
    x = RowCodebook(shape[0], shapes, patch, shape[2], dtype=variable_dtype(), name="generator_shapes")(x)
    return cut(x, shape)


def _residual(x: Any, name: str) -> Any:
    """x plus what two convolutions over time make of it."""
    inner = x
    for number in (1, 2):
        inner = _leaky(_rms_norm(inner, f"{name}_norm_{number}"), f"{name}_relu_{number}")
        inner = layers.Conv1D(x.shape[-1], 3, padding="same", name=f"{name}_conv_{number}")(inner)
    return layers.Add(name=f"{name}_sum")([x, inner])


def column_critic(x: Any, sizes: Columns) -> Any:
    """Groups of columns, a vector each, by streams of music; convolutions over time; a dense layer sees the whole."""
    width = sizes.critic_width
    x = Streams(sizes.patch, name="critic_streams")(x)
    x = _judged(layers.Dense(width, kernel_initializer="he_normal", name="critic_groups"), x)
    for number, (kernel, stride) in enumerate(((3, 1), (4, 2), (4, 2)), start=1):
        layer = layers.Conv1D(width, kernel, stride, "same", kernel_initializer="he_normal", name=f"critic_conv_{number}")
        x = _judged(layer, x)
    dense = layers.Dense(width, kernel_initializer="he_normal", name="critic_dense")
    return _judged(dense, layers.Flatten(name="critic_flat")(x))


def _judged(layer: keras.Layer, x: Any) -> Any:
    return _leaky(layer(x), f"{layer.name}_relu")


KINDS: dict[str, tuple[Callable, Callable]] = {
    "printed": (printed_generator, small_critic),
    "released": (released_generator, small_critic),
    "normed": (normed_generator, normed_critic),
    "columns": (column_generator, column_critic),
}
"""Name -> the generator's and the critic's own layers."""


def _spread(x: Any, grid: tuple[int, int], filters: int) -> Any:
    """A dense layer, laid out as (batch, *grid, filters)."""
    x = layers.Dense(grid[0] * grid[1] * filters, name="generator_dense")(x)
    return layers.Reshape((*grid, filters), name="generator_grid")(x)


def _grid(shape: Shape, stride: int) -> tuple[int, int]:
    """Rows and columns that, enlarged by `stride`, are at least the shape's."""
    return -(-shape[0] // stride), -(-shape[1] // stride)


def cut(x: Any, shape: Shape) -> Any:
    """Without the last rows and columns beyond `shape`."""
    rows, columns = (have - want for have, want in zip(x.shape[1:3], shape, strict=False))
    return (
        layers.Cropping2D(((0, rows), (0, columns)), dtype=variable_dtype(), name="generator_cut")(x)
        if rows or columns
        else x
    )


def _tanh(x: Any) -> Any:
    return layers.Activation("tanh", dtype=variable_dtype(), name="generator_tanh")(x)


def _rms_norm(x: Any, name: str) -> Any:
    return layers.RMSNormalization(name=name)(x)


def _leaky(x: Any, name: str) -> Any:
    return layers.LeakyReLU(negative_slope=0.2, name=name)(x)


def _batch_norm(x: Any, name: str) -> Any:
    synchronized = keras.backend.backend() == "tensorflow"  # over the whole batch where several devices share it
    return layers.BatchNormalization(momentum=0.8, synchronized=synchronized, name=name)(x)
