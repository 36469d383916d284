"""A style feature for the tests, in one file as any other: what five random filters see of a small picture."""

from __future__ import annotations

import keras

from spectro.stft import SETTINGS
from transfer.style.features.extractor import Extractor
from transfer.style.methods import NetworkMethod
from transfer.style.settings import Settings

PRESETS = dict.fromkeys(("paper", "ours", "quick"), Settings(1.0, 100.0, 2, inversion_iterations=2))


def open_method(settings: Settings, *, features: str, seed: int, filters: int = 5) -> tuple[NetworkMethod, None]:
    setting = SETTINGS["quick"]
    picture = keras.Input((setting.rows, setting.columns, 1))
    draw = keras.initializers.GlorotUniform(seed)
    maps = keras.layers.Conv2D(filters, 5, strides=3, activation="relu", kernel_initializer=draw)(picture)
    return NetworkMethod(Extractor(keras.Model(picture, {"maps": maps}), setting, {"maps": 1.0}, "maps"), settings), None
