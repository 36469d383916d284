"""Locally masked convolutions, in which each cell sees those of its neighbours that come before it in an order of its own.

"Locally Masked Convolution for Autoregressive Models" (arXiv 2006.12486). The same layers serve whole pictures and single
cells: `over` says which, `WholePictures` or `SingleCells`.
"""

from __future__ import annotations

from typing import Any, Protocol

import keras
import numpy as np
from keras import layers, ops

from generators.layers.labels import Labels

NEIGHBOURS = tuple((down, right) for down in (-1, 0, 1) for right in (-1, 0, 1))
"""Steps to the nine cells of a 3 x 3 kernel; the fifth is the cell itself."""
SMALL = 0.1
"""Variance at the start of what ends a block, beside that of other convolutions: blocks begin as almost nothing."""


class Over(Protocol):
    """What convolutions go over."""

    def __call__(self, convolution: MaskedConvolution, x: Any, training: bool = False) -> Any:
        """The convolution of x, (batch, h, w, features) or of single cells (batch, features)."""


@keras.saving.register_keras_serializable("generators")
class MaskedConvolution(layers.Layer):
    """A 3 x 3 convolution of concatenated ELUs, ELU of [x, -x], over the neighbours that a cell may see.

    `call(x, masks)`: pictures (batch, h, w, features) with masks (batch or 1, h, w, 9); or of single cells the neighbours
    (batch, 9, features) with masks (batch, 9), 1 where a neighbour is seen. Each one that is seen adds a learned vector, so
    that one of zeros is told from none. centre: may the cell itself be seen? In the first layer it must not.
    """

    def __init__(
        self,
        filters: int,
        dilation: int = 1,
        centre: bool = True,
        scale: float = 1.0,
        dropout: float = 0.0,
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        self.filters, self.dilation, self.centre, self.scale, self.dropout = filters, dilation, centre, scale, dropout
        self.drop = layers.Dropout(dropout, dtype=self.dtype_policy)

    def build(self, shape: Any) -> None:
        start = keras.initializers.VarianceScaling(self.scale)
        self.kernel = self.add_weight(shape=(2 * shape[-1], 9, self.filters), initializer=start, name="kernel")
        self.seen = self.add_weight(shape=(9, self.filters), initializer="zeros", name="seen")
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")
        self.built = True

    def call(self, x: Any, masks: Any, training: bool = False) -> Any:
        x = self.drop(concatenated_elu(x), training=training)
        if not self.centre:
            masks = masks * ops.convert_to_tensor([float(step != (0, 0)) for step in NEIGHBOURS], masks.dtype)
        convolved = self._of_pictures(x, masks) if len(x.shape) == 4 else self._of_cells(x, masks)
        return convolved + ops.matmul(masks, self.seen) + self.bias

    def _of_pictures(self, x: Any, masks: Any) -> Any:
        """Products first, then moved and masked: so gradients keep x once and not nine times."""
        products = ops.matmul(x, ops.reshape(self.kernel, (-1, 9 * self.filters)))
        total = 0.0
        for place, part in enumerate(ops.split(products, 9, axis=-1)):
            away = tuple(-step * self.dilation for step in NEIGHBOURS[place])
            total = total + ops.roll(part, away, (1, 2)) * masks[..., place : place + 1]  # what comes round is masked
        return total

    def _of_cells(self, x: Any, masks: Any) -> Any:
        seen = ops.transpose(x * masks[..., None], (0, 2, 1))
        return ops.matmul(ops.reshape(seen, (-1, 9 * x.shape[-1])), ops.reshape(self.kernel, (-1, self.filters)))

    def get_config(self) -> dict[str, Any]:
        names = ("filters", "dilation", "centre", "scale", "dropout")
        return super().get_config() | {name: getattr(self, name) for name in names}


@keras.saving.register_keras_serializable("generators")
class GatedBlock(layers.Layer):
    """x plus two masked convolutions of it, the second gated: normalised between, and with what a skip and a label add."""

    def __init__(
        self, filters: int, dilation: int, skip: bool = False, classes: int = 0, dropout: float = 0.0, **arguments: Any
    ) -> None:
        super().__init__(**arguments)
        self.filters, self.dilation, self.skip, self.classes, self.dropout = filters, dilation, skip, classes, dropout
        same: dict[str, Any] = {"dilation": dilation, "dtype": self.dtype_policy}
        self.first = MaskedConvolution(filters, **same, name="first")
        self.second = MaskedConvolution(2 * filters, **same, scale=SMALL, dropout=dropout, name="second")
        self.norm = layers.LayerNormalization(epsilon=1e-6, dtype=self.dtype_policy, name="norm")
        if skip:
            self.beside = layers.Dense(filters, dtype=self.dtype_policy, name="beside")
        if classes:
            self.labels = Labels(classes + 1, 2 * filters, dtype=self.dtype_policy, name="labels")

    def build(self, shape: Any) -> None:
        for layer in (self.first, self.second, self.norm):
            layer.build(shape)
        if self.skip:
            self.beside.build((*shape[:-1], 2 * self.filters))
        if self.classes:
            self.labels.build((None,))
        self.built = True

    def call(self, x: Any, skip: Any = None, labels: Any = None, *, over: Over, training: bool = False) -> Any:
        """x (..., filters), skip alike, labels (batch,) -> (..., filters)."""
        hidden = over(self.first, x, training)
        if skip is not None:
            hidden = hidden + self.beside(concatenated_elu(skip))
        hidden = over(self.second, self.norm(hidden), training)
        if self.classes:
            hidden = hidden + ops.reshape(self.labels(labels), (-1, *[1] * (len(x.shape) - 2), 2 * self.filters))
        value, gate = ops.split(hidden, 2, axis=-1)
        return x + value * ops.sigmoid(gate)

    def get_config(self) -> dict[str, Any]:
        names = ("filters", "dilation", "skip", "classes", "dropout")
        return super().get_config() | {name: getattr(self, name) for name in names}


class WholePictures:
    """Convolutions over pictures; ranks: (batch or 1, h, w). What each one read is kept in `inputs`."""

    def __init__(self, ranks: Any, dtype: str) -> None:
        self.ranks, self.dtype = ranks, dtype
        self.masks: dict[int, Any] = {}
        self.inputs: list[Any] = []

    def __call__(self, convolution: MaskedConvolution, x: Any, training: bool = False) -> Any:
        if convolution.dilation not in self.masks:
            self.masks[convolution.dilation] = masks_of(self.ranks, convolution.dilation, self.dtype)
        self.inputs.append(x)
        return convolution(x, self.masks[convolution.dilation], training=training)


def masks_of(ranks: Any, dilation: int, dtype: str) -> Any:
    """Ranks (batch, h, w) -> (batch, h, w, 9): 1 for neighbours that come before a cell, and for the cell itself."""
    height, width = ranks.shape[1:]
    padded = ops.pad(ranks, ((0, 0), (dilation, dilation), (dilation, dilation)), constant_values=np.iinfo(np.int32).max)
    there = [padded[:, dilation * (1 + down) :, dilation * (1 + right) :][:, :height, :width] for down, right in NEIGHBOURS]
    return ops.cast(ops.stack(there, axis=-1) <= ranks[..., None], dtype)


def concatenated_elu(x: Any) -> Any:
    """(..., features) -> (..., 2 features): ELU of [x, -x]."""
    return ops.elu(ops.concatenate([x, -x], axis=-1))
