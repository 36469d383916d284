"""Softmax regression on the flattened spectrogram picture, the baseline of the CNNs (3,185,296 parameters at 8 labels).

    python -m classifiers.train softmax --data FOLDER

ESC-10, three folds for training and one for testing, 2 CPU cores: 42.8 % (4 runs) in a minute a run.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras

from classifiers.front_end import ClassifierConfig, exported, front_end, setting_of
from training.family import Context

__all__ = ["PRESETS", "Config", "build", "exported"]


@dataclass(frozen=True)
class Config(ClassifierConfig):
    """Softmax regression has no sizes of its own; the paper gives no optimizer, so it is that of `lil_data`."""


PRESETS = {
    "paper": Config(),
    "ours": Config(learning_rate=1e-4),
    "quick": Config(setting="quick", learning_rate=1e-2, batch_size=4, steps=100, epochs=2),
}


def build(config: Config, context: Context) -> keras.Model:
    """The compiled model: waveform (batch, clip_samples) -> probabilities (batch, context.classes)."""
    waveform, picture = front_end(setting_of(config.setting, config.reference))
    probabilities = keras.layers.Dense(context.classes, activation="softmax", dtype="float32", name="genre")(
        keras.layers.Flatten()(picture)
    )
    model = keras.Model(waveform, probabilities, name="softmax")
    model.compile(keras.optimizers.Adam(config.learning_rate), loss="categorical_crossentropy", metrics=["accuracy"])
    return model
