"""How much the last moments of a sound are like what was heard at each lag before them.

A time-lag matrix, as in Goto, "A chorus section detection method for musical audio signals and its application to a music
listening station", IEEE TASLP 14 (5), 2006, section III.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import keras
import numpy as np
from keras import ops

from spectro.stft import SpectrogramSetting

LOWEST = 60.0
"""Hz, where the bands begin."""
RISE_SECONDS = 0.045
"""Levels that rise within this are an onset."""
MEASURES = 5
"""Of a span and a lag: `levels`, `onsets`, `heard`, `envelope`, `deviations`."""
FAINT = 1e-4
"""Squared length of rises below which they are no onset."""
SILENT = 1e-4
"""Of the picture's range; less is silence, which in a compiled graph is not 0 but some 1e-7."""


@keras.saving.register_keras_serializable("generators")
class SelfSimilarity(keras.layers.Layer):
    """Columns of a picture -> what each lag has in common with now.

    Input (batch, columns, rows) in [0, 1]; silence before the first sound counts as not heard. Output (batch, columns,
    len(spans) * MEASURES): at place i the lag of i + 1 columns, of each span (the last so many columns) five measures:

    levels      root mean square difference of the levels of log-frequency bands
    onsets      cosine of how these levels rise
    heard       the share of the span for which both moments were heard; the others count 0 in the means before
    envelope    correlation of the onset envelopes, the mean rises of all bands
    deviations  cosine of how far levels are from what they are on average in all that is heard
    """

    def __init__(self, setting: SpectrogramSetting | dict, bands: int, spans: tuple[int, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs | {"dtype": "float32"})
        self.setting = SpectrogramSetting(**setting) if isinstance(setting, dict) else setting
        self.bands, self.spans = bands, tuple(spans)
        self.filters = log_bands(self.setting, bands)

    def call(self, columns: Any) -> Any:
        heard = ops.cast(was_heard(columns), "float32")
        levels = self.levels(columns)
        rises = rise(levels, self.setting)
        directions = rises / ops.sqrt(ops.sum(ops.square(rises), axis=-1, keepdims=True) + FAINT)
        envelope = self.envelope(columns)
        deviations = deviations_of(levels, heard)
        power = ops.sum(ops.square(deviations), axis=-1)
        both = _pairs(heard, heard)
        lagged = [
            at_lags(each)
            for each in (
                distances(levels, levels) * both, products(directions, directions) * both, both,
                _pairs(envelope, envelope), _pairs(envelope, heard), _pairs(heard, envelope),
                _pairs(ops.square(envelope), heard), _pairs(heard, ops.square(envelope)),
                products(deviations, deviations), _pairs(power, heard), _pairs(heard, power),
            )
        ]  # fmt: skip
        found = []
        for span in self.spans:
            apart, alike, share, *envelopes, common, now, before = (ops.mean(each[:, -span:], axis=1) for each in lagged)
            cosine = common / ops.sqrt(now * before + 1e-6)
            found += [apart, alike, share, _correlation_of(*(each / ops.maximum(share, 1e-6) for each in envelopes)), cosine]
        return ops.stack(found, axis=-1)

    def levels(self, columns: Any) -> Any:
        """(batch, columns, rows) -> (batch, columns, bands): mean picture value of each band."""
        return ops.matmul(columns, ops.convert_to_tensor(self.filters))

    def envelope(self, columns: Any) -> Any:
        """(batch, columns, rows) -> (batch, columns): how far levels rise, mean over bands; that it begins is no rise."""
        since = ops.pad(was_heard(columns)[:, : -_rise_columns(self.setting)], ((0, 0), (_rise_columns(self.setting), 0)))
        return ops.mean(rise(self.levels(columns), self.setting), axis=-1) * ops.cast(since, "float32")

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return (*input_shape[:2], len(self.spans) * MEASURES)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "setting": asdict(self.setting), "bands": self.bands, "spans": self.spans}


