"""A model that says a column at a time, with its state carried on: no window is read twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from generators.sequences.representation import ended, folded, held_columns, said_classes, states_of, values_of
from midi.codecs.codec import Codec

AT_ONCE = 32
"""Columns that are read or said in one call: a call costs as much as several columns of a small network."""


class Steps:
    """Pieces that a model goes on with, `count` at a time.

    exported: one step, (column, [chance, temperature, top_p,] states) -> (next column, states), as `lstm.exported` makes it.
    longest: columns after which a note is ended, where notes are told from their onsets; 0: as long as the model wants.
    """

    at_once = AT_ONCE
    """Columns that are said at a time."""

    def __init__(self, exported: keras.Model, codec: Codec, count: int, longest: int) -> None:
        self.codec, self.kinds = codec, states_of(codec)
        self.real = len(exported.inputs) == len(exported.outputs)
        sizes = [tensor.shape[1] for tensor in exported.outputs[1:]]
        self._say = compiled(_saying(exported, self.real, longest if self.kinds == 3 else 0))
        self._hear = compiled(
            _hearing(keras.Model([exported.inputs[0], *exported.inputs[-len(sizes) :]], exported.outputs[1:]))
        )
        self._rest = [np.zeros((count, size), np.float32) for size in sizes]
        self._silence = self._read(np.zeros((count, codec.shape[0]), np.uint8))
        self.hear([np.zeros((0, codec.shape[0]), np.uint8)] * count)

    def hear(self, primers: Sequence[np.ndarray]) -> None:
        """Begin anew: read a primer for each piece, (columns, rows) of classes, of any length, after a silent column."""
        length = -(-max(map(len, primers)) // AT_ONCE) * AT_ONCE
        heard = np.zeros((length, len(primers), self._silence.shape[1]), np.uint8)
        begun = np.zeros((length, len(primers), 1), self._silence.dtype)
        for piece, primer in enumerate(primers):
            heard[length - len(primer) :, piece] = primer
            begun[length - len(primer) :, piece] = 1
        self.column, self.states = self._silence, self._rest
        self.held = np.stack([held_columns(primer) for primer in primers])
        for first in range(0, length, AT_ONCE):
            part = slice(first, first + AT_ONCE)
            columns = np.concatenate([self._read(heard[part]), begun[part]], axis=-1)
            state = self._hear([self.column, *self.states], columns)
            self.column, *self.states = map(ops.convert_to_numpy, state)

    def say(self, chance: np.ndarray, temperature: np.ndarray, top_p: np.ndarray) -> np.ndarray:
        """chance (count, at_once, rows) in [0, 1), temperature, top_p (count, 1), float32 -> the next columns of classes."""
        state, said = self._say([self.column, self.held, *self.states], chance.swapaxes(0, 1), temperature, top_p)
        self.column, self.held, *self.states = map(ops.convert_to_numpy, state)
        return said_classes(ops.convert_to_numpy(said).swapaxes(0, 1), self.codec)

    def _read(self, columns: np.ndarray) -> np.ndarray:
        columns = folded(columns, self.kinds).astype(np.int32)
        return values_of(self.kinds)[columns] if self.real else columns


def _saying(step: keras.Model, real: bool, longest: int) -> Callable[..., Any]:
    """([column, held, *states], chance (time, count, rows), temperature, top_p) -> (the same after, columns as chance)."""

    def say(state: list[Any], chance: Any, temperature: Any, top_p: Any) -> tuple[list[Any], Any]:
        def one(before: list[Any], draw: Any) -> tuple[list[Any], Any]:
            draws = [] if real else [draw, temperature, top_p]
            column, *states = step([before[0], *draws, *before[2:]], training=False)
            column, held = (column, before[1]) if real or not longest else ended(column, before[1], longest)
            after = [column, held, *states]
            return after, after  # as many as the state: Keras' scan on TensorFlow takes no other number

        after, made = ops.scan(one, state, chance)
        return after, made[0]

    return say


def _hearing(step: keras.Model) -> Callable[..., Any]:
    """([column, *states], columns (time, count, rows + 1)) -> the same after the columns.

    The last row is 0 where a piece's primer has not begun, whose states stay at rest.
    """

    def hear(state: list[Any], columns: Any) -> list[Any]:
        def one(before: list[Any], heard: Any) -> tuple[list[Any], Any]:
            begun = ops.cast(heard[:, -1:], "float32")
            after = [heard[:, :-1], *(begun * each for each in step(before, training=False))]
            return after, after

        return ops.scan(one, state, columns)[0]

    return hear


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` of tensors as a graph, without Keras' work for every call."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.function(function, autograph=False)
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    return function
