"""The networks of `transfer.dtn.model`, for pictures of any size: content extractor, generator, discriminator.

All halve or double rows and columns three times; what is left between, 4 x 4 of 32 x 32 pixels, one kernel covers. Sizes
that 8 does not divide are filled with silence and cut again. Trainable parameters at 32 x 32 x 3 with 64 filters and a code
of 128: 896,384, 3,269,187 (2,529,283 without skips) and 1,488,897 (1,505,283 with three outputs).
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from training.devices.strategy import whole

Shape = tuple[int, int, int]
STRIDE = 8
"""Three layers of stride 2."""


def extractor(shape: Shape, width: int, code: int, skips: bool) -> keras.Model:
    """Picture (batch, h, w, c) in [-1, 1] -> [content (batch, 1, 1, code) in [-1, 1], the skips in order of layers].

    The skips are what the convolutions give, before their batch norms.
    """
    picture = keras.Input(shape, name="picture")
    x, kept = _filled(picture, "extractor"), []
    for number, filters in enumerate((width, 2 * width, 4 * width), start=1):
        x = layers.Conv2D(filters, 3, strides=2, padding="same", name=f"extractor_conv_{number}")(x)
        kept.append(x)
        x = _normed(x, f"extractor_norm_{number}")
    x = layers.Conv2D(code, x.shape[1:3], name="extractor_conv_4")(x)
    content = _normed(x, "extractor_norm_4", "tanh")
    return keras.Model(picture, [content, *kept] if skips else [content], name="extractor")


def generator(shape: Shape, width: int, code: int, skips: bool, name: str = "generator") -> keras.Model:
    """What `extractor` gives -> picture (batch, h, w, c) in [-1, 1]; skips: of the extractor with as wide layers."""
    grid = [-(-size // STRIDE) for size in shape[:2]]
    inputs = [keras.Input((1, 1, code), name="content")]
    if skips:
        inputs += [
            keras.Input((grid[0] * scale, grid[1] * scale, filters * width), name=f"skip_{number}")
            for number, (scale, filters) in enumerate(((4, 1), (2, 2), (1, 4)), start=1)
        ]
    x = layers.Conv2DTranspose(8 * width, grid, name=f"{name}_up_1")(inputs[0])
    for number, filters in enumerate((4 * width, 2 * width, shape[2]), start=2):
        if skips:
            x = layers.Concatenate(name=f"{name}_with_skip_{number}")([x, inputs[5 - number]])
        x = _normed(x, f"{name}_norm_{number}")
        x = layers.Conv2DTranspose(filters, 3, strides=2, padding="same", name=f"{name}_up_{number}")(x)
    rows, columns = (have - want for have, want in zip(x.shape[1:3], shape, strict=False))
    x = layers.Cropping2D(((0, rows), (0, columns)), name=f"{name}_cut")(x) if rows or columns else x
    return keras.Model(inputs, layers.Activation("tanh", dtype=whole(), name=f"{name}_picture")(x), name=name)


def discriminator(shape: Shape, width: int, outputs: int) -> keras.Model:
    """Picture (batch, h, w, c) in [-1, 1] -> logits (batch, outputs)."""
    picture = keras.Input(shape, name="picture")
    x = _filled(picture, "discriminator")
    for number, filters in enumerate((2 * width, 4 * width, 8 * width), start=1):
        first = "relu" if number == 1 else None
        x = layers.Conv2D(filters, 3, strides=2, padding="same", activation=first, name=f"discriminator_conv_{number}")(x)
        x = _normed(x, f"discriminator_norm_{number}")
    x = layers.Conv2D(outputs, x.shape[1:3], name="discriminator_conv_4")(x)
    x = layers.Flatten(name="discriminator_flat")(x)
    return keras.Model(
        picture, layers.Activation("linear", dtype=whole(), name="discriminator_logits")(x), name="discriminator"
    )


def _normed(x: Any, name: str, activation: str = "relu") -> Any:
    synchronized = keras.backend.backend() == "tensorflow"  # over the whole batch where several devices share it
    x = layers.BatchNormalization(momentum=0.95, epsilon=1e-3, synchronized=synchronized, name=name)(x)
    return layers.Activation(activation, dtype=whole() if activation == "tanh" else None, name=f"{name}_{activation}")(x)


def _filled(picture: Any, name: str) -> Any:
    """The picture with rows and columns of silence (-1) at its end, up to multiples of STRIDE."""
    rows, columns = (-size % STRIDE for size in picture.shape[1:3])
    if not rows and not columns:
        return picture
    x = layers.Rescaling(1.0, 1.0, name=f"{name}_above_zero")(picture)
    x = layers.ZeroPadding2D(((0, rows), (0, columns)), name=f"{name}_fill")(x)
    return layers.Rescaling(1.0, -1.0, name=f"{name}_filled")(x)
