"""A toy: softmax regression on the mean spectrum of a clip."""

from __future__ import annotations

from dataclasses import dataclass

import keras

from classifiers.front_end import ClassifierConfig, exported, front_end, setting_of
from training.family import Context

__all__ = ["PRESETS", "Config", "build", "exported"]


@dataclass(frozen=True)
class Config(ClassifierConfig):
    """The toy has no options of its own."""


PRESETS = {"paper": Config(), "quick": Config(setting="quick", learning_rate=1e-1, batch_size=4, epochs=3)}


def build(config: Config, context: Context) -> keras.Model:
    """The compiled model: waveform (batch, clip_samples) -> probabilities (batch, context.classes)."""
    waveform, picture = front_end(setting_of(config.setting, config.reference))
    spectrum = keras.layers.Reshape((picture.shape[1], picture.shape[2]))(picture)
    spectrum = keras.layers.GlobalAveragePooling1D(data_format="channels_first")(spectrum)
    probabilities = keras.layers.Dense(context.classes, activation="softmax", dtype="float32", name="genre")(spectrum)
    model = keras.Model(waveform, probabilities, name="toy_mean")
    model.compile(keras.optimizers.Adam(config.learning_rate), loss="categorical_crossentropy", metrics=["accuracy"])
    return model
