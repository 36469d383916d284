"""From an LSTM's output to the next column of a picture: one value a bin, or a distribution to draw from.

Both heads have `noise` (how many numbers a draw takes), `loss` (of columns that are known) and `draw` (of one that is not).
The statistics that they are given are a model's `RunningStatistics` after the column, None in models without.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from keras import ops

MIN_BIN_DEVIATION, MIN_BAND_DEVIATION = 0.02, 0.005
"""Smallest deviation of a bin and of a band: 1.6 and 0.4 dB of a scale of 80."""
BEND = 40
"""Row from which bands grow wider: 700 Hz where a row is 17.5 Hz, as on the mel scale."""
FAST, SLOW = 0.08, 2.0
"""Seconds that the two running means look back."""
DEVIATION = 0.5
"""The same of the mean absolute deviation from the fast one."""
FIRST_DEVIATION = 0.05
"""That is assumed at first."""


@keras.saving.register_keras_serializable("generators")
class LinearHead(keras.layers.Layer):
    """The next column as a linear function, trained by the squared error; there is nothing to draw or to remember."""

    noise = 0

    def __init__(self, rows: int, **kwargs: Any) -> None:
        super().__init__(**kwargs | {"dtype": "float32"})
        self.rows = rows
        self.bins = keras.layers.Dense(rows, dtype="float32", name="bins")

    def build(self, hidden_shape: tuple) -> None:
        self.bins.build(hidden_shape)
        self.built = True

    def loss(self, hidden: Any, columns: Any, statistics: None, following: Any) -> dict[str, Any]:
        """hidden (batch, time, units), columns and those that follow them (batch, time, rows) -> parts of the loss."""
        return {"squared_error": ops.mean(ops.square(self.bins(hidden) - following))}

    def draw(self, hidden: Any, column: Any, statistics: None, noise: Any = None) -> Any:
        """The column after `column` (batch, rows), in [0, 1]; hidden (batch, units)."""
        return ops.clip(self.bins(hidden), 0.0, 1.0)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rows": self.rows}


@keras.saving.register_keras_serializable("generators")
class BandsHead(keras.layers.Layer):
    """First the levels of a few bands, by a mixture of normal distributions; then each bin, by a normal one given them.

    Bands: groups of rows, wider to the top as on the mel scale. One component of the mixture is of all bands at once,
    so that an onset lifts them together; bins drawn independently would only flicker. Given the bands, a bin lies
    between where it was (moved with its band), its fast and slow running means (`RunningStatistics`) and what the LSTM
    predicts; its deviation is in part its mean absolute deviation so far. Noise of zeros gives the likeliest component's
    means; noise times t a draw at temperature t.
    """

    def __init__(self, rows: int, bands: int, components: int, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs | {"dtype": "float32"})
        self.rows, self.bands, self.components, self.units = rows, bands, components, units
        self.noise = components + bands + rows
        self.plan = keras.layers.Dense(components * (1 + 2 * bands), dtype="float32", name="plan")
        self.fill = keras.layers.Dense(units, activation="tanh", dtype="float32", name="fill")
        self.bins = keras.layers.Dense(6 * rows, dtype="float32", name="bins")
        self.member = members(rows, bands)

    def build(self, hidden_shape: tuple) -> None:
        known = hidden_shape[-1] + 4 * self.bands
        self.plan.build((*hidden_shape[:-1], known))
        self.fill.build((*hidden_shape[:-1], known + self.bands))
        self.bins.build((*hidden_shape[:-1], self.units))
        self.built = True

    def loss(self, hidden: Any, columns: Any, statistics: Any, following: Any) -> dict[str, Any]:
        """As `LinearHead.loss`, statistics (batch, time, 3 * rows); nll a band and nll a bin, in nats."""
        known, levels = self._known(hidden, columns, statistics)
        wanted = self.levels(following)
        weight, centre, deviation = self._plan(known)
        each = weight - ops.sum(normal_nll((wanted - levels)[..., None, :], centre, deviation), axis=-1)
        mean, spread = self._bins(known, columns, statistics, wanted - levels)
        return {
            "nll_per_band": -ops.mean(ops.logsumexp(each, axis=-1)) / self.bands,
            "nll_per_bin": ops.mean(normal_nll(following, mean, spread)),
        }

    def draw(self, hidden: Any, column: Any, statistics: Any, noise: Any) -> Any:
        """As `LinearHead.draw`; noise (batch, self.noise): Gumbel numbers for the component, then normal ones."""
        gumbel, of_bands, of_bins = ops.split(noise, (self.components, self.components + self.bands), axis=-1)
        known, _ = self._known(hidden, column, statistics)
        weight, centre, deviation = self._plan(known)
        score = weight + gumbel
        best = score >= ops.max(score, axis=-1, keepdims=True)  # ONNX has no way to write Keras' argmax
        chosen = ops.cast(best, score.dtype)[..., None]
        change = ops.sum(chosen * centre, axis=-2) + ops.sum(chosen * deviation, axis=-2) * of_bands
        mean, spread = self._bins(known, column, statistics, change)
        return ops.clip(mean + spread * of_bins, 0.0, 1.0)

    def levels(self, columns: Any) -> Any:
        """The mean of each band's bins: (..., rows) -> (..., bands)."""
        return ops.matmul(columns, ops.convert_to_tensor(self.member / self.member.sum(axis=0), "float32"))

    def _known(self, hidden: Any, columns: Any, statistics: Any) -> tuple[Any, Any]:
        """What both steps look at: hidden, and of each band its level, how far its means are from it, its deviation."""
        levels = self.levels(columns)
        fast, slow, spread_so_far = (self.levels(part) for part in ops.split(statistics, 3, axis=-1))
        return ops.concatenate([hidden, levels, fast - levels, slow - levels, spread_so_far], axis=-1), levels

    def _plan(self, known: Any) -> tuple[Any, Any, Any]:
        """Log weights (..., components), centres and deviations of the bands' change (..., components, bands)."""
        weight, rest = ops.split(self.plan(known), (self.components,), axis=-1)
        rest = ops.reshape(rest, (*ops.shape(known)[:-1], self.components, 2 * self.bands))
        centre, raw = ops.split(rest, 2, axis=-1)
        return ops.log_softmax(weight), 0.1 * centre, MIN_BAND_DEVIATION + 0.1 * ops.softplus(raw)

    def _bins(self, known: Any, columns: Any, statistics: Any, change: Any) -> tuple[Any, Any]:
        """Mean and deviation of every bin of the columns that follow, whose bands change by `change`."""
        inner = self.fill(ops.concatenate([known, 10 * change], axis=-1))
        goal, to_goal, to_fast, to_slow, raw, own = ops.split(self.bins(inner), 6, axis=-1)
        fast, slow, spread_so_far = ops.split(statistics, 3, axis=-1)
        moved = columns + ops.matmul(change, ops.convert_to_tensor(self.member.T, "float32"))
        mean = moved
        for target, pull in ((goal, to_goal), (fast, to_fast), (slow, to_slow)):
            mean = mean + ops.sigmoid(pull - 2) * (target - moved)
        return mean, MIN_BIN_DEVIATION + 0.1 * ops.softplus(raw - 1) + ops.softplus(own) * spread_so_far

    def get_config(self) -> dict[str, Any]:
        sizes = {"rows": self.rows, "bands": self.bands, "components": self.components, "units": self.units}
        return {**super().get_config(), **sizes}


