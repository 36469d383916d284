"""What sees the pictures: a frozen network, the setting its pictures are made with, and which of its layers say what."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace

import keras
import numpy as np

from classifiers import pretrained
from classifiers.front_end import features, setting_of_model
from classifiers.prediction import Classifier
from spectro.stft import SpectrogramSetting
from training.cli import InputError
from training.fitting.gradients import input_gradient
from transfer.style.gram import channel_products

STYLE_WEIGHTS = (0.3, 0.4, 0.2, 0.1)
"""Lambda of the four style layers, first layer first, the same for both networks."""


@dataclass(frozen=True)
class Extractor:
    """A network picture (batch, rows, columns, 1) -> {layer: maps}, and the roles of its layers.

    Pictures are relative to the loudest bin of the whole file (setting.reference "file"), so that tiles fit together.
    """

    network: keras.Model
    """Features by layer name."""
    setting: SpectrogramSetting
    """Setting of the pictures; one tile is `setting.columns` wide."""
    style_layers: dict[str, float]
    """Lambda by layer."""
    content_layer: str
    """The layer whose activations are the content."""

    def seen(self) -> tuple[int, int]:
        """Rows and columns of the picture, from its first corner, that the content layer sees.

        Convolutions and pools without padding drop a rest at the far borders (15 of 631 columns in `lil_data`) on the way
        to deep layers. Shallow ones still see it: style would be painted there with nothing to hold the content.
        """
        random = np.random.default_rng(0).random((1, *self.network.input_shape[1:]), np.float32)
        slope = input_gradient(lambda picture: self.network(picture, training=False)[self.content_layer], random)
        touched = np.abs(keras.ops.convert_to_numpy(slope))[0, ..., 0] > 0
        rows, columns = (np.flatnonzero(touched.any(axis=axis)) for axis in (1, 0))
        return (int(rows[-1]) + 1, int(columns[-1]) + 1) if rows.size else touched.shape

    def style_of(self, pictures: Iterable[tuple[np.ndarray, float]]) -> dict[str, np.ndarray]:
        """The style statistic of a whole sound: {layer: (channels, channels)}, the mean over all its tiles.

        pictures: tiles (rows, columns) with the share of their columns that is sound; a tile counts by its share.
        """
        totals = {layer: np.zeros((), np.float32) for layer in self.style_layers}
        weight = 0.0
        for picture, share in pictures:
            maps = self.network(picture[None, ..., None], training=False)
            for layer in totals:
                totals[layer] = totals[layer] + share * keras.ops.convert_to_numpy(channel_products(maps[layer], share))
            weight += share
        return {layer: total / weight for layer, total in totals.items()}


def of_classifier(model: keras.Model) -> Extractor:
    """The features of a sound classifier with layers conv_1 ... conv_4. InputError if it has no such layers."""
    layers = tuple(f"conv_{number}" for number in range(1, 5))
    return Extractor(
        features(model, layers),
        replace(setting_of_model(model), reference="file"),
        dict(zip(layers, STYLE_WEIGHTS, strict=True)),
        layers[-1],
    )


def open_features(name: str, vgg_weights: str | os.PathLike | None = None, seed: int = 0) -> tuple[Extractor, Classifier]:
    """The features of a name, and the classifier that judges: the one that they are of, or else the shipped one.

    name: "lil_data" (the shipped classifier), "vgg19", "random" (drawn by `seed`), or the directory of a classifier's run.
    InputError: none of them.
    """
    if vgg_weights is not None and name != "vgg19":
        raise InputError(f"--vgg-weights is for --features vgg19; received --features {name}")
    if name == "vgg19":
        from transfer.style.features.vgg19 import vgg19

        return vgg19("imagenet" if vgg_weights is None else vgg_weights), Classifier(pretrained.path())
    if name == "random":
        from transfer.style.features.random import random_features

        return random_features(seed), Classifier(pretrained.path())
    classifier = Classifier(pretrained.path() if name == "lil_data" else name)
    return of_classifier(classifier.model), classifier