def log_bands(setting: SpectrogramSetting, bands: int) -> np.ndarray:
    """Weights (rows, bands) of sum 1: triangles, evenly spaced in log-frequency from LOWEST up, two rows wide or more."""
    highest = setting.rows - 1
    edges = np.geomspace(min(LOWEST * setting.n_fft / setting.rate, highest / 2), highest, bands + 2)
    rows, centres = np.arange(setting.rows)[:, None], edges[1:-1]
    below, above = np.maximum(np.diff(edges)[:-1], 1), np.maximum(np.diff(edges)[1:], 1)
    weights = np.maximum(np.minimum((rows - centres) / below + 1, (centres - rows) / above + 1), 0)
    return (weights / weights.sum(axis=0)).astype(np.float32)


def rise(levels: Any, setting: SpectrogramSetting) -> Any:
    """How far each band of (batch, columns, bands) rose within RISE_SECONDS; 0 where it fell, and at the beginning."""
    lag = _rise_columns(setting)
    return ops.pad(ops.relu(levels[:, lag:] - levels[:, :-lag]), ((0, 0), (lag, 0), (0, 0)))


def _rise_columns(setting: SpectrogramSetting) -> int:
    return max(1, round(RISE_SECONDS * setting.rate / setting.hop))


def was_heard(columns: Any) -> Any:
    """bool (batch, columns) of (batch, columns, rows): from the first column on that is not silent."""
    return ops.cumsum(ops.cast(ops.max(columns, axis=-1) > SILENT, "float32"), axis=1) > 0


def deviations_of(levels: Any, heard: Any) -> Any:
    """How far levels (batch, columns, bands) are from their mean over the columns that were heard; 0 in the others."""
    heard = heard[:, :, None]
    mean = ops.sum(levels * heard, axis=1, keepdims=True) / ops.maximum(ops.sum(heard, axis=1, keepdims=True), 1)
    return (levels - mean) * heard


def products(one: Any, other: Any) -> Any:
    """(batch, n, size), (batch, m, size) -> (batch, n, m): inner product of each with each."""
    return ops.matmul(one, ops.transpose(other, (0, 2, 1)))


def distances(one: Any, other: Any) -> Any:
    """(batch, n, size), (batch, m, size) -> (batch, n, m): root mean square difference of each from each."""
    squares = [ops.mean(ops.square(each), axis=-1) for each in (one, other)]
    common = products(one, other) / one.shape[-1]
    return ops.sqrt(ops.maximum(squares[0][:, :, None] + squares[1][:, None, :] - 2 * common, 1e-10))


def correlation(one: Any, other: Any, axis: int) -> Any:
    """Pearson's, along an axis; 0 where one of the two does not change."""
    one, other = (each - ops.mean(each, axis=axis, keepdims=True) for each in (one, other))
    power = ops.sum(ops.square(one), axis=axis) * ops.sum(ops.square(other), axis=axis)
    return ops.sum(one * other, axis=axis) / ops.sqrt(power + 1e-10)


def at_lags(matrix: Any) -> Any:
    """(batch, n, n) of two moments -> (batch, n, n) of a moment and a lag of 1, 2 ... n before it; 0 where nothing was.

    Row t turned round begins with lag 1 after n - t steps; so rows of 2 n, read as rows of 2 n - 1 from step n on, agree.
    """
    count = matrix.shape[1]
    rows = ops.pad(ops.flip(matrix, axis=2), ((0, 0), (0, 0), (0, count)))
    flat = ops.reshape(rows, (-1, 2 * count * count))[:, count:]
    return ops.reshape(flat, (-1, count, 2 * count - 1))[:, :, :count]


def _pairs(one: Any, other: Any) -> Any:
    """(batch, n), (batch, m) -> (batch, n, m): product of each with each."""
    return one[:, :, None] * other[:, None, :]


def _correlation_of(product: Any, one: Any, other: Any, one_squared: Any, other_squared: Any) -> Any:
    """Pearson's, of the means of a product, of its factors and of their squares."""
    power = ops.maximum(one_squared - ops.square(one), 0) * ops.maximum(other_squared - ops.square(other), 0)
    return (product - one * other) / ops.sqrt(power + 1e-8)