def members(rows: int, bands: int) -> np.ndarray:
    """float32 (rows, bands): 1 where a row is of a band. Bands have equal width in log(1 + row / BEND), one row at least."""
    edges = np.rint(BEND * np.expm1(np.linspace(0, math.log1p(rows / BEND), bands + 1))).astype(int)
    for band in range(1, bands):
        edges[band] = min(max(edges[band], edges[band - 1] + 1), rows - (bands - band))
    edges[-1] = rows
    return np.repeat(np.eye(bands, dtype=np.float32), np.diff(edges), axis=0)


def normal_nll(value: Any, mean: Any, deviation: Any) -> Any:
    """Minus the logarithm of a normal density."""
    return 0.5 * ops.square((value - mean) / deviation) + ops.log(deviation) + 0.5 * math.log(2 * math.pi)


@keras.saving.register_keras_serializable("generators")
class RunningStatistics(keras.layers.Layer):
    """Running means over time, of each bin by itself: nothing is learned here, so it serves any sound.

    State (batch, 3 * rows): fast mean, slow mean, mean absolute deviation from the fast mean. columns_a_second: of pictures.
    """

    def __init__(self, rows: int, columns_a_second: float, **kwargs: Any) -> None:
        super().__init__(**kwargs | {"dtype": "float32"})
        self.rows, self.columns_a_second = rows, columns_a_second
        self.size = 3 * rows
        self.built = True

    def call(self, columns: Any, state: Any) -> Any:
        """columns (batch, time, rows), the state before them -> the state after each (batch, time, 3 * rows)."""
        fast, slow, spread_so_far = ops.split(state, 3, axis=-1)
        fast_after = self._mean(columns, fast, FAST)
        fast_before = ops.concatenate([fast[:, None], fast_after[:, :-1]], axis=1)
        distance = ops.abs(columns - fast_before)
        slow, spread_so_far = self._mean(columns, slow, SLOW), self._mean(distance, spread_so_far, DEVIATION)
        return ops.concatenate([fast_after, slow, spread_so_far], axis=-1)

    def _mean(self, values: Any, before: Any, seconds: float) -> Any:
        """m_t = k m_(t-1) + (1 - k) v_t, as one product: m_t = k^(t+1) m_(-1) + (1 - k) sum_(s <= t) k^(t-s) v_s."""
        rate = 1 / (seconds * self.columns_a_second)  # minus the logarithm of k
        time = ops.arange(ops.shape(values)[1], dtype="float32")
        ago = time[:, None] - time[None]
        kernel = ops.where(ago >= 0, -np.expm1(-rate) * ops.exp(-rate * ops.maximum(ago, 0.0)), 0.0)
        return ops.exp(-rate * (time + 1))[:, None] * before[:, None] + ops.matmul(kernel, values)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rows": self.rows, "columns_a_second": self.columns_a_second}


def first_statistics(column: Any) -> Any:
    """The state before anything was read: as if the first column (batch, rows) had always been there."""
    return ops.concatenate([column, column, ops.full_like(column, FIRST_DEVIATION)], axis=-1)
