"""Our networks: a picture is groups of columns, since pitches are not alike as places are.

A generator makes a vector of each group, `column_generator` by convolutions over time; `shown` chooses by it a shape for
each row (`RowCodebook`), so that notes do not fall into dots and the critic sees black and white. The critic sees what music
a group shows (`Streams`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from generators.layers.adversarial.players import Shape, cut, leaky
from generators.layers.row_codebook import RowCodebook, runs
from generators.layers.streams import Streams
from training.devices.strategy import variable_dtype


def groups_of(shape: Shape, patch: int) -> int:
    """Groups of `patch` columns that a picture has, the last one perhaps cut."""
    return -(-shape[1] // patch)


def shown(x: Any, shape: Shape, patch: int, shapes: int) -> Any:
    """Vectors (batch, groups, width) -> the picture (batch, h, w, c) of hard cells, -1 and 1."""
    x = leaky(layers.RMSNormalization(name="generator_norm")(x), "generator_relu")
    initializer = keras.initializers.RandomNormal(stddev=x.shape[-1] ** -0.5)
    x = layers.Dense(shape[0] * (shapes + 1), kernel_initializer=initializer, name="generator_choices")(x)
    codebook = RowCodebook(shape[0], shapes, patch, shape[2], dtype=variable_dtype(), name="generator_shapes")
    return cut(codebook(x), shape)


def column_critic(x: Any, patch: int, width: int) -> Any:
    """Picture -> features: a vector a group, by streams of music; convolutions over time; a dense layer sees the whole."""
    x = Streams(patch, name="critic_streams")(x)
    x = _judged(layers.Dense(width, kernel_initializer="he_normal", name="critic_groups"), x)
    for number, (kernel, stride) in enumerate(((3, 1), (4, 2), (4, 2)), start=1):
        layer = layers.Conv1D(width, kernel, stride, "same", kernel_initializer="he_normal", name=f"critic_conv_{number}")
        x = _judged(layer, x)
    dense = layers.Dense(width, kernel_initializer="he_normal", name="critic_dense")
    return _judged(dense, layers.Flatten(name="critic_flat")(x))


def _judged(layer: keras.Layer, x: Any) -> Any:
    return leaky(layer(x), f"{layer.name}_relu")


def column_networks(
    shape: Shape, patch: int, shapes: int, generator_width: int, critic_width: int
) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """The layers of `column_generator` and of `column_critic`, by their sizes."""
    make = functools.partial(column_generator, shape=shape, patch=patch, shapes=shapes, width=generator_width)
    return make, functools.partial(column_critic, patch=patch, width=critic_width)


def column_generator(x: Any, shape: Shape, patch: int, shapes: int, width: int) -> Any:
    """Latent -> picture: groups of columns, a vector each, twice as many after half of the convolutions."""
    groups = groups_of(shape, patch)
    coarse = -(-groups // 2)
    x = layers.Dense(coarse * width, name="generator_dense")(x)
    x = _residual(layers.Reshape((coarse, width), name="generator_groups")(x), "generator_coarse")
    x = layers.Conv1DTranspose(width, 2, strides=2, name="generator_up")(x)
    x = layers.Cropping1D((0, x.shape[1] - groups), name="generator_up_cut")(x)
    return shown(_residual(x, "generator_fine"), shape, patch, shapes)


def _residual(x: Any, name: str) -> Any:
    """x (batch, groups, width) plus what two convolutions over time make of it."""
    inner = x
    for number in (1, 2):
        inner = leaky(layers.RMSNormalization(name=f"{name}_norm_{number}")(inner), f"{name}_relu_{number}")
        inner = layers.Conv1D(x.shape[-1], 3, padding="same", name=f"{name}_conv_{number}")(inner)
    return layers.Add(name=f"{name}_sum")([x, inner])


def chooses(generator: keras.Model) -> bool:
    """Does it choose shapes by `shown`?"""
    return any(layer.name == "generator_choices" for layer in generator.layers)


def start_choices(generator: keras.Model, inputs: Any, marginal: np.ndarray) -> None:
    """Bias the choices so that at the start every row sounds as often as in the data, in long notes.

    inputs: latents, and labels, of enough pictures. marginal: (height, channels) mean values in [0, 1].
    """
    choices, codebook = generator.get_layer("generator_choices"), generator.get_layer("generator_shapes")
    scores = keras.Model(generator.input, choices.output)(inputs, training=False)
    scores = ops.convert_to_numpy(scores).reshape(-1, len(marginal), codebook.shapes + 1)
    length = np.resize([last - first for first, last in runs(codebook.patch)], codebook.shapes)
    length = 2 * (length - codebook.patch)
    margin = np.sort((scores[..., 1:] + length).max(axis=-1) - scores[..., 0], axis=0)
    silent = ((1 - marginal.mean(axis=-1)) * (len(margin) - 1)).astype(int)
    bias = np.empty(scores.shape[1:])
    bias[:, 0], bias[:, 1:] = margin[silent, np.arange(len(silent))], length
    choices.bias.assign(bias.ravel())
