"""Layers of StyleGAN2 (arXiv 1912.04958) that learn at equal rates, over time or over rows and columns.

Weights are drawn from N(0, 1) and scaled at run time by 1 / sqrt(inputs of a number), so that an optimizer which normalises
gradients changes all of them at the same rate (arXiv 1710.10196, 4.1). Sizes are halved and doubled through the low-pass
filter [1, 3, 3, 1] (arXiv 1812.04948, appendix B of 1912.04958), with zeros around the picture.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from keras import layers, ops

FILTER = np.array([1.0, 3.0, 3.0, 1.0]) / 8
"""The low-pass filter along one axis."""
EPSILON = 1e-8
"""Added to sums of squares before their root is taken."""


@keras.saving.register_keras_serializable("generators")
def scaled_leaky(x: Any) -> Any:
    """Leaky ReLU of slope 0.2 times sqrt(2): numbers of unit second moment keep it, but for 4 %."""
    return ops.leaky_relu(x, 0.2) * 2**0.5


def low_pass(x: Any, before: int, after: int, stride: int = 1, gain: float = 1.0) -> Any:
    """(batch, *places, channels), FILTER along every axis of places, after so many zeros on both sides.

    gain: of all axes together. An axis of n places gets (n + before + after - 4) // stride + 1 of them.
    """
    rank = len(x.shape) - 2
    x = ops.pad(x, ((0, 0), *[(before, after)] * rank, (0, 0)))
    kernel = ops.cast(np.tile(_kernel(rank, gain), (*[1] * rank, x.shape[-1], 1)), x.dtype)
    return ops.depthwise_conv(x, kernel, stride, "valid")


def _kernel(rank: int, gain: float) -> np.ndarray:
    """(4, ..., 1, 1): FILTER along `rank` axes."""
    kernel = np.full((1, 1), gain)
    for _ in range(rank):
        kernel = np.multiply.outer(FILTER, kernel)
    return kernel


class Equalised(layers.Layer):
    """What these layers share: a kernel, and a bias, scaled at run time. Computed in the weights' own precision.

    multiplier: of the rate that the layer learns at; the bias starts at `offset`, None for no bias.
    """

    def __init__(self, filters: int, multiplier: float = 1.0, offset: float | None = 0.0, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.filters, self.multiplier, self.offset = filters, multiplier, offset

    def add_weights(self, size: tuple[int, ...], inputs: int) -> None:
        """A kernel (*size, inputs, filters) and a bias (filters,)."""
        start = keras.initializers.RandomNormal(stddev=1 / self.multiplier)
        self.kernel = self.add_weight(shape=(*size, inputs, self.filters), initializer=start, autocast=False, name="kernel")
        self.bias = None
        if self.offset is not None:
            start = keras.initializers.Constant(self.offset / self.multiplier)
            self.bias = self.add_weight(shape=(self.filters,), initializer=start, autocast=False, name="bias")

    def kernel_now(self) -> Any:
        """The kernel that the weights stand for."""
        return self.kernel * (self.multiplier / math.prod(self.kernel.shape[:-1]) ** 0.5)

    def biased(self, x: Any) -> Any:
        """x (..., filters) and the bias."""
        return x if self.bias is None else x + ops.cast(self.bias * self.multiplier, x.dtype)

    def get_config(self) -> dict[str, Any]:
        mine = {"filters": self.filters, "multiplier": self.multiplier, "offset": self.offset}
        return super().get_config() | mine


@keras.saving.register_keras_serializable("generators")
class EqualisedDense(Equalised):
    """(batch, inputs) -> (batch, filters)."""

    def build(self, input_shape: Any) -> None:
        self.add_weights((), input_shape[-1])

    def call(self, x: Any) -> Any:
        return self.biased(ops.matmul(x, ops.cast(self.kernel_now(), x.dtype)))


@keras.saving.register_keras_serializable("generators")
class EqualisedConv(Equalised):
    """(batch, *places, channels) -> (batch, *places, filters), by a kernel of `size` places along each axis, 1 or 3.

    halve: half as many places along each axis, rounded up, through the low-pass filter.
    """

    def __init__(self, filters: int, size: int, halve: bool = False, **arguments: Any) -> None:
        super().__init__(filters, **arguments)
        self.size, self.halve = size, halve

    def build(self, input_shape: Any) -> None:
        self.add_weights((self.size,) * (len(input_shape) - 2), input_shape[-1])

    def call(self, x: Any) -> Any:
        kernel = ops.cast(self.kernel_now(), x.dtype)
        if not self.halve:
            return self.biased(ops.conv(x, kernel, 1, "same"))
        x = self._filtered(x)
        return self.biased(ops.conv(x, kernel, 1 if self.size == 1 else 2, "valid"))

    def _filtered(self, x: Any) -> Any:
        """Through the filter, and halved by it where the convolution sees one place at a time."""
        edge = (self.size + 1) // 2
        odd = [count % 2 for count in x.shape[1:-1]]
        x = ops.pad(x, ((0, 0), *((0, more) for more in odd), (0, 0)))
        return low_pass(x, edge, edge, stride=2 if self.size == 1 else 1)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"size": self.size, "halve": self.halve}


@keras.saving.register_keras_serializable("generators")
class ModulatedConv(Equalised):
    """x (batch, *places, channels), styles (batch, inputs, numbers) -> (batch, *places, filters): a style's own kernel.

    Of the styles the one at `number` gives a scale for each channel of the kernel. Each filter of the scaled kernel is then
    made of length 1 (demodulated), so that unit normal numbers keep their variance (arXiv 1912.04958, equations 1 and 3).
    Instead of a kernel for each picture there is one for all: channels are scaled before it, filters made of length 1 after
    it, which is the same. demodulate: False leaves their lengths. double: twice as many places along each axis.
    """

    def __init__(
        self, filters: int, size: int, number: int, double: bool = False, demodulate: bool = True, **arguments: Any
    ) -> None:
        super().__init__(filters, **arguments)
        self.size, self.number, self.double, self.demodulate = size, number, double, demodulate

    def build(self, x_shape: Any, styles_shape: Any) -> None:
        channels = x_shape[-1]
        self.add_weights((self.size,) * (len(x_shape) - 2), channels)
        self.scale = EqualisedDense(channels, offset=1.0, dtype=self.dtype_policy, name="scale")
        self.scale.build((None, styles_shape[-1]))

    def call(self, x: Any, styles: Any) -> Any:
        scale, kernel, places = self.scale(styles[:, self.number]), self.kernel_now(), (1,) * (len(x.shape) - 2)
        y = self._convolved(x * ops.reshape(scale, (-1, *places, x.shape[-1])), ops.cast(kernel, x.dtype))
        if self.demodulate:
            squares = ops.sum(ops.square(kernel), axis=tuple(range(len(places))))
            lengths = ops.matmul(ops.square(ops.cast(scale, kernel.dtype)), squares)
            y *= ops.cast(ops.reshape(ops.rsqrt(lengths + EPSILON), (-1, *places, self.filters)), y.dtype)
        return self.biased(y)

    def _convolved(self, x: Any, kernel: Any) -> Any:
        """By one kernel for all pictures. Doubling: zeros between the places, the kernel, the filter."""
        if not self.double:
            return ops.conv(x, kernel, 1, "same")
        x = ops.conv_transpose(x, ops.swapaxes(kernel, -1, -2), 2, "valid")
        edge = 2 - self.size // 2
        return low_pass(x, edge, edge, gain=2.0 ** (len(x.shape) - 2))

    def get_config(self) -> dict[str, Any]:
        mine = {"size": self.size, "number": self.number, "double": self.double, "demodulate": self.demodulate}
        return super().get_config() | mine


@keras.saving.register_keras_serializable("generators")
class Double(layers.Layer):
    """(batch, *places, channels) -> twice as many places along each axis, through the low-pass filter.

    A transposed convolution, which every export format knows; for few channels.
    """

    def call(self, x: Any) -> Any:
        rank, channels = len(x.shape) - 2, x.shape[-1]
        kernel = ops.cast(_kernel(rank, 2.0**rank) * np.eye(channels), x.dtype)
        y = ops.conv_transpose(x, kernel, 2, "valid")
        return y[(slice(None), *[slice(1, -1)] * rank)]
