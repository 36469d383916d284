"""Autoencoder of waveforms that are laid along a Hilbert curve: what it learned of one instrument it does to another sound.

`paper`: "Music generation using Deep Learning": three 4 x 4 convolutions with pools and the way back (148,081 parameters),
mean squared error on samples in [0, 1), Adam, then momentum (`--init RUN --optimizer momentum --learning-rate 0.01`). Its
code holds 65,536 numbers for 65,536 samples, so that it can only copy. As required rather than as published: one channel at
a time instead of interleaved stereo, files dealt to parts whole, gradients clipped or the rate lowered where asked for, and
a return to the best weights after a spike (`rewind`).

`--layout` lays the same samples along the curve, row by row, or leaves them in a row under 1-D convolutions of as many
weights: the same budget in three orders.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import keras
from keras import layers

from transfer.curve import Curve

MONITOR = "val_loss"
"""The epoch with the smallest loss on the validation part is kept."""


@dataclass(frozen=True)
class Config:
    """Hilbert autoencoder; the defaults are the paper's."""

    rate: int = 44_100
    """Sample rate in Hz."""
    side: int = 256
    """Rows and columns of a picture, a power of two; side * side samples are a window."""
    layout: Literal["hilbert", "raster", "waveform"] = "hilbert"
    """Samples along the curve, row by row, or in a row under 1-D convolutions."""
    filters: tuple[int, ...] = (16, 32, 64)
    """Filters of the encoder's convolutions, each followed by a pool that quarters the samples; the decoder's backwards."""
    kernel: int = 4
    """Rows and columns of the kernels; 1-D ones have as many weights."""
    code: int = 0
    """Numbers that each place of the smallest grid keeps; 0: as many as the last filters (no bottleneck, as published)."""
    centred: bool = False
    """Work on samples in [-1, 1] without a sigmoid; otherwise on [0, 1) with one, as published."""
    optimizer: Literal["adam", "momentum"] = "adam"
    """Adam, or gradient descent with momentum 0.9."""
    learning_rate: float = 1e-3
    """Step of the optimizer, at the start."""
    cosine: bool = False
    """Let it fall to a hundredth along a cosine until the last step."""
    clip_norm: float = 0.0
    """Longest gradient of a weight; longer ones are shortened to it. 0: as they are."""
    rewind: float = 0.0
    """After an epoch whose validation loss is more than so many times the best one, the best weights come back; 0: never."""
    batch_size: int = 128
    """Windows in a step."""
    epochs: int = 110
    """Passes over the data."""


PRESETS = {
    "paper": Config(),
    "quick": Config(
        rate=8_000, side=32, filters=(3, 4), kernel=3, code=2, centred=True, cosine=True, clip_norm=1.0, rewind=2.0,
        learning_rate=1e-2, batch_size=8, epochs=2,
    ),
}  # fmt: skip


def build(config: Config, steps: int) -> keras.Model:
    """The compiled model: windows (batch, side * side) in [0, 1) -> the same, float32. steps: of the whole training."""
    flat = config.layout == "waveform"
    window = keras.Input((config.side**2,), name="window")
    x = layers.Reshape((-1, 1))(window) if flat else Curve(config.side, config.layout, name="there")(window)
    x = layers.Rescaling(2.0, -1.0)(x) if config.centred else x
    for number, filters in enumerate(config.filters, start=1):
        x = _convolution(config, filters, "relu", f"down_{number}")(x)
        x = (layers.MaxPooling1D(4) if flat else layers.MaxPooling2D(2))(x)
    x = _convolution(config, config.code, None, "code", kernel=1)(x) if config.code else x
    for number, filters in enumerate(reversed(config.filters), start=1):
        x = _convolution(config, filters, "relu", f"up_{number}")(x)
        x = (layers.UpSampling1D(4) if flat else layers.UpSampling2D(2))(x)
    x = _convolution(config, 1, None if config.centred else "sigmoid", "samples", kernel=3)(x)
    x = layers.Rescaling(0.5, 0.5)(x) if config.centred else x
    x = layers.Flatten()(x) if flat else Curve(config.side, config.layout, back=True, name="back")(x)
    model = keras.Model(window, x, name="hilbert_autoencoder")
    model.compile(_optimizer(config, steps), loss="mean_squared_error")
    return model


def exported(model: keras.Model) -> keras.Model:
    """All of it: windows (batch, side * side) in [0, 1) -> the same."""
    return model


def _convolution(config: Config, filters: int, activation: str | None, name: str, kernel: int | None = None) -> Any:
    kernel = config.kernel if kernel is None else kernel
    kind, size = (layers.Conv1D, kernel**2) if config.layout == "waveform" else (layers.Conv2D, kernel)
    return kind(filters, size, padding="same", activation=activation, name=name)


def _optimizer(config: Config, steps: int) -> keras.optimizers.Optimizer:
    rate = keras.optimizers.schedules.CosineDecay(config.learning_rate, steps, alpha=0.01)
    rate, clip = rate if config.cosine else config.learning_rate, config.clip_norm or None
    if config.optimizer == "momentum":
        return keras.optimizers.SGD(rate, momentum=0.9, clipnorm=clip)
    return keras.optimizers.Adam(rate, clipnorm=clip)
