"""Sounds that a model goes on with side by side: it reads columns, then draws new ones, with its states carried on."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from generators.sounds.primers import Primer, from_recording
from generators.sounds.writer import ColumnWriter
from spectro.stft import SpectrogramSetting

BATCH = 16
"""Sounds generated together, always."""
COLUMNS_PER_CALL = 64
"""Columns that are drawn in one call of the compiled loop."""
CALLS_PER_PIECE = 4
"""Calls whose columns become sound together."""


class ColumnSampler:
    """`count` sounds that are gone on with, in memory that does not grow with their length.

    What one of them becomes depends on its prompt and its own noise, never on its neighbours (their number may change a
    last bit). It uses the model's weights as they are at each call, so that one sampler serves a whole training.
    """

    batch, copies = BATCH, False

    def __init__(self, model: Any, count: int) -> None:
        self.model, self.count, self.setting = model, count, model.setting
        self.draws = bool(model.output_head.noise)
        self.piece = CALLS_PER_PIECE * COLUMNS_PER_CALL * model.setting.hop / model.setting.rate
        rows, noise = model.setting.rows, max(1, model.output_head.noise)
        states = [keras.Input((size,)) for size in model.state_sizes.values()]
        first, columns, drawn = keras.Input((rows,)), keras.Input((None, rows)), keras.Input((COLUMNS_PER_CALL, noise))
        self._reading = keras.Model([columns, *states], Reading(model)([columns, *states]))
        loop = keras.layers.RNN(OneStep(model), return_sequences=True, return_state=True)
        self._drawing = keras.Model([drawn, first, *states], loop(drawn, initial_state=[first, *states]))
        self.prompt(np.zeros((1, 1, rows), np.float32))

    def primer(self, path: str | os.PathLike) -> Primer:
        """The end of a recording, mono and at the setting's rate."""
        return from_recording(path, self.setting)

    def go_on(
        self, primers: Sequence[Primer], generators: Sequence[np.random.Generator], seconds: float, temperature: float
    ) -> Iterator[np.ndarray]:
        """Pieces (sounds, rows, columns) in [0, 1], the last one shorter."""
        alike = all(primer is primers[0] for primer in primers)
        self.prompt(primers[0].columns[None] if alike else np.stack([primer.columns for primer in primers]))
        left = columns_in(seconds, self.setting)
        while left:
            calls = min(CALLS_PER_PIECE, -(-left // COLUMNS_PER_CALL))
            drawn = [self.draw(noise_of(self.model.output_head, generators, temperature)) for _ in range(calls)]
            piece = np.swapaxes(np.concatenate(drawn, axis=1)[:, :left], 1, 2)
            left -= piece.shape[-1]
            yield piece

    def pictures(self, primers: Sequence[Primer], columns: int, temperature: float = 1.0, seed: int = 0) -> np.ndarray:
        """What is drawn after primers of one length."""
        generators = [np.random.default_rng((seed, item)) for item in range(len(primers))]
        seconds = columns * self.setting.hop / self.setting.rate
        return np.concatenate(list(self.go_on(primers, generators, seconds, temperature)), axis=-1)

    def writer(
        self, output: Path, item: int, primer: Primer, formats: tuple[str, ...], lead_in: float, seconds: float, seed: int
    ) -> ColumnWriter:
        """What writes one of the sounds."""
        columns = columns_in(seconds, self.setting)
        return ColumnWriter(output, item, self.setting, primer, formats, lead_in, columns, seed)

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


def columns_in(seconds: float, setting: SpectrogramSetting) -> int:
    """Columns that make so many seconds, one at least."""
    return max(1, round(seconds * setting.rate / setting.hop))


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
