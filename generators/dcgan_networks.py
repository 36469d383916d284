"""The networks of `generators.dcgan`: four pairs of a generator and a critic, for pictures of any size.

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
from keras import layers, ops

Shape = tuple[int, int, int]
LABEL_SIZE = 16
"""Length of the vector that stands for a label beside the latent."""


@dataclass(frozen=True)
class Patches:
    """Sizes of the networks that work on patches; the others have fixed ones."""

    patch: tuple[int, int] = (4, 4)
    """Rows and columns of pixels that one cell of the grid stands for; 0 is all of them."""
    generator_width: int = 64
    """Filters of the generator's finer convolutions."""
    critic_width: int = 64
    """Filters of the critic's first convolution."""
    spectral: bool = False
    """Spectral normalisation of the critic (arXiv 1802.05957)."""


def players(kind: str, shape: Shape, latent: int, classes: int, patches: Patches) -> tuple[keras.Model, keras.Model]:
    """The generator and the critic of one of KINDS, named so; classes: 0 for no labels."""
    make, judge = KINDS[kind]
    return _generator(make, shape, latent, classes, patches), _critic(judge, shape, classes, patches)


def _generator(make: Callable, shape: Shape, latent: int, classes: int, patches: Patches) -> keras.Model:
    inputs = keras.Input((latent,), name="latent")
    x = inputs
    if classes:
        inputs = [inputs, keras.Input((1,), dtype="int32", name="label")]
        known = layers.Embedding(classes, LABEL_SIZE, name="generator_label")(inputs[1])
        x = layers.Concatenate(name="generator_latent")([x, layers.Flatten(name="generator_label_flat")(known)])
    picture = layers.Activation("tanh", dtype="float32", name="generator_tanh")(make(x, shape, patches))
    return keras.Model(inputs, picture, name="generator")


def _critic(judge: Callable, shape: Shape, classes: int, patches: Patches) -> keras.Model:
    inputs = keras.Input(shape, name="picture")
    features = layers.Flatten(name="critic_features")(judge(inputs, patches))
    logit = layers.Dense(1, name="critic_logit")(features)
    if classes:
        inputs = [inputs, keras.Input((1,), dtype="int32", name="label")]
        known = layers.Embedding(classes, features.shape[-1], embeddings_initializer="zeros", name="critic_label")(inputs[1])
        likeness = layers.Dot(1, name="critic_projection")([layers.Flatten(name="critic_label_flat")(known), features])
        logit = layers.Add(name="critic_sum")([logit, likeness])
    logit = layers.Activation("linear", dtype="float32", name="critic_output")(logit)
    return keras.Model(inputs, logit, name="critic")


def printed_generator(x: Any, shape: Shape, _: Patches) -> Any:
    """1,963,201 parameters at 96 x 96 x 1: 24 x 24 x 32, twice doubled."""
    return _doubled(x, shape, 32, (64, 64))


def released_generator(x: Any, shape: Shape, _: Patches) -> Any:
    """2,323,777 parameters at 96 x 96 x 1: 12 x 12 x 128, three times doubled."""
    return _doubled(x, shape, 128, (128, 64, 64))


def _doubled(x: Any, shape: Shape, first: int, filters: tuple[int, ...]) -> Any:
    x = _leaky(_spread(x, _grid(shape, 2 ** len(filters)), first), "generator_relu_0")
    for number, count in enumerate(filters, start=1):
        x = layers.Conv2DTranspose(count, 4, strides=2, padding="same", name=f"generator_up_{number}")(x)
        x = _leaky(x, f"generator_relu_{number}")
    return _cut(layers.Conv2D(shape[2], 7, padding="same", name="generator_picture")(x), shape)


def small_critic(x: Any, _: Patches) -> Any:
    """74,433 parameters with the logit at 96 x 96 x 1."""
    for number in (1, 2):
        x = layers.Conv2D(64, 3, strides=2, padding="same", name=f"critic_conv_{number}")(x)
        x = layers.Dropout(0.4, name=f"critic_dropout_{number}")(_leaky(x, f"critic_relu_{number}"))
    return x


def normed_generator(x: Any, shape: Shape, _: Patches) -> Any:
    """3,655,492 parameters at 88 x 200 x 4, batch-norm statistics included."""
    x = _leaky(_spread(x, _grid(shape, 8), 128), "generator_relu_0")
    for number, count in enumerate((128, 64), start=1):
        x = layers.Conv2DTranspose(count, 2, strides=2, name=f"generator_up_{number}")(x)
        x = _leaky(_batch_norm(x, f"generator_norm_{number}"), f"generator_relu_{number}")
    return _cut(layers.Conv2DTranspose(shape[2], 2, strides=2, name="generator_picture")(x), shape)


def normed_critic(x: Any, _: Patches) -> Any:
    """470,369 parameters with the logit at 88 x 200 x 4, batch-norm statistics included."""
    for number, (count, stride) in enumerate(((32, 2), (64, 2), (128, 2), (256, 1)), start=1):
        x = layers.Conv2D(count, 3, strides=stride, padding="same", name=f"critic_conv_{number}")(x)
        x = layers.ZeroPadding2D(((0, 1), (0, 1)), name="critic_pad")(x) if number == 2 else x
        x = _batch_norm(x, f"critic_norm_{number}") if number > 1 else x
        x = layers.Dropout(0.25, name=f"critic_dropout_{number}")(_leaky(x, f"critic_relu_{number}"))
    return x


