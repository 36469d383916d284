"""The error of a waveform and of its logarithmic spectrum, in one loss."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

WINDOWS = (2048, 512)
"""Samples of the frames of the spectra, a quarter of which lies between one and the next."""
FLOOR = 1e-9
"""Power, of a sine of full scale, that is added before the logarithm: -90 dB."""


@keras.saving.register_keras_serializable("transfer")
class SpectralLoss(keras.losses.Loss):
    """Mean squared error of samples in [0, 1), divided by `weight`, plus that of log10 power spectra of two resolutions."""

    def __init__(self, weight: float, name: str = "spectral_loss", **arguments: Any) -> None:
        super().__init__(name=name, **arguments)
        self.weight = weight

    def call(self, wanted: Any, made: Any) -> Any:
        loss = ops.mean(ops.square(wanted - made), axis=-1) / self.weight
        for window in WINDOWS:
            if window <= wanted.shape[-1]:
                difference = log_power(wanted, window) - log_power(made, window)
                loss += ops.mean(ops.square(difference), axis=(-2, -1)) / len(WINDOWS)
        return loss

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"weight": self.weight}


def log_power(samples: Any, window: int) -> Any:
    """(batch, samples) in [0, 1) -> (batch, frames, window // 2 + 1): log10 of the power, a sine of full scale near 0."""
    real, imaginary = ops.stft(2 * samples - 1, window, window // 4, window, window="hann", center=False)
    return ops.log10((ops.square(real) + ops.square(imaginary)) * (16 / window**2) + FLOOR)
