"""What every classifier begins with: the options of its Config, the raw waveform in, the spectrogram picture out.

Waveform and picture are both inside the model, so `front_end` begins it, `features` cuts what follows the picture out of it,
and `exported` gives the same network for formats that know no Fourier transform.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import keras

from spectro.layers import Spectrogram, exportable
from spectro.stft import SETTINGS, SpectrogramSetting
from training.errors import InputError
from training.options import Amount, Count, Fraction, Index, Positive


@dataclass(frozen=True)
class ClassifierConfig:
    """Front end, augmentation in the feed, and training; models add their own fields."""

    setting: str = "lil_data"
    """Spectrogram setting by name (rate, window, hop, length of a clip)."""
    reference: Literal["clip", "absolute"] = "clip"
    """Level that is picture value 1: the clip's loudest bin, or full scale."""
    time_shift: Fraction = 0.0
    """Training clips are rolled by up to this share of their length, either way."""
    mixup: Amount = 0.0
    """Beta parameter of mixup on waveforms and targets; 0 is none."""
    learning_rate: Positive = 1e-3
    """The optimizer's step, at the start."""
    batch_size: Count = 32
    """Clips in a step, over all devices."""
    steps: Index = 0
    """Most steps of an epoch, which begins where the one before has stopped; 0: as many as pass over all training clips."""
    epochs: Count = 20
    """Passes over the training clips, or parts of passes."""


def setting_of(name: str, reference: Literal["clip", "absolute"]) -> SpectrogramSetting:
    """The named setting with the classifier's reference. InputError for an unknown name."""
    if name not in SETTINGS:
        raise InputError(f"setting must be one of {', '.join(SETTINGS)}; received {name!r}")
    return replace(SETTINGS[name], reference=reference)


def front_end(setting: SpectrogramSetting) -> tuple[Any, Any]:
    """Symbolic (waveform (batch, clip_samples), picture (batch, rows, columns, 1)); the last layer is `spectrogram`.

    waveform, picture = front_end(setting_of("lil_data", "clip"))
    model = keras.Model(waveform, keras.layers.Flatten()(picture))
    """
    waveform = keras.Input((setting.clip_samples,), name="waveform")
    return waveform, Spectrogram(setting, name="spectrogram")(waveform)


def setting_of_model(model: keras.Model) -> SpectrogramSetting:
    """The spectrogram setting a classifier was trained with. InputError: it has no Spectrogram layer."""
    for layer in model.layers:
        if isinstance(layer, Spectrogram):
            return layer.setting
    raise InputError(f"{model.name} is not a sound classifier: it has no Spectrogram layer")


def features(model: keras.Model, layers: tuple[str, ...] | None = None) -> keras.Model:
    """A model picture (batch, rows, columns, 1) -> {layer name: feature maps (batch, height, width, channels)}.

    layers: names of the wanted layers, by default every convolution in order. It shares its weights with `model`.

        maps = features(load("runs/lil_data"), ("conv_3",))(pictures)["conv_3"]

    InputError: the model has no layer `spectrogram`, or lacks a wanted layer.
    """
    names = [layer.name for layer in model.layers]
    wanted = layers or tuple(layer.name for layer in model.layers if isinstance(layer, keras.layers.Conv2D))
    missing = [name for name in ("spectrogram", *wanted) if name not in names]
    if missing or not wanted:
        raise InputError(f"the model has no layer {', '.join(missing) or 'Conv2D'}; it has {', '.join(names)}")
    return keras.Model(model.get_layer("spectrogram").output, {name: model.get_layer(name).output for name in wanted})


def exported(model: keras.Model) -> keras.Model:
    """What is exported: the same network with its analysis written as a convolution, waveform in, probabilities out.

    ONNX and LiteRT know no Fourier transform; SavedModel takes either.
    """
    copy = keras.models.clone_model(model, clone_function=exportable)
    copy.set_weights(model.get_weights())
    return copy
