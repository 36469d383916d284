"""The encoders and decoders of the variational autoencoder: the paper's pictures, and our columns.

An encoder maps pictures (batch, h, w, c) in [0, 1] to mean and log-variance (batch, latent); a decoder maps latents to
numbers that `generators.layers.row_mixture` takes for pictures: means (batch, h, w, c), or choices
(batch, groups, h, shapes + 1). With labels both take them too, (batch, 1) int32. Any picture size: what strides and patches
do not divide is padded on the way in and cut off on the way out.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

LABEL_WIDTH = 8
"""Numbers that stand for a label."""


def networks(config: Any, shape: tuple[int, int, int], classes: int) -> tuple[keras.Model, keras.Model]:
    """Encoder and decoder by `config.network`; classes: number of labels, 0 for none."""
    encode, decode = {"pictures": (_convolved, _picture), "columns": (_mixed_columns, _columns)}[config.network]
    pictures, label = (layers.Input(shape, name="pictures"), layers.Input((1,), dtype="int32", name="label"))
    latent = layers.Input((config.latent,), name="latent")
    heads = encode(config, pictures, _embedded(label, classes))
    code = _joined(latent, _embedded(label, classes))
    encoder = keras.Model([pictures, label] if classes else pictures, heads, name="encoder")
    decoder = keras.Model([latent, label] if classes else latent, decode(config, shape, code), name="decoder")
    return encoder, decoder


def _embedded(label: Any, classes: int) -> Any:
    """(batch, LABEL_WIDTH) of labels, or None."""
    return layers.Flatten()(layers.Embedding(classes, LABEL_WIDTH, name="labels")(label)) if classes else None


def _joined(x: Any, label: Any) -> Any:
    return x if label is None else layers.Concatenate()([x, label])


def _heads(config: Any, x: Any) -> list[Any]:
    return [layers.Dense(config.latent, dtype="float32", name=name)(x) for name in ("mean", "log_variance")]


def _convolved(config: Any, pictures: Any, label: Any) -> list[Any]:
    """The paper's encoder: 3x3 convolutions, the second with stride 2, and a dense layer."""
    x = pictures
    for number, filters in enumerate(config.filters):
        x = layers.Conv2D(filters, 3, 2 if number == 1 else 1, "same", activation="relu", name=f"conv_{number + 1}")(x)
    x = layers.Dense(config.width, activation="relu", name="dense")(layers.Flatten()(x))
    return _heads(config, _joined(x, label))


def _picture(config: Any, shape: tuple[int, int, int], code: Any) -> Any:
    """The paper's decoder: a dense layer, and transposed convolutions with strides 2 and 1."""
    height, width, channels = shape
    half, filters = (-(-height // 2), -(-width // 2)), config.filters[-1]
    x = layers.Dense(half[0] * half[1] * filters, activation="relu", name="dense")(code)
    x = layers.Reshape((*half, filters))(x)
    x = layers.Conv2DTranspose(config.filters[0], 3, 2, "same", activation="relu", name="up_1")(x)
    x = layers.Conv2DTranspose(channels, 3, 1, "same", activation="sigmoid", dtype="float32", name="up_2")(x)
    return layers.Cropping2D(((0, height % 2), (0, width % 2)), dtype="float32")(x)


def _mixed_columns(config: Any, pictures: Any, label: Any) -> list[Any]:
    """Groups of `patch` columns, each a vector; blocks that mix them in time; two heads on all of them."""
    height, width, channels = pictures.shape[1:]
    steps = -(-width // config.patch)
    x = layers.ZeroPadding2D(((0, 0), (0, steps * config.patch - width)))(pictures)
    x = layers.Reshape((steps, config.patch * height * channels))(layers.Permute((2, 1, 3))(x))
    x = layers.Dense(config.width, name="columns")(x)
    x = _norm(_blocks(config, x, "encoder"), "out")
    x = layers.Dropout(config.dropout)(layers.Flatten()(x))
    return _heads(config, _joined(x, label))


def _columns(config: Any, shape: tuple[int, int, int], code: Any) -> Any:
    """The way back: a vector for every group of columns, the blocks, and of each vector the choices of its rows."""
    height, width, _ = shape
    steps = -(-width // config.patch)
    x = layers.Reshape((steps, config.width))(layers.Dense(steps * config.width, name="dense")(code))
    x = _norm(_blocks(config, x, "decoder"), "out")
    x = layers.Dense(height * (config.shapes + 1), dtype="float32", name="choices")(x)
    return layers.Reshape((steps, height, config.shapes + 1), dtype="float32")(x)


def _blocks(config: Any, x: Any, name: str) -> Any:
    """Residual blocks of two dense layers over time for each feature, then two over the features for each time.

    "MLP-Mixer: An all-MLP Architecture for Vision" (arXiv 2105.01601), with columns in place of patches.
    """
    steps, width = x.shape[1:]
    for number in range(config.blocks):
        y = layers.Permute((2, 1))(_norm(x, f"{name}_time_{number}"))
        y = layers.Dense(2 * steps, activation="gelu", name=f"{name}_time_{number}_in")(y)
        y = layers.Dense(steps, name=f"{name}_time_{number}_out")(y)
        x = layers.Add()([x, layers.Permute((2, 1))(y)])
        y = layers.Dense(2 * width, activation="gelu", name=f"{name}_{number}_in")(_norm(x, f"{name}_{number}"))
        y = layers.Dense(width, name=f"{name}_{number}_out")(layers.Dropout(config.dropout)(y))
        x = layers.Add()([x, y])
    return x


def _norm(x: Any, name: str) -> Any:
    return layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm")(x)
