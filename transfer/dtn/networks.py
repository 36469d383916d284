"""The networks of `transfer.dtn.model`, for pictures of any size, and the terms of their losses, means over the batch.

Networks: content extractor, generator, discriminator. All halve or double rows and columns three times; what is left
between, 4 x 4 of 32 x 32 pixels, one kernel covers. Sizes that 8 does not divide are filled with silence and cut again.
Trainable parameters at 32 x 32 x 3 with 64 filters and a code
of 128: 896,384, 3,269,187 (2,529,283 without skips) and 1,488,897 (1,505,283 with three outputs).

Losses: pictures are (batch, h, w, c), logits (batch, 1) or (batch, 3). On the source s and the target t the discriminator D
judges G(s), G(t) and t, "on_source", "on_target" and "on_real" below.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import layers, ops

from training.devices.strategy import variable_dtype

Shape = tuple[int, int, int]
STRIDE = 8
"""Three layers of stride 2."""
SOURCE, TARGET, REAL = 0, 1, 2
"""What a discriminator of three outputs may take a picture for: G(s), G(t) or t."""
MIN_SQUARED_SLOPE = 1e-12
"""Smaller ones have no gradient in the total variation: a root has none at 0."""


def extractor(shape: Shape, width: int, code: int, skips: bool) -> keras.Model:
    """Picture (batch, h, w, c) in [-1, 1] -> [content (batch, 1, 1, code) in [-1, 1], the skips in order of layers].

    The skips are what the convolutions give, before their batch norms.
    """
    picture = keras.Input(shape, name="picture")
    x, convolved = _filled(picture, "extractor"), []
    for number, filters in enumerate((width, 2 * width, 4 * width), start=1):
        x = layers.Conv2D(filters, 3, strides=2, padding="same", name=f"extractor_conv_{number}")(x)
        convolved.append(x)
        x = _normed(x, f"extractor_norm_{number}")
    x = layers.Conv2D(code, x.shape[1:3], name="extractor_conv_4")(x)
    content = _normed(x, "extractor_norm_4", "tanh")
    return keras.Model(picture, [content, *convolved] if skips else [content], name="extractor")


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
    return keras.Model(inputs, layers.Activation("tanh", dtype=variable_dtype(), name=f"{name}_picture")(x), name=name)


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
        picture, layers.Activation("linear", dtype=variable_dtype(), name="discriminator_logits")(x), name="discriminator"
    )


def _normed(x: Any, name: str, activation: str = "relu") -> Any:
    synchronized = keras.backend.backend() == "tensorflow"  # over the whole batch where several devices share it
    x = layers.BatchNormalization(momentum=0.95, epsilon=1e-3, synchronized=synchronized, name=name)(x)
    return layers.Activation(
        activation, dtype=variable_dtype() if activation == "tanh" else None, name=f"{name}_{activation}"
    )(x)


def _filled(picture: Any, name: str) -> Any:
    """The picture with rows and columns of silence (-1) at its end, up to multiples of STRIDE."""
    rows, columns = (-size % STRIDE for size in picture.shape[1:3])
    if not rows and not columns:
        return picture
    x = layers.Rescaling(1.0, 1.0, name=f"{name}_above_zero")(picture)
    x = layers.ZeroPadding2D(((0, rows), (0, columns)), name=f"{name}_fill")(x)
    return layers.Rescaling(1.0, -1.0, name=f"{name}_filled")(x)


def two_way_discriminator(on_source: Any, on_target: Any, on_real: Any) -> Any:
    """-log(1 - D(G(s))) - log(1 - D(G(t))) - log D(t); the paper prints it without the second, its code has all three."""
    return ops.mean(ops.softplus(on_source)) + ops.mean(ops.softplus(on_target)) + ops.mean(ops.softplus(-on_real))


def two_way_generator(on_source: Any, on_target: Any) -> Any:
    """-log D(G(s)) - log D(G(t))."""
    return ops.mean(ops.softplus(-on_source)) + ops.mean(ops.softplus(-on_target))


def three_way_discriminator(on_source: Any, on_target: Any, on_real: Any) -> Any:
    """-log D1(G(s)) - log D2(G(t)) - log D3(t), D1 to D3 the softmax of three logits (arXiv 1611.02200)."""
    return _nll(on_source, SOURCE) + _nll(on_target, TARGET) + _nll(on_real, REAL)


def three_way_generator(on_source: Any, on_target: Any) -> Any:
    """-log D3(G(s)) - log D3(G(t))."""
    return _nll(on_source, REAL) + _nll(on_target, REAL)


ADVERSARIAL: dict[str, tuple[int, Callable[[Any, Any, Any], Any], Callable[[Any, Any], Any]]] = {
    "two_way": (1, two_way_discriminator, two_way_generator),
    "three_way": (3, three_way_discriminator, three_way_generator),
}
"""Name -> logits, the discriminator's loss, the generator's loss."""


def constancy(content: Any, again: Any) -> Any:
    """L_CONST: mean squared difference of f(s) and f(G(s))."""
    return ops.mean(ops.square(content - again))


def identity(target: Any, generated: Any) -> Any:
    """L_TID: mean squared difference of t and G(t)."""
    return ops.mean(ops.square(target - generated))


def variation(pictures: Any, exponent: float) -> Any:
    """L_TV: sum over a picture z of ((z[i, j+1] - z[i, j])^2 + (z[i+1, j] - z[i, j])^2)^(exponent / 2), where both exist."""
    right = pictures[:, :-1, 1:] - pictures[:, :-1, :-1]
    down = pictures[:, 1:, :-1] - pictures[:, :-1, :-1]
    slopes = ops.maximum(ops.square(right) + ops.square(down), MIN_SQUARED_SLOPE)
    return ops.mean(ops.sum(ops.power(slopes, exponent / 2), axis=(1, 2, 3)))


def taken_for_target(logits: Any) -> Any:
    """(batch,) 1 where a discriminator takes a picture for one of the target, else 0."""
    others = ops.max(logits[:, :REAL], axis=-1) if logits.shape[-1] > 1 else 0.0
    return ops.cast(logits[:, -1] > others, "float32")


def _nll(logits: Any, label: int) -> Any:
    """-log softmax(logits)[label]."""
    return ops.mean(ops.logsumexp(logits, axis=-1) - logits[:, label])
