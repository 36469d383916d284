"""The statistic that stands for style: which feature channels sound together, wherever they do (arXiv 1508.06576)."""

from __future__ import annotations

from typing import Any

from keras import ops


def channel_products(maps: Any, share: Any = 1.0) -> Any:
    """The Gram matrix of feature maps, divided by its number of positions.

    Shape:
        - maps: (1, height, width, channels)
        - output: (channels, channels)

    share: the part of the columns, from the left, that is sound; the rest is padding and left out. Being a mean over
    positions, the statistics of pictures of different lengths have the same expected value and can be compared.
    """
    _, height, width, channels = maps.shape
    columns = ops.clip(ops.round(ops.cast(share, "float32") * width), 1, width)
    inside = ops.cast(ops.arange(width, dtype="float32") < columns, "float32")
    positions = ops.reshape(maps * inside[:, None], (height * width, channels))
    return ops.matmul(ops.transpose(positions), positions) / (height * columns)


def style_distance(statistic: Any, wanted: Any) -> Any:
    """1 / (2 n_h n_w n_c)^2 sum (Gram_S - Gram_G)^2, for statistics of `channel_products` (channels, channels).

    The paper's Gram matrices are sums over the n_h n_w positions; ours are divided by them, which leaves 1 / (2 n_c)^2.
    """
    return ops.sum(ops.square(statistic - wanted)) / (2 * statistic.shape[-1]) ** 2
