"""The part of a classifier after its spectrogram: picture in, feature maps out."""

from __future__ import annotations

import keras

from spectro.layers import Spectrogram
from spectro.stft import SpectrogramSetting
from training.cli import InputError


def features(model: keras.Model, layers: tuple[str, ...] | None = None) -> keras.Model:
    """A model picture (batch, rows, columns, 1) -> {layer name: feature maps (batch, height, width, channels)}.

    layers: names of the wanted layers, by default every convolution in order. It shares its weights with `model`.
    InputError if the model has no layer `spectrogram` or lacks a wanted layer.
    """
    names = [layer.name for layer in model.layers]
    wanted = layers or tuple(layer.name for layer in model.layers if isinstance(layer, keras.layers.Conv2D))
    missing = [name for name in ("spectrogram", *wanted) if name not in names]
    if missing or not wanted:
        raise InputError(f"the model has no layer {', '.join(missing) or 'Conv2D'}; it has {', '.join(names)}")
    return keras.Model(model.get_layer("spectrogram").output, {name: model.get_layer(name).output for name in wanted})


def setting_of_model(model: keras.Model) -> SpectrogramSetting:
    """The spectrogram setting a classifier was trained with. InputError if it has none."""
    for layer in model.layers:
        if isinstance(layer, Spectrogram):
            return layer.setting
    raise InputError(f"{model.name} is not a sound classifier: it has no Spectrogram layer")
