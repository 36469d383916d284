"""Causal attention over the steps of a sequence, with a cache: relative by place, or turned by musical time."""

from __future__ import annotations

import math
from typing import Any, Literal

import keras
from keras import layers, ops

from generators.layers.categorical import NEVER
from training.devices.strategy import variable_dtype

WAVELENGTH = 10_000.0
"""Of the slowest sine or turn, over 2 pi (arXiv 1706.03762, 2104.09864)."""


@keras.saving.register_keras_serializable("generators")
class Transformer(layers.Layer):
    """Vectors of steps (batch, time, width) -> what is known after each, by it and the `window` - 1 steps before it.

    relative: each query finds in a learned table of `window` distances how much it looks at a step so far back ("Music
    Transformer", arXiv 1809.04281), and sines of the place are added to what comes in; post-norm.
    rotary: queries and keys are turned by their time (arXiv 2104.09864), so that only the time between them counts;
    pre-norm.

    States, to go on: [place (batch, 1) int32: steps so far; time (batch, 1) int32: of the newest; of every block the keys
    and the values of the newest `window` steps (batch, window * width)]. Zeros: nothing before.
    """

    def __init__(
        self, window: int, attention: Literal["relative", "rotary"], blocks: int, heads: int, width: int, hidden: int,
        dropout: float = 0.0, **arguments: Any,
    ) -> None:  # fmt: skip
        super().__init__(**arguments)
        self.window, self.attention, self.heads, self.width = window, attention, heads, width
        self.hidden, self.dropout = hidden, dropout
        self.drop = layers.Dropout(dropout, name="dropout")
        self.blocks = [
            Block(window, attention, heads, width, hidden, dropout, name=f"block_{number}") for number in range(blocks)
        ]
        self.norm = _norm("norm") if attention == "rotary" else None

    def build(self, shape: Any = None) -> None:
        for layer in (*self.blocks, *([self.norm] if self.norm else [])):
            layer.build((None, None, self.width))
        self.built = True

    def call(self, x: Any, moves: Any, states: Any = None, training: bool = False) -> tuple[Any, list[Any]]:
        """(x, int32 (batch, time): by how much each step moves time) -> (the same shape, states after, if given)."""
        count, (place, now, *caches) = x.shape[1], states or [0, 0]
        times = now + ops.cumsum(moves, axis=1)
        if self.attention == "relative":
            # those beyond a window count as its last: training has no others
            places = ops.minimum(place + ops.arange(count, dtype="int32"), self.window - 1)
            x = x * self.width**0.5 + ops.cast(sines(places, self.width), x.dtype)
        x, after, mask = self.drop(x, training=training), [], self._seen(count, place if states else None)
        for number, block in enumerate(self.blocks):
            x, kept = block(x, mask, times, caches[2 * number : 2 * number + 2], training=training)
            after += kept
        x = self.norm(x) if self.norm else x
        return x, [] if states is None else [place + count, times[:, -1:], *after]

    def states(self) -> list[Any]:
        """Inputs for the states of one step."""
        names = [f"{kind}_{number}" for number in range(len(self.blocks)) for kind in ("keys", "values")]
        whole = [keras.Input((1,), dtype="int32", name=name) for name in ("place", "time")]
        return [*whole, *(keras.Input((self.window * self.width,), name=name) for name in names)]

    def _seen(self, count: int, place: Any = None) -> Any:
        """Which keys each of `count` steps sees: (1, 1, count, keys), or (batch, 1, count, keys) behind `place` others."""
        keys = count if place is None else self.window - 1 + count
        back = ops.arange(keys - count, keys)[:, None] - ops.arange(keys)
        near = ops.logical_and(back >= 0, back < self.window)[None, None]
        return near if place is None else ops.logical_and(near, (ops.arange(keys) >= self.window - 1 - place)[:, None, None])

    def get_config(self) -> dict[str, Any]:
        mine = {"window": self.window, "attention": self.attention, "blocks": len(self.blocks), "heads": self.heads}
        return super().get_config() | mine | {"width": self.width, "hidden": self.hidden, "dropout": self.dropout}


