"""What sees the pictures: a frozen network, the setting its pictures are made with, and which of its layers say what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import keras
import numpy as np

from spectro.stft import SpectrogramSetting
from training.fitting.gradients import input_gradient
from transfer.style.gatys import gram_matrix

STYLE_WEIGHTS = (0.3, 0.4, 0.2, 0.1)
"""Lambda of the four style layers, first layer first, the same for all networks that have four."""


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
        to deep layers. Shallow ones still see it: style would come there with nothing to hold the content.
        """
        random = np.random.default_rng(0).random((1, *self.network.input_shape[1:]), np.float32)
        slope = input_gradient(lambda picture: self.network(picture, training=False)[self.content_layer], random)
        touched = np.abs(keras.ops.convert_to_numpy(slope))[0, ..., 0] > 0
        rows, columns = (np.flatnonzero(touched.any(axis=axis)) for axis in (1, 0))
        return (int(rows[-1]) + 1, int(columns[-1]) + 1) if rows.size else touched.shape

    def style_statistics(self, pictures: Iterable[tuple[np.ndarray, float]]) -> dict[str, np.ndarray]:
        """The style statistics of a whole sound: {layer: (channels, channels)}, the mean over all its tiles.

        pictures: tiles (rows, columns) with the fraction of their columns that is sound; a tile counts by it.
        """
        totals = {layer: np.zeros((), np.float32) for layer in self.style_layers}
        weight = 0.0
        for picture, fraction in pictures:
            maps = self.network(picture[None, ..., None], training=False)
            for layer in totals:
                totals[layer] = totals[layer] + fraction * keras.ops.convert_to_numpy(gram_matrix(maps[layer], fraction))
            weight += fraction
        return {layer: total / weight for layer, total in totals.items()}
