"""A VGG that has heard music as the network that sees the pictures: the recipe of `vgg19` on musicnn's VGG.

The network and where its weights come from: `classifiers.music_vgg`. Five blocks of one convolution each take the places of
VGG-19's: the first four stand for style, the last for content. Pictures have 16 kHz, in windows of 512 samples every 256.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import keras

from classifiers.music_vgg import BANDS, convolutions, read_weights, set_weights
from spectro.layers import LogMel
from spectro.stft import SETTINGS, SpectrogramSetting
from transfer.style.features.extractor import STYLE_WEIGHTS, Extractor
from transfer.style.methods import NetworkMethod
from transfer.style.settings import Settings

STYLE_LAYERS = tuple(f"conv_{number}" for number in range(1, 5))
CONTENT_LAYER = "conv_5"
REFERENCE_MAGNITUDE = 64.0
"""Of picture value 1: a sine of half of full scale."""
PRESETS = {
    "paper": Settings(content_weight=100.0, style_weight=1000.0, iterations=100),
    "ours": Settings(1.0, 1_000_000.0, 100, step=0.01),
    "quick": Settings(1.0, 10.0, 1, inversion_iterations=4),
}
"""`paper` is the founding paper's recipe for VGG-19; these maps are smaller, so that its weights hold the content and little
else. With those of `ours` 30 iterations bring the loss of the style to an eighth (a lo-fi and a future bass track)."""


def music_vgg(
    tags: Literal["msd", "mtt"] | None = "msd", setting: SpectrogramSetting = SETTINGS["musicnn"], bands: int = BANDS
) -> Extractor:
    """The convolutions as an extractor.

    tags: whose weights; None: random (for tests of the structure). InputError: the package that has them is not installed.
    """
    setting = replace(setting, reference="file")
    picture = keras.Input((setting.rows, setting.columns, 1), name="picture")
    log_mel = LogMel(setting, bands, REFERENCE_MAGNITUDE, name="log_mel")(picture)
    network = keras.Model(picture, convolutions(log_mel, tags or "mtt"), name="music_vgg")
    if tags:
        set_weights(network, read_weights(tags))
    maps = {layer: network.get_layer(layer).output for layer in (*STYLE_LAYERS, CONTENT_LAYER)}
    return Extractor(
        keras.Model(picture, maps, name="music_vgg"),
        setting,
        dict(zip(STYLE_LAYERS, STYLE_WEIGHTS, strict=True)),
        CONTENT_LAYER,
    )


def open_method(settings: Settings, *, features: str, seed: int) -> tuple[NetworkMethod, None]:
    """features, seed: as all take them; the network has one set of weights."""
    return NetworkMethod(music_vgg(), settings), None