def patch_generator(x: Any, shape: Shape, sizes: Patches) -> Any:
    """A grid of patches and one half as fine; each cell becomes a patch of pixels of its own.

    RMS norms keep the scale; every row of pixels has a bias of its own, since each pitch has its own likelihood.
    """
    patch, width = _patch(shape, sizes.patch), sizes.generator_width
    fine = _grid(shape, patch)
    steps = tuple(min(2, size) for size in fine)
    x = _residual(_spread(x, _grid(fine, steps), 2 * width), "generator_coarse")
    x = _cut(_enlarged(x, width, steps, "generator_up"), fine, "generator_up_cut")
    x = _residual(x, "generator_fine")
    x = _leaky(layers.RMSNormalization(name="generator_norm")(x), "generator_relu")
    return RowBias(name="generator_rows")(_cut(_enlarged(x, shape[2], patch, "generator_picture"), shape))


def _enlarged(x: Any, filters: int, patch: tuple[int, int], name: str) -> Any:
    """Every cell becomes a patch, as spread as the cell's values."""
    even = Even(x.shape[-1] ** -0.5)
    return layers.Conv2DTranspose(filters, patch, strides=patch, use_bias=False, kernel_initializer=even, name=name)(x)


def _residual(x: Any, name: str) -> Any:
    """x plus what two convolutions make of it."""
    kernel, inner = tuple(min(3, size) for size in x.shape[1:3]), x
    for number in (1, 2):
        inner = _leaky(layers.RMSNormalization(name=f"{name}_norm_{number}")(inner), f"{name}_relu_{number}")
        inner = layers.Conv2D(x.shape[-1], kernel, padding="same", name=f"{name}_conv_{number}")(inner)
    return layers.Add(name=f"{name}_sum")([x, inner])


def patch_critic(x: Any, sizes: Patches) -> Any:
    """Each patch of pixels is one cell; two strided convolutions; a dense layer sees the whole."""
    patch, width = _patch(x.shape[1:], sizes.patch), sizes.critic_width
    alike = {"padding": "same", "kernel_initializer": "he_normal"}
    x = _judged(layers.Conv2D(width, patch, strides=patch, name="critic_patch", **alike), x, sizes)
    for number in (1, 2):
        kernel, steps = (tuple(min(most, size) for size in x.shape[1:3]) for most in (3, 2))
        x = _judged(layers.Conv2D(width * 2**number, kernel, strides=steps, name=f"critic_conv_{number}", **alike), x, sizes)
    dense = layers.Dense(4 * width, kernel_initializer="he_normal", name="critic_dense")
    return _judged(dense, layers.Flatten(name="critic_flat")(x), sizes)


def _judged(layer: keras.Layer, x: Any, sizes: Patches) -> Any:
    name = layer.name
    layer = layers.SpectralNormalization(layer, name=f"{name}_norm") if sizes.spectral else layer
    return _leaky(layer(x), f"{name}_relu")


KINDS: dict[str, tuple[Callable, Callable]] = {
    "printed": (printed_generator, small_critic),
    "released": (released_generator, small_critic),
    "normed": (normed_generator, normed_critic),
    "patches": (patch_generator, patch_critic),
}
"""Name -> the generator's and the critic's own layers."""


@keras.saving.register_keras_serializable("generators")
class Even(keras.initializers.RandomNormal):
    """Normal kernels (rows, columns, out, in) that are the same in all columns: pictures begin with notes, not with dots."""

    def __init__(self, stddev: float = 0.05, seed: Any = None) -> None:
        super().__init__(stddev=stddev, seed=seed)

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        rows, columns, *sizes = shape
        return ops.tile(super().__call__((rows, 1, *sizes), dtype), (1, columns, 1, 1))

    def get_config(self) -> dict[str, Any]:
        return {"stddev": self.stddev, "seed": super().get_config()["seed"]}


@keras.saving.register_keras_serializable("generators")
class RowBias(keras.layers.Layer):
    """Adds a learned number to every row of pixels of every channel: (batch, h, w, c) -> the same."""

    def build(self, input_shape: Any) -> None:
        _, height, _, channels = input_shape
        self.bias = self.add_weight(shape=(height, 1, channels), initializer="zeros", name="bias")

    def call(self, inputs: Any) -> Any:
        return inputs + self.bias


def _spread(x: Any, grid: tuple[int, int], filters: int) -> Any:
    """A dense layer, laid out as (batch, *grid, filters)."""
    x = layers.Dense(grid[0] * grid[1] * filters, name="generator_dense")(x)
    return layers.Reshape((*grid, filters), name="generator_grid")(x)


def _grid(shape: tuple[int, ...], stride: int | tuple[int, int]) -> tuple[int, int]:
    """Rows and columns that, enlarged by `stride`, are at least the shape's."""
    strides = (stride, stride) if isinstance(stride, int) else stride
    return tuple(-(-size // step) for size, step in zip(shape, strides, strict=False))


def _patch(shape: Shape, patch: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of a patch, none larger than the picture; 0 is the whole of it."""
    return tuple(min(size or side, side) for side, size in zip(shape, patch, strict=False))


def _cut(x: Any, shape: tuple[int, ...], name: str = "generator_cut") -> Any:
    """Without the last rows and columns beyond `shape`."""
    rows, columns = (have - want for have, want in zip(x.shape[1:3], shape, strict=False))
    return layers.Cropping2D(((0, rows), (0, columns)), name=name)(x) if rows or columns else x


def _leaky(x: Any, name: str) -> Any:
    return layers.LeakyReLU(negative_slope=0.2, name=name)(x)


def _batch_norm(x: Any, name: str) -> Any:
    synchronized = keras.backend.backend() == "tensorflow"  # over the whole batch where several devices share it
    return layers.BatchNormalization(momentum=0.8, synchronized=synchronized, name=name)(x)