@keras.saving.register_keras_serializable("generators")
class Block(layers.Layer):
    """Attention, then two dense layers, beside skip connections; relative: post-norm and ReLU, rotary: pre-norm and GELU."""

    def __init__(
        self, window: int, attention: str, heads: int, width: int, hidden: int, dropout: float = 0.0, **arguments: Any
    ) -> None:
        super().__init__(**arguments)
        self.window, self.attention, self.heads, self.width = window, attention, heads, width
        self.hidden, self.dropout = hidden, dropout
        self.units = width // heads
        self.before = layers.Dense(3 * width, name="queries_keys_values")
        self.after = layers.Dense(width, name="attended")
        self.wide = layers.Dense(hidden, activation="relu" if attention == "relative" else gelu, name="wide")
        self.narrow = layers.Dense(width, name="narrow")
        self.norms = [_norm(name) for name in ("norm", "norm_wide")]
        self.drop = layers.Dropout(dropout, name="dropout")

    def build(self, shape: Any) -> None:
        for layer in (self.before, self.after, self.wide, *self.norms):
            layer.build(shape)
        self.narrow.build((*shape[:-1], self.hidden))
        if self.attention == "relative":
            spread = keras.initializers.GlorotUniform()
            self.distances = self.add_weight(shape=(self.window, self.units), initializer=spread, name="distances")
        self.built = True

    def call(self, x: Any, mask: Any, times: Any, cache: list[Any], training: bool = False) -> tuple[Any, list[Any]]:
        """times: int32 (batch, time). cache: keys and values as states, or none. -> (x, the cache after)."""
        first, second = self.norms
        if self.attention == "relative":
            found, cache = self._attended(x, mask, times, cache)
            x = first(x + self.drop(found, training=training))
            return second(x + self.drop(self.narrow(self.wide(x)), training=training)), cache
        found, cache = self._attended(first(x), mask, times, cache)
        x = x + self.drop(found, training=training)
        return x + self.drop(self.narrow(self.wide(second(x))), training=training), cache

    def _attended(self, x: Any, mask: Any, times: Any, cache: list[Any]) -> tuple[Any, list[Any]]:
        """Heads stand before time, so that a cache is used as it lies."""
        time = x.shape[1]
        every = ops.reshape(self.before(x), (-1, time, 3, self.heads, self.units))
        query, key, value = ops.unstack(ops.transpose(every, (2, 0, 3, 1, 4)), axis=0)
        if self.attention == "rotary":
            query, key = turned(query, times), turned(key, times)
        old_keys, old_values = cache or (None, None)
        (key, *keys), (value, *values) = self._behind(key, old_keys), self._behind(value, old_values)
        logits = ops.matmul(query, ops.swapaxes(key, -1, -2))
        if self.attention == "relative":
            logits = logits + self._by_distance(query, key.shape[2])
        weights = ops.softmax(ops.where(mask, ops.cast(logits, "float32") / self.units**0.5, NEVER))
        found = ops.matmul(ops.cast(weights, value.dtype), value)
        return self.after(ops.reshape(ops.swapaxes(found, 1, 2), (-1, time, self.width))), [*keys, *values]

    def _behind(self, new: Any, kept: Any) -> list[Any]:
        """[`new` (batch, heads, time, units) behind all of `kept` that it can see, `kept` after it], or [`new`]."""
        if kept is None:
            return [new]
        kept = ops.cast(ops.reshape(kept, (-1, self.heads, self.window, self.units)), new.dtype)
        both = ops.concatenate([kept[:, :, 1:], new], axis=2)
        return [both, ops.cast(ops.reshape(both[:, :, -self.window :], (-1, self.window * self.width)), "float32")]

    def _by_distance(self, query: Any, keys: int) -> Any:
        """(batch, heads, time, keys): of each query the number that its table gives for how far back a key is."""
        table = ops.cast(self.distances, query.dtype)[-keys:]
        found = ops.matmul(query, ops.transpose(table))
        return skewed(ops.pad(found, ((0, 0), (0, 0), (0, 0), (keys - table.shape[0], 0))))

    def get_config(self) -> dict[str, Any]:
        mine = {"window": self.window, "attention": self.attention, "heads": self.heads, "width": self.width}
        return super().get_config() | mine | {"hidden": self.hidden, "dropout": self.dropout}


def skewed(by_distance: Any) -> Any:
    """(..., time, keys) by distance, the last 0 steps back -> by key, the last that of the last step (arXiv 1809.04281).

    Query i, which is key keys - time + i, finds at key j what stood at keys - 1 - its distance from it; keys after it mean
    nothing.
    """
    time, keys = by_distance.shape[-2:]
    batch, heads = ops.shape(by_distance)[0], by_distance.shape[1]
    padded = ops.pad(by_distance, ((0, 0), (0, 0), (0, 0), (1, 0)))
    flat = ops.reshape(padded, (batch, heads, time * (keys + 1)))[..., time:]
    return ops.reshape(flat, (batch, heads, time, keys))


def turned(x: Any, times: Any) -> Any:
    """x (batch, heads, time, units), the two halves of units turned together by times (batch, time) times each frequency."""
    half = x.shape[-1] // 2
    angles = ops.cast(times, "float32")[:, None, :, None] * _frequencies(half)
    cosine, sine = (ops.cast(each, x.dtype) for each in (ops.cos(angles), ops.sin(angles)))
    first, second = x[..., :half], x[..., half:]
    return ops.concatenate([first * cosine - second * sine, first * sine + second * cosine], axis=-1)


def sines(places: Any, width: int) -> Any:
    """places (...) -> sines and cosines (..., width) (arXiv 1706.03762, 3.5; all sines first)."""
    angles = ops.cast(places, "float32")[..., None] * _frequencies(width // 2)
    return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)


def _frequencies(count: int) -> Any:
    return ops.exp(ops.arange(count, dtype="float32") * (-math.log(WAVELENGTH) / count))


def _norm(name: str) -> layers.Layer:
    return layers.LayerNormalization(epsilon=1e-6, dtype=variable_dtype(), name=name)


def gelu(x: Any) -> Any:
    """By tanh: the exact one has no ONNX."""
    return ops.gelu(x, approximate=True)
