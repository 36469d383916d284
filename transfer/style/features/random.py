"""Random filters as the network that sees the pictures: a texture is what sounds together, whatever one listens with.

Dmitry Ulyanov and Vadim Lebedev, "Audio texture synthesis and style transfer", 2016
(https://dmitryulyanov.github.io/audio-texture-synthesis-and-style-transfer): one layer of 4096 filters, 11 frames long,
that takes the frequencies of log(1 + magnitude) as its channels and moves in time alone; weights are drawn, not learnt.

Pictures stay in decibels, as everywhere; the network's first layer turns them into log(1 + magnitude). What differs from
the publication: sounds are brought to one loudest bin, so that level means nothing, and pixels are decibels to the
optimizer, too.
"""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from spectro.stft import SpectrogramSetting
from transfer.style.features.extractor import Extractor
from transfer.style.methods import NetworkMethod
from transfer.style.settings import Settings

SETTING = SpectrogramSetting(n_fft=2048, hop=512)
"""The publication's windows, in tiles of 5 s: 1025 rows, 216 columns."""
FILTERS = 4096
LENGTH = 11
"""Columns (0.26 s) that a filter sees."""
LAYER = "random"
REFERENCE_MAGNITUDE = 256.0
"""Of picture value 1: a sine of half of full scale. Mastered recordings as they are reach 200 to 470."""
WEIGHTS = {"content_weight": 2 * 0.01, "style_weight": (2.0 * 4096) ** 2}
"""Ulyanov and Lebedev's weights 0.01 and 1 of the plain sums of squares, in terms of our losses, which are divided."""
PRESETS = {
    "paper": Settings(**WEIGHTS, iterations=300, optimizer="lbfgs", phase="random", inversion_iterations=500, start="noise"),
    "ours": Settings(**WEIGHTS, iterations=60, optimizer="lbfgs"),
    "quick": Settings(**WEIGHTS, iterations=1, inversion_iterations=4),
}
"""`paper` is what its authors do; `ours` starts from the content, picture and phase, and stops sooner."""


@keras.saving.register_keras_serializable("transfer")
class LogMagnitude(keras.layers.Layer):
    """Decibels as `SpectrogramSetting.to_picture` makes them -> log(1 + magnitude), with frequencies as channels.

    The floor's magnitude is taken off everywhere, so that 0 is silence and still has a slope.

    Shape:
        - input: (batch, rows, columns, 1) in [0, 1]
        - output: (batch, 1, columns, rows)
    """

    def __init__(self, floor_db: float, loudest: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.floor_db, self.loudest = floor_db, loudest

    def call(self, picture: Any) -> Any:
        floor = self.floor_db * math.log(10) / 20
        magnitude = self.loudest * (ops.exp((1 - picture) * floor) - math.exp(floor))
        return ops.transpose(ops.log1p(magnitude), (0, 3, 2, 1))

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        batch, rows, columns, channels = input_shape
        return batch, channels, columns, rows

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "floor_db": self.floor_db, "loudest": self.loudest}


def random_features(seed: int = 0, setting: SpectrogramSetting = SETTING, filters: int = FILTERS) -> Extractor:
    """The layer as an extractor; its maps (1, 1, columns - 10, filters) are content and style at once.

    seed: of the weights, Gaussian with the deviation that the publication takes. `setting` must have 11 columns or more.
    """
    deviation = math.sqrt(2) * math.sqrt(2 / ((setting.rows + filters) * LENGTH))
    picture = keras.Input((setting.rows, setting.columns, 1), name="picture")
    maps = keras.layers.Conv2D(
        filters,
        (1, LENGTH),
        activation="relu",
        use_bias=False,
        kernel_initializer=keras.initializers.RandomNormal(0.0, deviation, seed),
        name=LAYER,
    )(LogMagnitude(setting.floor_db, REFERENCE_MAGNITUDE, name="log_magnitude")(picture))
    return Extractor(keras.Model(picture, {LAYER: maps}, name="random_features"), setting, {LAYER: 1.0}, LAYER)


def open_method(settings: Settings, *, features: str, seed: int) -> tuple[NetworkMethod, None]:
    """seed: of the weights."""
    return NetworkMethod(random_features(seed), settings), None
