"""ResNet50 on the spectrogram picture copied to three channels (He et al., 2015, arXiv 1512.03385; 23,604,104 parameters
at 8 labels).

The founding paper's "normalisation by the built-in function" fails on one channel: here the picture is scaled to 0..255,
copied to three channels and then centred as that function does. ImageNet weights have to be downloaded once or given as a
file; `ours` starts from random ones and needs neither.

    python -m classifiers.train resnet50 --data FOLDER

ESC-10, one fold, `ours`: 35 % on the test clips and 89 % on the training clips, 24 minutes on 2 shared CPU cores.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
from keras import ops

from classifiers.front_end import ClassifierConfig, exported, front_end, setting_of
from training.devices.strategy import variable_dtype
from training.errors import InputError
from training.family import Context
from training.options import Count

__all__ = ["PRESETS", "Config", "build", "exported"]

IMAGENET_MEAN = (103.939, 116.779, 123.68)  # blue, green, red, as keras.applications.resnet50.preprocess_input


@dataclass(frozen=True)
class Config(ClassifierConfig):
    """ResNet50; only the architecture is the paper's."""

    weights: str = "imagenet"
    """Starting weights: imagenet (downloaded by Keras), none (random), or the path of a .weights.h5 file without head."""
    picture_size: Count = 224
    """Rows and columns that the picture is resized to."""


PRESETS = {
    "paper": Config(),
    "ours": Config(weights="none"),
    "quick": Config(setting="quick", weights="none", picture_size=32, learning_rate=1e-2, batch_size=4, steps=6, epochs=2),
}


@keras.saving.register_keras_serializable("classifiers")
class ThreeChannels(keras.layers.Layer):
    """Picture (batch, height, width, 1) in [0, 1] -> (batch, height, width, 3), 0..255 less the ImageNet means."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs | {"dtype": "float32"})

    def call(self, picture):
        return ops.repeat(picture * 255.0, 3, axis=-1) - ops.convert_to_tensor(IMAGENET_MEAN, picture.dtype)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return (*input_shape[:-1], 3)


def build(config: Config, context: Context) -> keras.Model:
    """The compiled model: waveform (batch, clip_samples) -> probabilities (batch, context.classes).

    InputError: ImageNet weights cannot be downloaded, or the weights file does not fit.
    """
    waveform, picture = front_end(setting_of(config.setting, config.reference))
    size = config.picture_size
    # left alone, Resizing takes itself to be in training, and Keras then all layers after it
    picture = keras.layers.Resizing(size, size, name="resize")(picture, training=False)
    x = ThreeChannels(name="three_channels")(picture)
    x = backbone(config.weights, size)(x)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    genre = keras.layers.Dense(context.classes, activation="softmax", dtype=variable_dtype(), name="genre")(x)
    model = keras.Model(waveform, genre, name="resnet50")
    model.compile(keras.optimizers.Adam(config.learning_rate), loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def backbone(weights: str, size: int) -> keras.Model:
    """ResNet50 without its head, with the weights that `weights` names."""
    source = None if weights == "none" else weights
    try:
        return keras.applications.ResNet50(include_top=False, weights=source, input_shape=(size, size, 3), name="resnet50")
    except Exception as error:
        raise InputError(
            f"ResNet50 weights {weights!r} could not be loaded ({str(error)[:120]}); offline, give --weights none "
            "for random ones or the path of a downloaded resnet50 .weights.h5 file without head"
        ) from error
