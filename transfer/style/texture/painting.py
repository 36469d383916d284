"""Levels of bands painted until they move like the style's, attack with the content's rhythm, and keep its chords."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from transfer.style.optimise import Canvas
from transfer.style.texture.statistics import WEIGHTS, attacks, style_statistics, unevenness

SMOOTH = 1 / 3
"""Weight of the gains' unevenness beside the rhythm's."""


@keras.saving.register_keras_serializable("transfer")
class TexturePainting(Canvas):
    """Levels (bands, columns), natural logarithms, painted from the content's by the statistics of a style.

        J = content_weight (J_rhythm + SMOOTH J_uneven) + style_weight sum_s w_s J_s / J_s(start)

    J_rhythm: 1 - the mean cosine of the `attacks` of content and picture. J_uneven: `unevenness` of picture - content.
    J_s: mean squared distance of one of `style_statistics` from the style's. Being divided by what they are at the start,
    the content equalised to the style, weights mean the same for every pair.
    rate: columns a second.
    """

    def __init__(
        self, bands: int, columns: int, rate: float, content_weight: float, style_weight: float, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.rate, self.content_weight, self.style_weight = float(rate), content_weight, style_weight
        self.stretch((bands, columns))
        self.content = self.fixed("content", (bands, columns))
        empty = style_statistics(np.zeros((bands, columns), np.float32), self.rate)
        self.style = {name: self.fixed(name, tuple(value.shape)) for name, value in empty.items()}
        self.scale = {name: self.fixed(f"{name}_scale", ()) for name in empty}

    def statistics_of(self, levels: np.ndarray) -> dict[str, np.ndarray]:
        """The style statistics of levels (bands, columns)."""
        return {name: ops.convert_to_numpy(value) for name, value in style_statistics(levels, self.rate).items()}

    def losses_of(self, picture: Any) -> tuple[Any, Any]:
        rhythm = 1 - ops.mean(ops.sum(attacks(picture) * attacks(self.content), axis=1))
        content = rhythm + SMOOTH * unevenness(picture - self.content)
        style = sum(WEIGHTS[name] * loss / self.scale[name] for name, loss in self._distances(picture).items())
        return self.content_weight * content, self.style_weight * style

    def begin(self, content: np.ndarray, start: np.ndarray, style: dict[str, np.ndarray]) -> None:
        """Take the levels of a content, those to start from, and the statistics of the style."""
        self.content.assign(content)
        self.picture.assign(start)
        for name, variable in self.style.items():
            variable.assign(style[name])
        for name, distance in self._distances(ops.convert_to_tensor(self.picture)).items():
            self.scale[name].assign(ops.maximum(distance, 1e-6))
        self.begin_anew()

    def painted(self) -> np.ndarray:
        """The levels as they are now, float32 (bands, columns)."""
        return ops.convert_to_numpy(self.picture)

    def _distances(self, picture: Any) -> dict[str, Any]:
        found = style_statistics(picture, self.rate)
        return {name: ops.mean(ops.square(found[name] - self.style[name])) for name in found}

    def get_config(self) -> dict[str, Any]:
        bands, columns = self.picture.shape
        return {
            **super().get_config(),
            "bands": bands,
            "columns": columns,
            "rate": self.rate,
            "content_weight": self.content_weight,
            "style_weight": self.style_weight,
        }
