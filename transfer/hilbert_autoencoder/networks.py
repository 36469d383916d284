"""Networks of the Hilbert autoencoder: the printed one, and one that begins as a filter bank around a narrow code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import layers, ops

if TYPE_CHECKING:
    from transfer.hilbert_autoencoder.model import Config

QUIETEST = 1e-5
"""Magnitude of a band that counts as silence, of full scale."""
LARGEST = 4.0
"""Natural logarithm of the largest gain of a block: 35 dB."""


def printed(config: Config, x: Any) -> Any:
    """As published: convolutions with pools that quarter the samples, and the way back; 1-D with as many weights."""
    flat = config.layout == "waveform"
    for number, filters in enumerate(config.filters, start=1):
        x = _convolution(config, filters, "relu", f"down_{number}")(x)
        x = (layers.MaxPooling1D(4) if flat else layers.MaxPooling2D(2))(x)
    x = _convolution(config, config.code, None, "code", kernel=1)(x) if config.code else x
    for number, filters in enumerate(reversed(config.filters), start=1):
        x = _convolution(config, filters, "relu", f"up_{number}")(x)
        x = (layers.UpSampling1D(4) if flat else layers.UpSampling2D(2))(x)
    return _convolution(config, 1, None if config.centred else "sigmoid", "samples", kernel=3, dtype="float32")(x)


def banded(config: Config, x: Any) -> Any:
    """Waveforms (batch, samples, 1) through a filter bank, blocks, the code, blocks, the filter bank back.

    Before training it is a modified discrete cosine transform and back, of which the code keeps the lowest bands; the blocks
    change nothing yet.
    """
    bands = config.bands
    x = layers.ZeroPadding1D(bands)(x)  # so that the first and the last samples, too, are in two frames
    filters = keras.initializers.Constant(cosines(bands))
    frames = {"kernel_size": 2 * bands, "strides": bands, "padding": "same", "use_bias": False}
    x = layers.Conv1D(bands, kernel_initializer=filters, name="analysis", **frames)(x)
    for number, width in enumerate(config.filters, start=1):
        x = _block(config, x, width, f"before_{number}")
    x = layers.Dense(config.code, use_bias=False, kernel_initializer="identity", name="code")(x)
    x = layers.Dense(bands, use_bias=False, kernel_initializer="identity", name="decode")(x)
    for number, width in enumerate(reversed(config.filters), start=1):
        x = _block(config, x, width, f"after_{number}")
    x = layers.Conv1DTranspose(1, kernel_initializer=filters, name="synthesis", dtype="float32", **frames)(x)
    return layers.Cropping1D(bands, dtype="float32")(x)


def cosines(bands: int) -> np.ndarray:
    """(2 * bands, 1, bands) the modified discrete cosine transform with a sine window; its transpose is its inverse."""
    time = np.arange(2 * bands)[:, None] + 0.5
    window = np.sin(np.pi * time / (2 * bands))
    waves = np.cos(np.pi / bands * (time + bands / 2) * (np.arange(bands) + 0.5))
    return (window * waves * np.sqrt(2 / bands)).astype(np.float32)[:, None]


def _block(config: Config, x: Any, width: int, name: str) -> Any:
    """Each band of each frame is scaled by what sounds around it and in the whole window; then neighbours are mixed in."""
    bands = x.shape[-1]
    level = (ops.log(ops.abs(x) + QUIETEST) + 6.0) / 3.0
    seen = layers.Conv1D(width, config.kernel, padding="same", name=f"{name}_seen")(level)
    whole = layers.Dense(width, name=f"{name}_whole")(ops.mean(level, axis=1, keepdims=True))
    hidden = layers.Activation("gelu")(seen + whole)
    hidden = layers.Conv1D(width, config.kernel, padding="same", activation="gelu", name=f"{name}_hidden")(hidden)
    gain = layers.Dense(bands, kernel_initializer="zeros", name=f"{name}_gain")(hidden)
    x = x * ops.exp(LARGEST * ops.tanh(gain / LARGEST))
    mixed = layers.Conv1D(
        bands, config.kernel, padding="same", use_bias=False, kernel_initializer="zeros", name=f"{name}_mix"
    )
    return x + mixed(x)


def _convolution(
    config: Config, filters: int, activation: str | None, name: str, kernel: int | None = None, dtype: str | None = None
) -> Any:
    kernel = config.kernel if kernel is None else kernel
    kind, size = (layers.Conv1D, kernel**2) if config.layout == "waveform" else (layers.Conv2D, kernel)
    return kind(filters, size, padding="same", activation=activation, dtype=dtype, name=name)
