"""Neural style transfer as a Keras model: its only trainable weight is the picture, its loss is content + style.

Gatys, Ecker and Bethge, "A Neural Algorithm of Artistic Style", arXiv 1508.06576, in the form of the founding paper:

    J = alpha J_content + beta J_style          J_content = 1/2 sum (a_C - a_G)^2
    J_style = sum_l lambda_l / (2 n_h n_w n_c)^2 sum (Gram_S - Gram_G)^2
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from transfer.style.optimise import OptimisedArray


def gram_matrix(maps: Any, fraction: Any = 1.0) -> Any:
    """Which feature channels sound together, wherever they do: the Gram matrix, divided by its number of positions.

    Shape:
        - maps: (1, height, width, channels)
        - output: (channels, channels)

    fraction: of the columns, from the left, that are sound; the rest is padding and left out. Being a mean over positions,
    the statistics of pictures of different lengths have the same expected value and can be compared.
    """
    _, height, width, channels = maps.shape
    columns = ops.clip(ops.round(ops.cast(fraction, "float32") * width), 1, width)
    inside = ops.cast(ops.arange(width, dtype="float32") < columns, "float32")
    positions = ops.reshape(maps * inside[:, None], (height * width, channels))
    return ops.matmul(ops.transpose(positions), positions) / (height * columns)


def style_distance(statistic: Any, wanted: Any) -> Any:
    """1 / (2 n_h n_w n_c)^2 sum (Gram_S - Gram_G)^2, for statistics of `gram_matrix` (channels, channels).

    The paper's Gram matrices are sums over the n_h n_w positions; ours are divided by them, which leaves 1 / (2 n_c)^2.
    """
    return ops.sum(ops.square(statistic - wanted)) / (2 * statistic.shape[-1]) ** 2


@keras.saving.register_keras_serializable("transfer")
class UnitRange(keras.constraints.Constraint):
    """Clips pixels to [0, 1] after each step."""

    def __call__(self, w: Any) -> Any:
        return ops.clip(w, 0.0, 1.0)


@keras.saving.register_keras_serializable("transfer")
class OptimisedPicture(OptimisedArray):
    """One picture (1, rows, columns, 1) in [0, 1], to have the content of one sound and the style of another.

    network: picture -> {layer: maps}; it is frozen, which also freezes these layers in the classifier it was cut from.
    style_layers: lambda by layer. seen: the rows and columns that may change (`Extractor.seen`), by default all.
    """

    bounds = (0.0, 1.0)

    def __init__(
        self,
        network: keras.Model,
        style_layers: dict[str, float],
        content_layer: str,
        content_weight: float,
        style_weight: float,
        seen: tuple[int, int] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        network.trainable = False
        self.network, self.content_layer = network, content_layer
        self.style_layers = {layer: float(weight) for layer, weight in style_layers.items()}
        self.content_weight, self.style_weight = content_weight, style_weight
        self.seen = tuple(seen or network.input_shape[1:3])
        shapes = {layer: maps.shape[1:] for layer, maps in network.output.items()}
        self.add_array((1, *network.input_shape[1:]), UnitRange())
        self.content = self.add_constant("content", (1, *shapes[content_layer]))
        self.fraction = self.add_constant("fraction", ())
        self.styles = {layer: self.add_constant(f"style_{layer}", (shapes[layer][-1],) * 2) for layer in self.style_layers}

    def losses_of(self, array: Any) -> tuple[Any, Any]:
        """alpha J_content and beta J_style of a picture (1, rows, columns, 1), as scalars."""
        rows, columns = (np.arange(size) < seen for size, seen in zip(array.shape[1:3], self.seen, strict=True))
        picture = ops.where((rows[:, None] & columns)[None, ..., None], array, ops.stop_gradient(array))
        maps = self.network(picture, training=False)
        content = ops.sum(ops.square(maps[self.content_layer] - self.content)) / 2
        style = sum(
            weight * style_distance(gram_matrix(maps[layer], self.fraction), self.styles[layer])
            for layer, weight in self.style_layers.items()
        )
        return self.content_weight * content, self.style_weight * style

    def set_style(self, statistics: dict[str, np.ndarray]) -> None:
        """Take the statistics of `Extractor.style_statistics` as those to come to."""
        for layer, variable in self.styles.items():
            variable.assign(statistics[layer])

    def begin(self, picture: np.ndarray, fraction: float = 1.0) -> None:
        """Start from the content's picture (rows, columns) in [0, 1]; fraction: of its columns that are sound."""
        self.array.assign(picture[None, ..., None])
        self.fraction.assign(fraction)
        self.content.assign(self.network(self.array, training=False)[self.content_layer])
        self.reset_optimizer()

    def picture(self) -> np.ndarray:
        """The picture as it is now, float32 (rows, columns)."""
        return ops.convert_to_numpy(self.array)[0, ..., 0]

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "network": keras.saving.serialize_keras_object(self.network),
            "style_layers": dict(self.style_layers),
            "content_layer": self.content_layer,
            "content_weight": self.content_weight,
            "style_weight": self.style_weight,
            "seen": self.seen,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict | None = None) -> OptimisedPicture:
        network = keras.saving.deserialize_keras_object(config.pop("network"), custom_objects=custom_objects)
        return cls(network=network, **config)
