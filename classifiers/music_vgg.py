"""A VGG that has heard music: the convolutions of musicnn's VGG, frozen, and a small head (Jordi Pons and Xavier Serra,
"musicnn: Pre-trained convolutional neural networks for music audio tagging", 2019, arXiv 1909.06654; its VGG follows Choi,
Fazekas and Sandler, arXiv 1606.00298).

Five 3x3 convolutions of 128 filters, each with batch norm, and pools between them, see log mel pictures; they were trained
on the tags of the Million Song Dataset or of MagnaTagATune. Their weights are not ours and not part of this project: the
package musicnn (ISC licence) carries them as TensorFlow checkpoints, which are read as files; nothing of it is imported. A
run keeps what it was trained with, and needs the package no more. Of 607,030 weights the last layer, its tags, is left out:
each block's maps are pooled over time and frequency, mean and maximum, and a softmax looks at that (609,548 parameters at 8
labels, 12,808 of them trained).

    pip install --no-deps musicnn==0.1.0
    python -m classifiers.train music_vgg --data FOLDER

ESC-10, three folds for training and one for testing: 91.2 % (docs/results.md).
"""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
from keras import ops

from classifiers.front_end import ClassifierConfig, exported, front_end, setting_of
from spectro.layers import LogMel
from training.errors import InputError
from training.family import Context
from training.options import Count, Dropout, Positive

__all__ = ["PRESETS", "Config", "build", "exported"]

INSTALL = "pip install --no-deps musicnn==0.1.0"
BANDS, FILTERS = 96, 128
POOLS = {
    "mtt": (((4, 1), (2, 2)), ((2, 2), (2, 2)), ((2, 2), (2, 2)), ((2, 2), (2, 2))),
    "msd": (((4, 1), (4, 1)), ((1, 4), (1, 4)), ((2, 2), (2, 2)), ((2, 2), (2, 2))),
}
"""Size and strides, in columns and bands, of the pools after the first four blocks, as the checkpoints' graphs have them.

The package's own code gives the network of the Million Song Dataset the pools of the other, with which it was not trained.
"""


@dataclass(frozen=True)
class Config(ClassifierConfig):
    """The frozen network and its head."""

    setting: str = "musicnn"
    reference: Literal["clip", "absolute"] = "absolute"
    learning_rate: Positive = 3e-3
    batch_size: Count = 16
    epochs: Count = 10
    weights: Literal["msd", "mtt", "none"] = "msd"
    """Starting weights: of musicnn's VGG for the Million Song Dataset or for MagnaTagATune, or random ones."""
    mel_bands: Count = BANDS
    """Mel bands of the pictures; the weights have seen 96."""
    fine_tune: bool = False
    """Train the convolutions, too; the learning rate should then be small (1e-4)."""
    dropout: Dropout = 0.5
    """Fraction of the head's inputs dropped."""


PRESETS = {
    "paper": Config(),
    "quick": Config(setting="quick", weights="none", mel_bands=32, learning_rate=1e-2, batch_size=4, steps=6, epochs=2),
}


def build(config: Config, context: Context) -> keras.Model:
    """The compiled model: waveform (batch, clip_samples) -> probabilities (batch, context.classes).

    InputError: the package that has the weights is not installed, or not in version 0.1.0.
    """
    setting = setting_of(config.setting, config.reference)
    waveform, picture = front_end(setting)
    maps = convolutions(LogMel(setting, config.mel_bands, name="log_mel")(picture), config.weights)
    pooled = [part for each in maps.values() for part in (ops.mean(each, axis=(1, 2)), ops.max(each, axis=(1, 2)))]
    x = keras.layers.Concatenate(name="features")(pooled)
    x = keras.layers.BatchNormalization(momentum=0.9, synchronized=keras.backend.backend() == "tensorflow", name="norm")(x)
    x = keras.layers.Dropout(config.dropout, name="dropout")(x)
    probabilities = keras.layers.Dense(context.classes, activation="softmax", dtype="float32", name="genre")(x)
    model = keras.Model(waveform, probabilities, name="music_vgg")
    if config.weights != "none":
        set_weights(model, read_weights(config.weights))
    if not config.fine_tune:
        for name in names_of_blocks():
            model.get_layer(name).trainable = False
    model.compile(keras.optimizers.Adam(config.learning_rate), loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def names_of_blocks() -> list[str]:
    """Of the layers that have the package's weights, in order."""
    return ["norm_0", *(f"{kind}_{number}" for number in range(1, 6) for kind in ("conv", "norm"))]


def convolutions(log_mel: Any, weights: str = "mtt") -> dict[str, Any]:
    """Symbolic log mel pictures (batch, columns, bands, 1) -> maps of the five blocks: {"norm_1": (batch, ...), ...}.

    weights: whose pools it has; with others than "msd" they need 18 columns and 16 bands or more.
    """
    pools = POOLS.get(weights, POOLS["mtt"])
    x = _norm(0)(log_mel)
    maps = {}
    for number in range(1, 6):
        x = keras.layers.Conv2D(FILTERS, 3, padding="same", activation="relu", name=f"conv_{number}")(x)
        x = maps[f"norm_{number}"] = _norm(number)(x)
        if number <= len(pools):
            x = keras.layers.MaxPooling2D(*pools[number - 1], name=f"pool_{number}")(x)
    return maps


def set_weights(model: keras.Model, weights: dict[str, list[np.ndarray]]) -> None:
    """Give a model with the layers of `convolutions` the weights that `read_weights` has read."""
    for name, arrays in weights.items():
        model.get_layer(name).set_weights(arrays)


def read_weights(tags: Literal["msd", "mtt"]) -> dict[str, list[np.ndarray]]:
    """The weights of musicnn's VGG by the names of our layers. InputError: not installed, or another version's."""
    import tensorflow as tf

    path = checkpoint(tags)
    try:
        read = tf.compat.v1.train.NewCheckpointReader(
            os.fspath(path) + os.sep
        ).get_tensor  # its files have no name, but suffixes
        norms = ["batch_normalization", *(f"batch_normalization_{number}" for number in range(1, 6))]
        weights = {
            f"norm_{number}": [read(f"{name}/{each}") for each in ("gamma", "beta", "moving_mean", "moving_variance")]
            for number, name in enumerate(norms)
        }
        return weights | {f"conv_{n}": [read(f"{n}CNN/{each}") for each in ("kernel", "bias")] for n in range(1, 6)}
    except (tf.errors.OpError, ValueError, RuntimeError) as error:
        raise InputError(f"{path} does not hold musicnn's VGG ({str(error)[:100]}); {INSTALL}") from None


def checkpoint(tags: Literal["msd", "mtt"]) -> Path:
    """The folder of the checkpoint in the installed package. InputError: it is not there."""
    spec = importlib.util.find_spec("musicnn")  # finds it, and does not import it
    places = (spec.submodule_search_locations if spec else None) or []
    found = [folder for folder in (Path(place, f"{tags.upper()}_vgg") for place in places) if folder.is_dir()]
    if not found:
        raise InputError(f"the VGG that has heard music is not at hand: {INSTALL}, which brings its weights (ISC licence)")
    return found[0]


def _norm(number: int) -> keras.layers.BatchNormalization:
    """As TensorFlow 1 had it."""
    return keras.layers.BatchNormalization(epsilon=1e-3, momentum=0.99, name=f"norm_{number}")
