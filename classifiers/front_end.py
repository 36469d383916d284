"""The front end every classifier shares: raw waveform in, spectrogram picture out, both inside the model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import keras

from spectro.layers import Spectrogram, exportable
from spectro.stft import SETTINGS, SpectrogramSetting
from training.cli import InputError


def setting_of(name: str, reference: Literal["clip", "absolute"]) -> SpectrogramSetting:
    """The named setting with the classifier's reference. InputError for an unknown name."""
    if name not in SETTINGS:
        raise InputError(f"setting must be one of {', '.join(SETTINGS)}; received {name!r}")
    return replace(SETTINGS[name], reference=reference)


def front_end(setting: SpectrogramSetting) -> tuple[Any, Any]:
    """Symbolic (waveform (batch, clip_samples), picture (batch, rows, columns, 1)); the last layer is `spectrogram`."""
    waveform = keras.Input((setting.clip_samples,), name="waveform")
    return waveform, Spectrogram(setting, name="spectrogram")(waveform)


def exported(model: keras.Model) -> keras.Model:
    """What leaves the house: the same network with its analysis written as a convolution, waveform in, probabilities out.

    ONNX and LiteRT know no Fourier transform; SavedModel takes either.
    """
    copy = keras.models.clone_model(model, clone_function=exportable)
    copy.set_weights(model.get_weights())
    return copy
