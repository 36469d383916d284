"""Sounds that a model goes on with side by side: it reads columns, then draws new ones, with its states carried on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

COLUMNS_PER_CALL = 64
"""Columns that are drawn in one call of the compiled loop."""


class ColumnSampler:
    """`count` sounds that are gone on with, in memory that does not grow with their length.

    What one of them becomes depends on its prompt and its own noise, never on its neighbours (their number may change a
    last bit). It uses the model's weights as they are at each call, so that one sampler serves a whole training.
    """

    def __init__(self, model: Any, count: int) -> None:
        self.model, self.count = model, count
        rows, noise = model.setting.rows, max(1, model.output_head.noise)
        states = [keras.Input((size,)) for size in model.state_sizes.values()]
        first, columns, drawn = keras.Input((rows,)), keras.Input((None, rows)), keras.Input((COLUMNS_PER_CALL, noise))
        self._reading = keras.Model([columns, *states], Reading(model)([columns, *states]))
        loop = keras.layers.RNN(OneStep(model), return_sequences=True, return_state=True)
        self._drawing = keras.Model([drawn, first, *states], loop(drawn, initial_state=[first, *states]))
        self.prompt(np.zeros((1, 1, rows), np.float32))

    def prompt(self, columns: np.ndarray) -> None:
        """Begin again with known columns (count, time, rows); the first that is drawn follows the last of them.

        A prompt of one sound stands for all.
        """
        self.states = [keras.ops.convert_to_numpy(state) for state in self.model.initial_states(columns[:, 0])]
        for place in range(0, columns.shape[1] - 1, COLUMNS_PER_CALL):
            part = columns[:, place : min(place + COLUMNS_PER_CALL, columns.shape[1] - 1)]
            self.states = self._reading.predict_on_batch([part, *self.states])
        alike = self.count // len(columns)
        self.column, *self.states = (np.repeat(one, alike, axis=0) for one in (columns[:, -1], *self.states))

    def draw(self, noise: np.ndarray) -> np.ndarray:
        """The next columns (count, COLUMNS_PER_CALL, rows) in [0, 1]; noise as `noise_of` draws it."""
        drawn, self.column, *self.states = self._drawing.predict_on_batch([noise, self.column, *self.states])
        return drawn


class Reading(keras.layers.Layer):
    """`SpectrogramLSTM.read` as a layer: [columns, *states] -> the states after them."""

    def __init__(self, model: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model = model
        self.built = True

    def call(self, inputs: list[Any]) -> list[Any]:
        return self.model.read(inputs[0], inputs[1:], training=False)[2]


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


def continuations(
    sampler: ColumnSampler, pictures: np.ndarray, columns: int, temperature: float = 1.0, seed: int = 0
) -> np.ndarray:
    """What is drawn after pictures (sounds, rows, known): (sounds, rows, columns). Sound i draws from (seed, i)."""
    sampler.prompt(np.swapaxes(pictures, -1, -2))
    generators = [np.random.default_rng((seed, item)) for item in range(len(pictures))]
    head, calls = sampler.model.output_head, -(-columns // COLUMNS_PER_CALL)
    drawn = [sampler.draw(noise_of(head, generators, temperature)) for _ in range(calls)]
    return np.swapaxes(np.concatenate(drawn, axis=1)[:, :columns], -1, -2)


def noise_of(head: Any, generators: Sequence[np.random.Generator], temperature: float) -> np.ndarray:
    """Noise of one call for each sound: float32 (sounds, COLUMNS_PER_CALL, head.noise), zeros where nothing is drawn.

    Each generator serves one sound: what it gives does not depend on the others.
    """
    out = np.zeros((len(generators), COLUMNS_PER_CALL, max(1, head.noise)), np.float32)
    if head.noise and temperature:
        for values, generator in zip(out, generators, strict=True):
            values[:] = generator.standard_normal(values.shape, np.float32)
            values[:, : head.components] = generator.gumbel(size=(COLUMNS_PER_CALL, head.components))
            values *= temperature
    return out
