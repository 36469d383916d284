"""Causal attention over the steps of a sequence, with a cache: relative by place, or turned by musical time."""

from __future__ import annotations

import math
from typing import Any, Literal

import keras
from keras import layers, ops

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

    States, to go on: [place (batch, 1) int32: steps so far; ages (batch, window) int32: of the newest steps 1 + the time
    since each, 0 where there was none; of every block keys and values (batch, window * 2 * width)]. Zeros: nothing before.
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
        place, ages, *caches = states or [0, None, *[None] * len(self.blocks)]
        since = ops.cumsum(moves, axis=1)
        new = since[:, -1:] - since + 1
        if ages is not None:
            new = ops.concatenate([ops.where(ages > 0, ages + since[:, -1:], 0), new], axis=1)
        if self.attention == "relative":
            places = place + ops.arange(x.shape[1], dtype="int32")
            x = x * self.width**0.5 + ops.cast(sines(places, self.width), x.dtype)
        x, after = self.drop(x, training=training), []
        mask, times = self._seen(new, x.shape[1]), 1 - new
        for block, cache in zip(self.blocks, caches, strict=True):
            x, kept = block(x, mask, times, cache, training=training)
            after.append(kept)
        x = self.norm(x) if self.norm else x
        return x, [] if states is None else [place + x.shape[1], new[:, -self.window :], *after]

    def states(self) -> list[Any]:
        """Inputs for the states of one step."""
        shapes = {"place": (1,), "ages": (self.window,)}
        cache = (self.window * 2 * self.width,)
        whole = [keras.Input(shape, dtype="int32", name=name) for name, shape in shapes.items()]
        return [*whole, *(keras.Input(cache, name=f"cache_{number}") for number in range(len(self.blocks)))]

    def _seen(self, ages: Any, time: int) -> Any:
        """(batch, 1, time, keys): which of the keys each of the last `time` steps sees."""
        keys = ages.shape[1]
        back = ops.arange(keys - time, keys)[:, None] - ops.arange(keys)
        near = ops.logical_and(back >= 0, back < self.window)
        return ops.logical_and(near, ops.expand_dims(ages > 0, (1, 2)))

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
        self.wide = layers.Dense(hidden, activation="relu" if attention == "relative" else _gelu, name="wide")
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

    def call(self, x: Any, mask: Any, times: Any, cache: Any = None, training: bool = False) -> tuple[Any, Any]:
        """times: int32 (batch, keys), of all keys, 0 now. cache: as a state. -> (x, the cache after)."""
        first, second = self.norms
        if self.attention == "relative":
            found, cache = self._attended(x, mask, times, cache)
            x = first(x + self.drop(found, training=training))
            return second(x + self.drop(self.narrow(self.wide(x)), training=training)), cache
        found, cache = self._attended(first(x), mask, times, cache)
        x = x + self.drop(found, training=training)
        return x + self.drop(self.narrow(self.wide(second(x))), training=training), cache

    def _attended(self, x: Any, mask: Any, times: Any, cache: Any) -> tuple[Any, Any]:
        time = x.shape[1]
        every = ops.reshape(self.before(x), (-1, time, 3, self.heads, self.units))
        query, both = every[:, :, 0], every[:, :, 1:]
        if cache is not None:
            kept = ops.reshape(cache, (-1, self.window, 2, self.heads, self.units))
            both = ops.concatenate([ops.cast(kept, both.dtype), both], axis=1)
            cache = ops.reshape(both[:, -self.window :], (-1, self.window * 2 * self.width))
            cache = ops.cast(cache, "float32")
        key, value, bias = both[:, :, 0], both[:, :, 1], None
        if self.attention == "relative":
            bias = self._by_distance(query, key.shape[1]) / self.units**0.5
        else:
            query, key = turned(query, times[:, -time:]), turned(key, times)
        found = ops.dot_product_attention(query, key, value, bias=bias, mask=mask)
        return self.after(ops.reshape(found, (-1, time, self.width))), cache

    def _by_distance(self, query: Any, keys: int) -> Any:
        """(batch, heads, time, keys): of each query the number that its table gives for how far back a key is."""
        table = ops.cast(self.distances, query.dtype)[-keys:]
        found = ops.einsum("bthu,ru->bhtr", query, table)
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
    """x (batch, time, heads, units), the two halves of units turned together by times (batch, time) times each frequency."""
    half = x.shape[-1] // 2
    angles = ops.cast(times, "float32")[..., None] * _frequencies(half)
    cosine, sine = (ops.cast(each, x.dtype)[:, :, None] for each in (ops.cos(angles), ops.sin(angles)))
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


def _gelu(x: Any) -> Any:
    """By tanh: the exact one has no ONNX."""
    return ops.gelu(x, approximate=True)
