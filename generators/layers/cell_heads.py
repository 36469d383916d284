"""What is predicted of a cell: layers that give what a known one costs, and draw an unknown one.

A network gives `size` numbers a cell, `params` (..., size); cells (..., channels) are in [-1, 1], the channels in order.
What is drawn is always one of the codec's levels, also where the likelihood is of real numbers: what is fed back in drawing
is then what was seen in training.
"""

from __future__ import annotations

from typing import Any, Literal

import keras
import numpy as np
from keras import layers, ops

from generators.layers.categorical import drawn, nll_of
from midi.codecs.codec import Codec
from training.devices.strategy import variable_dtype
from training.errors import InputError

Kind = Literal["logistic", "binary", "classes"]
"""What is predicted of a cell: a mixture of logistic distributions, as published; on or off; one of the codec's levels."""
GREYS = 255
"""Steps from the darkest to the brightest of all levels."""
HALF_BIN = 1 / GREYS
"""From a level to the middle between it and the next, in [-1, 1]."""
MIN_LOG_SCALE, MAX_LOG_SCALE = -7.0, 0.0
"""Bounds of the logistic distributions' log-scales."""
MIN_PROBABILITY = 1e-5
"""Where a level's probability is smaller, it is taken to be the density times the width of the level's bin."""


def head_of(kind: Kind, codec: Codec, components: int) -> CellHead:
    """The head of a codec's cells. components: of a logistic mixture. InputError: binary, and the codec has more levels."""
    channels, levels = codec.shape[-1], list(range(GREYS + 1) if codec.levels is None else codec.levels)
    if kind == "logistic":
        return LogisticMixture(channels, levels, components, name="head")
    if kind == "binary" and len(levels) != 2:
        raise InputError(
            f"a binary head takes codecs of two levels; {codec.name} has {len(levels)}: choose logistic or classes"
        )
    return Binary(channels, levels, name="head") if kind == "binary" else Classes(channels, levels, name="head")


class CellHead(layers.Layer):
    """Base of the heads. channels: of a cell; levels: those of the codec, ascending, of 0 to GREYS.

    All is computed in the weights' dtype, whatever the network's.
    """

    def __init__(self, channels: int, levels: list[int], **arguments: Any) -> None:
        super().__init__(**arguments | {"dtype": variable_dtype()})
        self.channels, self.levels = channels, list(levels)
        self.values = np.array(self.levels, np.float32) * np.float32(2 / GREYS) - np.float32(1)  # as `Codec.to_model`
        middles = (np.array(self.levels[1:]) + self.levels[:-1]) / 2
        self.nearest = np.searchsorted(middles, np.arange(GREYS + 1), side="right").astype(np.int32)
        self.built = True

    @property
    def size(self) -> int:
        """Numbers that it takes of a cell."""
        raise NotImplementedError

    def nll(self, params: Any, cells: Any) -> Any:
        """params (..., size), cells (..., channels) -> (...) nats of each cell, all channels together."""
        each = [self.logits(params, cells, channel) for channel in range(self.channels)]
        return nll_of(ops.stack(each, axis=-2), self.states(cells))

    def choose(self, params: Any, uniform: Any, temperature: Any = 1.0, start: Any = None, guidance: Any = 1.0) -> Any:
        """params (batch, size), uniform (batch, channels) in [0, 1) -> cells (batch, channels), each a level in [-1, 1].

        Channel after channel, each by those before it. temperature: a number, 0 or more; 0: the most probable level.
        start: params (batch, size) that are left behind by `guidance`: the logarithms of the levels' probabilities are taken
        that many times as far from those of `start` as those of `params` are (arXiv 2207.12598).
        """
        temperature = ops.reshape(ops.cast(temperature, self.compute_dtype), (1,))
        cells = ops.zeros((ops.shape(params)[0], 0), self.compute_dtype)
        for channel in range(self.channels):
            logits = self.logits(params, cells, channel)
            if start is not None:
                away = ops.log_softmax(self.logits(start, cells, channel))
                logits = away + self._cast(guidance) * (ops.log_softmax(logits) - away)
            chosen = drawn(logits, self._cast(uniform)[:, channel], temperature)
            cells = ops.concatenate([cells, self._values(chosen)[:, None]], axis=-1)
        return cells

    def logits(self, params: Any, cells: Any, channel: int) -> Any:
        """Logits (..., levels) of a channel's levels, given the channels of `cells` (..., at least `channel`) before it."""
        raise NotImplementedError

    def states(self, cells: Any) -> Any:
        """Cells in [-1, 1] -> int32 numbers of the nearest levels."""
        grey = ops.cast(ops.round((cells + 1) * (GREYS / 2)), "int32")
        return ops.take(ops.convert_to_tensor(self.nearest), ops.clip(grey, 0, GREYS))

    def _cast(self, numbers: Any) -> Any:
        return ops.cast(numbers, self.compute_dtype)

    def _values(self, states: Any) -> Any:
        return ops.take(ops.convert_to_tensor(self.values, self.compute_dtype), states)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"channels": self.channels, "levels": list(self.levels)}


