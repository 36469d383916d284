"""Weight-normalised convolutions that look up and left, and gated blocks of them: for `generators.layers.pixelcnn`.

After "PixelCNN++" (arXiv 1701.05517) and its reference implementation.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from generators.layers.labels import Labels


def concat_elu(x: Any) -> Any:
    """ELU of x and of -x side by side: twice the channels (arXiv 1603.05201)."""
    return ops.elu(ops.concatenate([x, -x], axis=-1))


@keras.saving.register_keras_serializable("generators")
class ShiftedConv(layers.Layer):
    """A convolution that sees its own row and those above it, weight-normalised (arXiv 1602.07868).

    size: (rows, columns) of the kernel. Zeros stand above, left and right, none below: two rows by three columns are the
    "down-shifted" convolution, two by two the "down-right-shifted" one, whose last column is the cell's own. With stride 2
    cell (i, j) reads rows 2 i - 1 and 2 i, columns up to 2 j + 1 and 2 j.

    A filter's weights are a direction, drawn from N(0, 0.05), made of length 1, times a gain that starts at 1. The reference
    then sets gains and biases by the first batch; this does not, nor does the port in wide use: trainings end alike.
    """

    def __init__(self, inputs: int, filters: int, size: tuple[int, int], stride: int = 1, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.inputs, self.filters, self.size, self.stride = inputs, filters, tuple(size), stride

    def build(self, shape: Any = None) -> None:
        """The variables stay in their own precision: lengths are taken in it."""
        shape, spread = (*self.size, self.inputs, self.filters), keras.initializers.RandomNormal(stddev=0.05)
        self.direction = self.add_weight(shape=shape, initializer=spread, autocast=False, name="direction")
        self.gain = self.add_weight(shape=shape[-1:], initializer="ones", autocast=False, name="gain")
        self.bias = self.add_weight(shape=shape[-1:], initializer="zeros", autocast=False, name="bias")
        self.built = True

    def weights_now(self) -> tuple[Any, Any]:
        """The kernel (rows, columns, inputs, filters) and the bias (filters,) that these weights stand for."""
        length = ops.sqrt(ops.sum(ops.square(self.direction), axis=(0, 1, 2)))
        kernel = self.direction * (self.gain / length)
        return ops.cast(kernel, self.compute_dtype), ops.cast(self.bias, self.compute_dtype)

    def call(self, x: Any) -> Any:
        """(batch, h, w, inputs) -> (batch, h / stride, w / stride, filters)."""
        kernel, bias = self.weights_now()
        rows, columns = self.size
        padded = ops.pad(x, ((0, 0), (rows - 1, 0), (columns // 2, (columns - 1) // 2), (0, 0)))
        return ops.conv(padded, kernel, self.stride, "valid") + bias

    def get_config(self) -> dict[str, Any]:
        mine = {"inputs": self.inputs, "filters": self.filters, "size": self.size, "stride": self.stride}
        return super().get_config() | mine


@keras.saving.register_keras_serializable("generators")
class ShiftedDouble(ShiftedConv):
    """The transposed convolution of stride 2 that goes with it: pictures of twice the height and width.

    Rows 2 i and 2 i + 1 come from row i alone. With two columns, cells 2 j and 2 j + 1 of them come from cell j alone.
    """

    def call(self, x: Any) -> Any:
        """(batch, h, w, inputs) -> (batch, 2 h, 2 w, filters)."""
        return self.doubled(x, *self.weights_now())

    def doubled(self, x: Any, kernel: Any, bias: Any) -> Any:
        """The same by weights that are known already."""
        first = (self.size[1] - 1) // 2
        y = ops.conv_transpose(x, ops.transpose(kernel, (0, 1, 3, 2)), 2, "valid") + bias
        return y[:, :, first : first + 2 * x.shape[2]]


@keras.saving.register_keras_serializable("generators")
class GatedBlock(layers.Layer):
    """x + p sigmoid(q): p and q by two convolutions of concatenated ELUs, what stands beside x added between them.

    beside: how many maps that is, of as many filters. dropout: share of numbers dropped before the second convolution, each
    by itself as in the paper and its reference; the port in wide use drops whole channels. classes: number of labels, whose
    vectors, and one more that stands for none, are added to p and q; 0: no labels.
    """

    def __init__(
        self, filters: int, size: tuple[int, int], beside: int = 0, dropout: float = 0.0, classes: int = 0, **arguments: Any
    ) -> None:
        super().__init__(**arguments)
        self.filters, self.size, self.beside, self.classes = filters, tuple(size), beside, classes
        dtype = self.dtype_policy
        self.first = ShiftedConv(2 * filters, filters, size, dtype=dtype, name="first")
        self.second = ShiftedConv(2 * filters, 2 * filters, size, dtype=dtype, name="second")
        self.side = ShiftedConv(2 * beside * filters, filters, (1, 1), dtype=dtype, name="side") if beside else None
        self.dropout = layers.Dropout(dropout, dtype=dtype, name="dropout")
        spread = keras.initializers.RandomNormal(stddev=0.05)
        self.label = Labels(classes + 1, 2 * filters, spread, dtype=dtype, name="label") if classes else None

    def build(self, shape: Any = None) -> None:
        for layer in self.convs():
            layer.build()
        if self.label is not None:
            self.label.build()
        self.built = True

    def convs(self) -> list[ShiftedConv]:
        """All of its convolutions."""
        return [self.first, self.second] + ([] if self.side is None else [self.side])

    def run(self, how: Any, x: Any, beside: list[Any]) -> Any:
        """By one of `generators.layers.passes`: x (..., filters), and maps that stand beside it -> (..., filters)."""
        y = how.conv(self.first, concat_elu(x))
        if beside:
            y = y + how.dense(self.side, concat_elu(ops.concatenate(beside, axis=-1)))
        y = how.conv(self.second, how.dropped(self.dropout, concat_elu(y)))
        if self.label is not None:
            y = y + how.label(self.label)
        value, gate = ops.split(y, 2, axis=-1)
        return x + value * ops.sigmoid(gate)

    def get_config(self) -> dict[str, Any]:
        mine = {"filters": self.filters, "size": self.size, "beside": self.beside, "classes": self.classes}
        return super().get_config() | mine | {"dropout": self.dropout.rate}
