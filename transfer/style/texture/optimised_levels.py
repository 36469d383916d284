"""Levels of bands, optimised until they move like the style's, with the content's rhythm and chords."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from transfer.style.optimise import OptimisedArray
from transfer.style.texture.statistics import WEIGHTS, onset_envelopes, style_statistics, unevenness

UNEVENNESS_WEIGHT = 1 / 3
"""Of the gains' unevenness, beside the rhythm's 1."""


@keras.saving.register_keras_serializable("transfer")
class OptimisedLevels(OptimisedArray):
    """Levels (bands, columns), natural logarithms, from the content's towards the statistics of a style.

        J = content_weight (J_rhythm + UNEVENNESS_WEIGHT J_uneven) + style_weight sum_s w_s J_s / J_s(start)

    J_rhythm: 1 - the mean cosine of the `onset_envelopes` of content and levels. J_uneven: `unevenness` of levels - content.
    J_s: mean squared distance of one of `style_statistics` from the style's. Being divided by what they are at the start,
    the content equalised to the style, weights mean the same for every pair.
    rate: columns a second.
    """

    def __init__(
        self, bands: int, columns: int, rate: float, content_weight: float, style_weight: float, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.rate, self.content_weight, self.style_weight = float(rate), content_weight, style_weight
        self.add_array((bands, columns))
        self.content = self.add_constant("content", (bands, columns))
        empty = style_statistics(np.zeros((bands, columns), np.float32), self.rate)
        self.style = {name: self.add_constant(name, tuple(value.shape)) for name, value in empty.items()}
        self.scale = {name: self.add_constant(f"{name}_scale", ()) for name in empty}

    def statistics_of(self, levels: np.ndarray) -> dict[str, np.ndarray]:
        """The style statistics of levels (bands, columns)."""
        return {name: ops.convert_to_numpy(value) for name, value in style_statistics(levels, self.rate).items()}

    def losses_of(self, array: Any) -> tuple[Any, Any]:
        rhythm = 1 - ops.mean(ops.sum(onset_envelopes(array) * onset_envelopes(self.content), axis=1))
        content = rhythm + UNEVENNESS_WEIGHT * unevenness(array - self.content)
        style = sum(WEIGHTS[name] * loss / self.scale[name] for name, loss in self._distances(array).items())
        return self.content_weight * content, self.style_weight * style

    def begin(self, content: np.ndarray, start: np.ndarray, style: dict[str, np.ndarray]) -> None:
        """Take the levels of a content, those to start from, and the statistics of the style."""
        self.content.assign(content)
        self.array.assign(start)
        for name, variable in self.style.items():
            variable.assign(style[name])
        for name, distance in self._distances(ops.convert_to_tensor(self.array)).items():
            self.scale[name].assign(ops.maximum(distance, 1e-6))
        self.reset_optimizer()

    def levels(self) -> np.ndarray:
        """The levels as they are now, float32 (bands, columns)."""
        return ops.convert_to_numpy(self.array)

    def _distances(self, levels: Any) -> dict[str, Any]:
        found = style_statistics(levels, self.rate)
        return {name: ops.mean(ops.square(found[name] - self.style[name])) for name in found}

    def get_config(self) -> dict[str, Any]:
        bands, columns = self.array.shape
        return {
            **super().get_config(),
            "bands": bands,
            "columns": columns,
            "rate": self.rate,
            "content_weight": self.content_weight,
            "style_weight": self.style_weight,
        }
