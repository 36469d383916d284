"""VGG-19 as the network that sees the pictures (Simonyan and Zisserman, arXiv 1409.1556; layers of the founding paper).

The one-channel picture is replicated to three channels of 0 to 255 and goes through Keras' own preprocessing. One step on
a picture of 631 x 631 costs about a hundred times one with `lil_data`.
"""

from __future__ import annotations

import os
from typing import Any

import keras
from keras import ops

from spectro.stft import SETTINGS, SpectrogramSetting
from training.errors import InputError
from transfer.style.features.extractor import STYLE_WEIGHTS, Extractor
from transfer.style.methods import NetworkMethod
from transfer.style.settings import Settings

STYLE_LAYERS = ("block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1")
CONTENT_LAYER = "block5_conv1"
FILE = "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"
"""The file of ImageNet weights that `keras.applications` downloads."""
PRESETS = {
    "paper": Settings(content_weight=100.0, style_weight=1000.0, iterations=100),
    "ours": Settings(100.0, 1000.0, 10, step=0.01),
    "quick": Settings(1.0, 10.0, 1, inversion_iterations=4),
}
"""The paper's early pictures: the same with 10 iterations."""


@keras.saving.register_keras_serializable("transfer")
class VggInput(keras.layers.Layer):
    """Picture (batch, rows, columns, 1) in [0, 1] -> what VGG-19 expects: three channels, 0 to 255, ImageNet means off."""

    def call(self, picture: Any) -> Any:
        return keras.applications.vgg19.preprocess_input(
            ops.repeat(picture * 255.0, 3, axis=-1), data_format="channels_last"
        )

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return (*input_shape[:-1], 3)


def vgg19(weights: str | os.PathLike | None = "imagenet", setting: SpectrogramSetting = SETTINGS["lil_data"]) -> Extractor:
    """VGG-19 up to block5_conv1.

    weights: "imagenet" (downloaded once by Keras), a file of such weights, or None (random: for tests of the structure).
    InputError: no network and no file, or a file of something else. Pictures must have 32 rows and columns or more.
    """
    picture = keras.Input((setting.rows, setting.columns, 1), name="picture")
    network = _network(weights, VggInput(name="vgg_input")(picture))
    maps = {layer: network.get_layer(layer).output for layer in (*STYLE_LAYERS, CONTENT_LAYER)}
    return Extractor(
        keras.Model(picture, maps, name="vgg19"), setting, dict(zip(STYLE_LAYERS, STYLE_WEIGHTS, strict=True)), CONTENT_LAYER
    )


def _network(weights: str | os.PathLike | None, inputs: Any) -> keras.Model:
    source = weights if weights in (None, "imagenet") else os.fspath(weights)
    if source not in (None, "imagenet") and not os.path.isfile(source):
        raise InputError(f"{source} not found; --vgg-weights must be the file {FILE} of keras.applications")
    try:
        return keras.applications.VGG19(include_top=False, weights=source, input_tensor=inputs)
    except Exception as error:  # Keras raises bare Exception for a failed download, and anything h5py does for a bad file
        reason = str(error).splitlines()[0][:150]
        if source == "imagenet":
            raise InputError(
                "the ImageNet weights of VGG-19 cannot be downloaded "
                f"({reason}); get {FILE} from the keras-applications releases on another machine and give "
                "it by --vgg-weights FILE, or use --features lil_data"
            ) from None
        raise InputError(
            f"{source} does not hold weights of VGG-19 without its top ({reason}); "
            f"expected the file {FILE} of keras.applications"
        ) from None


def open_method(
    settings: Settings, *, features: str, seed: int, vgg_weights: str | os.PathLike | None = None
) -> tuple[NetworkMethod, None]:
    """vgg_weights: a file of ImageNet weights; None: Keras downloads them."""
    return NetworkMethod(vgg19("imagenet" if vgg_weights is None else vgg_weights), settings), None