@keras.saving.register_keras_serializable("generators")
class Binary(CellHead):
    """One logit a channel, of the brighter of two levels; each channel before adds its cell times a learned weight."""

    def __init__(self, channels: int, levels: list[int], **arguments: Any) -> None:
        super().__init__(channels, levels, **arguments)
        if channels > 1:
            self.direct = self.add_weight(shape=(channels, channels), initializer="zeros", name="direct")

    @property
    def size(self) -> int:
        return self.channels

    def logits(self, params: Any, cells: Any, channel: int) -> Any:
        brighter = self._cast(params)[..., channel : channel + 1]
        if channel:
            before = self._cast(cells)[..., :channel]
            brighter = brighter + ops.matmul(before, self.direct[:channel, channel : channel + 1])
        return ops.concatenate([ops.zeros_like(brighter), brighter], axis=-1)


@keras.saving.register_keras_serializable("generators")
class Classes(CellHead):
    """A softmax over the levels for each channel; the level of each channel before adds learned logits of its own."""

    def __init__(self, channels: int, levels: list[int], **arguments: Any) -> None:
        super().__init__(channels, levels, **arguments)
        count = len(self.levels)
        self.direct = [
            self.add_weight(shape=(channel, count, count), initializer="zeros", name=f"direct_{channel}")
            for channel in range(1, channels)
        ]

    @property
    def size(self) -> int:
        return self.channels * len(self.levels)

    def logits(self, params: Any, cells: Any, channel: int) -> Any:
        count = len(self.levels)
        found = self._cast(params)[..., channel * count : (channel + 1) * count]
        states = self.states(cells[..., :channel])
        for before in range(channel):
            found = found + ops.take(self.direct[channel - 1][before], states[..., before], axis=0)
        return found


@keras.saving.register_keras_serializable("generators")
class LogisticMixture(CellHead):
    """A mixture of logistic distributions in the bins of 256 levels (PixelCNN++, arXiv 1701.05517).

    Numbers of each component: a logit, a mean of each channel, a log-scale of each, and of each pair of channels a
    coefficient, whose tanh times the earlier one's value is added to the later one's mean: 3 for one channel, 10 for three.
    Log-scales are held at MIN_LOG_SCALE or above, as published, and at MAX_LOG_SCALE or below: else those of pictures of
    two levels grow to e^962, and the loss stays at 1 bit. The loss is of the bins of all 256 levels, as published; what is
    drawn is one of the codec's levels, whose probabilities are divided by their sum.
    """

    def __init__(self, channels: int, levels: list[int], components: int, **arguments: Any) -> None:
        super().__init__(channels, levels, **arguments)
        self.components = components

    @property
    def size(self) -> int:
        return self.components * (1 + 2 * self.channels + self.channels * (self.channels - 1) // 2)

    def nll(self, params: Any, cells: Any) -> Any:
        return -ops.logsumexp(self._joint(params, cells, self.channels), axis=-1)

    def logits(self, params: Any, cells: Any, channel: int) -> Any:
        values = ops.convert_to_tensor(self.values, self.compute_dtype)
        before = self._joint(params, cells, channel)[..., None]
        return ops.logsumexp(before + self._logs(params, cells, channel, values), axis=-2)

    def _joint(self, params: Any, cells: Any, channels: int) -> Any:
        """(..., components) logarithm of a component's weight times what it gives the first `channels` of cells."""
        total, cells = ops.log_softmax(self._numbers(params)[0]), self._cast(cells)
        for channel in range(channels):
            total = total + self._logs(params, cells, channel, cells[..., channel : channel + 1])[..., 0]
        return total

    def _logs(self, params: Any, cells: Any, channel: int, values: Any) -> Any:
        """(..., components, values) logarithms of the probabilities of `values` (..., values), channels before it given."""
        numbers, cells = self._numbers(params), self._cast(cells)
        mean, log_scale = numbers[1 + channel], numbers[1 + self.channels + channel]
        first = 1 + 2 * self.channels + channel * (channel - 1) // 2
        for before in range(channel):
            mean = mean + ops.tanh(numbers[first + before]) * cells[..., before : before + 1]
        log_scale = ops.clip(log_scale, MIN_LOG_SCALE, MAX_LOG_SCALE)
        return log_probability(values[..., None, :], mean[..., None], log_scale[..., None])

    def _numbers(self, params: Any) -> list[Any]:
        """Of each component (..., components): logit, means, log-scales, coefficients."""
        return ops.split(self._cast(params), self.size // self.components, axis=-1)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"components": self.components}


def log_probability(values: Any, mean: Any, log_scale: Any) -> Any:
    """Logarithm of what a logistic distribution gives the bins of levels, `values` in [-1, 1].

    The printed differences of sigmoids lack brackets: the division by the scale is of the edge less the mean. The darkest
    bin reaches to minus infinity, the brightest to infinity.
    """
    centred, slope = values - mean, ops.exp(-log_scale)
    upper, lower, middle = slope * (centred + HALF_BIN), slope * (centred - HALF_BIN), slope * centred
    below, above = -ops.softplus(-upper), -ops.softplus(lower)
    share = ops.sigmoid(upper) - ops.sigmoid(lower)
    density = middle - log_scale - 2 * ops.softplus(middle) + np.log(2 * HALF_BIN)
    inside = ops.where(share > MIN_PROBABILITY, ops.log(ops.maximum(share, MIN_PROBABILITY)), density)
    return ops.where(values < -0.999, below, ops.where(values > 0.999, above, inside))
