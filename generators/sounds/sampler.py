"""A model of sounds at work: it hears columns, then makes new ones, one step each, with its states carried on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

CHUNK = 64
"""Columns made in one call of the compiled loop."""


class Stream:
    """`batch` sounds that go on side by side, in memory that does not grow with their length.

    What one of them becomes depends on what it heard and on its own noise, never on its neighbours (their number may
    change a last bit).
    """

    def __init__(self, model: Any, batch: int) -> None:
        self.model, self.batch = model, batch
        rows, noise = model.setting.rows, max(1, model.output_head.noise)
        states = [keras.Input((size,)) for size in model.state_sizes.values()]
        first, heard, drawn = keras.Input((rows,)), keras.Input((None, rows)), keras.Input((CHUNK, noise))
        self._hearing = keras.Model([heard, *states], Hearing(model)([heard, *states]))
        loop = keras.layers.RNN(OneStep(model), return_sequences=True, return_state=True)
        self._making = keras.Model([drawn, first, *states], loop(drawn, initial_state=[first, *states]))
        self.hear(np.zeros((1, 1, rows), np.float32))

    def hear(self, columns: np.ndarray) -> None:
        """Begin with columns (batch, time, rows) that are known; the first to be made follows the last of them.

        A batch of one stands for all of this stream's.
        """
        self.states = [keras.ops.convert_to_numpy(state) for state in self.model.begin(columns[:, 0])]
        for place in range(0, columns.shape[1] - 1, CHUNK):
            part = columns[:, place : min(place + CHUNK, columns.shape[1] - 1)]
            self.states = self._hearing.predict_on_batch([part, *self.states])
        alike = self.batch // len(columns)
        self.column, *self.states = (np.repeat(one, alike, axis=0) for one in (columns[:, -1], *self.states))

    def make(self, noise: np.ndarray) -> np.ndarray:
        """The next CHUNK columns (batch, CHUNK, rows) in [0, 1]; noise as `noise_of` draws it."""
        made, self.column, *self.states = self._making.predict_on_batch([noise, self.column, *self.states])
        return made


class Hearing(keras.layers.Layer):
    """`SpectrogramLSTM.hear` as a layer: [columns, *states] -> the states after them."""

    def __init__(self, model: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model = model
        self.built = True

    def call(self, inputs: list[Any]) -> list[Any]:
        return self.model.hear(inputs[0], inputs[1:], training=False)[2]


class OneStep(keras.layers.Layer):
    """`SpectrogramLSTM.step` as the cell of an RNN: noise in, a column out; states: the column before, then the model's."""

    def __init__(self, model: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model = model
        self.state_size = [model.setting.rows, *model.state_sizes.values()]
        self.output_size = model.setting.rows
        self.built = True

    def call(self, noise: Any, states: list[Any], training: bool | None = None) -> tuple[Any, list[Any]]:
        column, after = self.model.step(states[0], noise, states[1:])
        return column, [column, *after]


def noise_of(head: Any, generators: Sequence[np.random.Generator], temperature: float) -> np.ndarray:
    """Noise for CHUNK columns of each sound: float32 (sounds, CHUNK, head.noise), zeros where nothing is drawn.

    Each generator serves one sound: what it gives does not depend on the others.
    """
    out = np.zeros((len(generators), CHUNK, max(1, head.noise)), np.float32)
    if head.noise and temperature:
        for values, generator in zip(out, generators, strict=True):
            values[:] = generator.standard_normal(values.shape, np.float32)
            values[:, : head.components] = generator.gumbel(size=(CHUNK, head.components))
            values *= temperature
    return out
