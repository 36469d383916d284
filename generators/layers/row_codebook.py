"""Rows of pixels chosen, not painted: every row of a group of columns rests or has one of a few learned shapes."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

FIELDS = ("height", "shapes", "patch", "channels", "graded")
"""What `RowCodebook` is made with."""


@keras.saving.register_keras_serializable("generators")
class RowCodebook(keras.layers.Layer):
    """Scores (batch, groups, height * (shapes + 1)), rest first, -> pictures (batch, height, groups * patch, channels).

    The pictures are black and white, -1 and 1: each row of a group has the shape of its highest score. Gradients pass as if
    it had the mixture of all shapes by the softmax of the scores (straight through, arXiv 1308.3432), and as if shapes had
    greys; so a critic can judge by music only, and notes fall into pieces only where a learned shape does.

    graded: every row has its highest shape but rest, from -1 to 1 as that one's score is above rest's, so that a threshold
    can choose how much sounds; for use, not for training. The threshold 0 gives the black and white picture.
    """

    def __init__(self, height: int, shapes: int, patch: int, channels: int, graded: bool = False, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.height, self.shapes, self.patch, self.channels = height, shapes, patch, channels
        self.graded = graded

    def build(self, input_shape: Any) -> None:
        self.logits = self.add_weight(shape=(self.shapes, self.patch * self.channels), initializer=self._runs, name="logits")

    def call(self, scores: Any) -> Any:
        groups = scores.shape[1]
        scores = ops.reshape(scores, (-1, groups, self.height, self.shapes + 1))
        weights = self._graded_weights(scores) if self.graded else self._hard_weights(scores)
        means = _straight_through(ops.cast(self.logits > 0, scores.dtype), ops.sigmoid(self.logits))
        pixels = ops.reshape(ops.matmul(weights, means), (-1, groups, self.height, self.patch, self.channels))
        pixels = ops.reshape(ops.transpose(pixels, (0, 2, 1, 3, 4)), (-1, self.height, groups * self.patch, self.channels))
        return 2 * pixels - 1

    def _hard_weights(self, scores: Any) -> Any:
        highest = ops.top_k(scores, 1)[1][..., 0]  # Keras' argmax has no ONNX
        chosen = ops.one_hot(highest, self.shapes + 1, dtype=scores.dtype)
        return _straight_through(chosen, ops.softmax(scores))[..., 1:]

    def _graded_weights(self, scores: Any) -> Any:
        best, likeliest = ops.top_k(scores[..., 1:], 1)
        return ops.one_hot(likeliest[..., 0], self.shapes, dtype=scores.dtype) * ops.sigmoid(best - scores[..., :1])

    def _runs(self, shape: Any, dtype: Any = None) -> Any:
        """Runs of columns, the longest first; again from the start where there are more shapes than runs."""
        on = np.array([[first <= column < last for column in range(self.patch)] for first, last in runs(self.patch)])
        return ops.cast(np.repeat(np.resize(4.0 * on - 2.0, (self.shapes, self.patch)), self.channels, axis=1), dtype)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {name: getattr(self, name) for name in FIELDS}


def in_greys(model: keras.Model) -> keras.Model:
    """The same model with the same weights, its `RowCodebook` graded."""

    def graded(layer: keras.Layer) -> keras.Layer:
        greys = {"graded": True} if isinstance(layer, RowCodebook) else {}
        return layer.__class__.from_config(layer.get_config() | greys)

    copy = keras.models.clone_model(model, clone_function=graded)
    copy.set_weights(model.get_weights())
    return copy


def runs(columns: int) -> list[tuple[int, int]]:
    """Runs of columns from the first one and from the middle, where notes begin: (first, behind the last), longest first."""
    every = [(first, last) for first in {0, columns // 2} for last in range(first + 1, columns + 1)]
    return sorted(every, key=lambda run: (run[0] - run[1], run[0]))


def _straight_through(shown: Any, learned: Any) -> Any:
    """`shown`, with the gradient of `learned`."""
    return learned + ops.stop_gradient(shown - learned)
