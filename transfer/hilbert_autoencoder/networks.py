"""Networks of the Hilbert autoencoder: the published one, and one that begins as a filter bank around a narrow code.

Beside them the layer that lays waveforms along a curve, and the loss of a waveform and of its logarithmic spectrum.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from spectro.hilbert import HilbertSetting

MIN_MAGNITUDE = 1e-5
"""Of full scale: a band that counts as silence."""
MAX_LOG_GAIN = 4.0
"""Natural logarithm of the largest gain of a block: 35 dB."""
SPECTRAL_WINDOWS = (2048, 512)
"""Samples of the frames of the loss's spectra, a quarter of which lies between one and the next."""
POWER_FLOOR = 1e-9
"""Of a sine of full scale, added before the logarithm: -90 dB."""


def published(x: Any, filters: Sequence[int], kernel: int, code: int, *, flat: bool, sigmoid: bool) -> Any:
    """As published: convolutions with pools that quarter the samples, and the way back.

    x: pictures (batch, side, side, 1); flat: waveforms (batch, samples, 1) under 1-D kernels with as many weights. code:
    numbers that each place of the smallest grid keeps, 0 for as many as the last filters.
    """

    def convolution(count: int, activation: str | None, name: str, size: int = kernel, dtype: str | None = None) -> Any:
        kind, extent = (layers.Conv1D, size**2) if flat else (layers.Conv2D, size)
        return kind(count, extent, padding="same", activation=activation, dtype=dtype, name=name)

    for number, count in enumerate(filters, start=1):
        x = convolution(count, "relu", f"down_{number}")(x)
        x = (layers.MaxPooling1D(4) if flat else layers.MaxPooling2D(2))(x)
    x = convolution(code, None, "code", size=1)(x) if code else x
    for number, count in enumerate(reversed(filters), start=1):
        x = convolution(count, "relu", f"up_{number}")(x)
        x = (layers.UpSampling1D(4) if flat else layers.UpSampling2D(2))(x)
    return convolution(1, "sigmoid" if sigmoid else None, "samples", size=3, dtype="float32")(x)


def banded(x: Any, bands: int, widths: Sequence[int], kernel: int, code: int) -> Any:
    """Waveforms (batch, samples, 1) through a filter bank, blocks of these widths, the code, blocks, the filter bank back.

    Before training it is a modified discrete cosine transform and back, of which the code keeps the lowest bands; the blocks
    change nothing yet.
    """
    x = layers.ZeroPadding1D(bands)(x)  # so that the first and the last samples, too, are in two frames
    filters = keras.initializers.Constant(cosines(bands))
    frames = {"kernel_size": 2 * bands, "strides": bands, "padding": "same", "use_bias": False}
    x = layers.Conv1D(bands, kernel_initializer=filters, name="analysis", **frames)(x)
    for number, width in enumerate(widths, start=1):
        x = _block(x, width, kernel, f"before_{number}")
    x = layers.Dense(code, use_bias=False, kernel_initializer="identity", name="code")(x)
    x = layers.Dense(bands, use_bias=False, kernel_initializer="identity", name="decode")(x)
    for number, width in enumerate(reversed(widths), start=1):
        x = _block(x, width, kernel, f"after_{number}")
    x = layers.Conv1DTranspose(1, kernel_initializer=filters, name="synthesis", dtype="float32", **frames)(x)
    return layers.Cropping1D(bands, dtype="float32")(x)


def cosines(bands: int) -> np.ndarray:
    """(2 * bands, 1, bands) the modified discrete cosine transform with a sine window; its transpose is its inverse."""
    time = np.arange(2 * bands)[:, None] + 0.5
    window = np.sin(np.pi * time / (2 * bands))
    waves = np.cos(np.pi / bands * (time + bands / 2) * (np.arange(bands) + 0.5))
    return (window * waves * np.sqrt(2 / bands)).astype(np.float32)[:, None]


def _block(x: Any, width: int, kernel: int, name: str) -> Any:
    """Each band of each frame is scaled by what sounds around it and in the whole window; then neighbours are mixed in."""
    bands = x.shape[-1]
    level = (ops.log(ops.abs(x) + MIN_MAGNITUDE) + 6.0) / 3.0
    near = layers.Conv1D(width, kernel, padding="same", name=f"{name}_seen")(level)
    overall = layers.Dense(width, name=f"{name}_whole")(ops.mean(level, axis=1, keepdims=True))
    hidden = layers.Activation("gelu")(near + overall)
    hidden = layers.Conv1D(width, kernel, padding="same", activation="gelu", name=f"{name}_hidden")(hidden)
    gain = layers.Dense(bands, kernel_initializer="zeros", name=f"{name}_gain")(hidden)
    x = x * ops.exp(MAX_LOG_GAIN * ops.tanh(gain / MAX_LOG_GAIN))
    mixed = layers.Conv1D(bands, kernel, padding="same", use_bias=False, kernel_initializer="zeros", name=f"{name}_mix")
    return x + mixed(x)


@keras.saving.register_keras_serializable("transfer")
class Curve(keras.layers.Layer):
    """Waveforms (batch, side * side) -> pictures (batch, side, side, 1); with `back` the other way.

    order: hilbert or raster, see `spectro.hilbert`.
    """

    def __init__(self, side: int, order: str = "hilbert", back: bool = False, **arguments: Any) -> None:
        super().__init__(**arguments | {"dtype": "float32"})
        self.side, self.order, self.back = side, order, back
        setting = HilbertSetting(side, order)
        self._index = setting.places if back else setting.times

    def call(self, inputs: Any) -> Any:
        flat = ops.reshape(inputs, (-1, self.side**2))
        moved = ops.take(flat, ops.convert_to_tensor(self._index, "int32"), axis=1)
        return moved if self.back else ops.reshape(moved, (-1, self.side, self.side, 1))

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (shape[0], self.side**2) if self.back else (shape[0], self.side, self.side, 1)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"side": self.side, "order": self.order, "back": self.back}


@keras.saving.register_keras_serializable("transfer")
class SpectralLoss(keras.losses.Loss):
    """Mean squared error of samples in [0, 1), divided by `weight`, plus that of log10 power spectra of two resolutions."""

    def __init__(self, weight: float, name: str = "spectral_loss", **arguments: Any) -> None:
        super().__init__(name=name, **arguments)
        self.weight = weight

    def call(self, wanted: Any, generated: Any) -> Any:
        loss = ops.mean(ops.square(wanted - generated), axis=-1) / self.weight
        for window in SPECTRAL_WINDOWS:
            if window <= wanted.shape[-1]:
                difference = log_power(wanted, window) - log_power(generated, window)
                loss += ops.mean(ops.square(difference), axis=(-2, -1)) / len(SPECTRAL_WINDOWS)
        return loss

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"weight": self.weight}


def log_power(samples: Any, window: int) -> Any:
    """(batch, samples) in [0, 1) -> (batch, frames, window // 2 + 1): log10 of the power, a sine of full scale near 0."""
    real, imaginary = ops.stft(2 * samples - 1, window, window // 4, window, window="hann", center=False)
    return ops.log10((ops.square(real) + ops.square(imaginary)) * (16 / window**2) + POWER_FLOOR)
