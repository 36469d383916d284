"""What a cell of a column may be, and what that is as a number."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from midi.codecs.codec import ONSET, REST, SUSTAIN, Codec
from midi.codecs.dense import RED
from midi.columns import PAD


def states_of(codec: Codec) -> int:
    """What a cell may be: silent or not in black and white pictures, else silent, beginning or held."""
    return 2 if codec.levels == (0, 255) else 3


def folded(columns: np.ndarray, states: int) -> np.ndarray:
    """Classes of `states` kinds: with two of them all notes are ONSET."""
    return columns if states == 3 else np.where(columns == PAD, columns, np.minimum(columns, ONSET))


def with_onsets(columns: np.ndarray, states: int) -> np.ndarray:
    """The inverse of `folded` as far as there is one: columns (time, rows), a note that goes on is SUSTAIN."""
    if states == 3:
        return columns
    before = np.concatenate([np.zeros_like(columns[:1]), columns[:-1]])
    return np.where((columns == ONSET) & (before == ONSET), SUSTAIN, columns).astype(np.uint8)


def values_of(kinds: int) -> np.ndarray:
    """The value in [0, 1] that a model of real values reads for each class."""
    return np.array([0, 1], np.float32) if kinds == 2 else np.divide(RED, 255, dtype=np.float32)


def said_classes(columns: np.ndarray, codec: Codec) -> np.ndarray:
    """What a model said, (count, time, rows) of values or classes -> uint8 classes; values by the nearest."""
    if columns.dtype.kind != "f":
        return columns.astype(np.uint8)
    levels = values_of(states_of(codec))
    return np.searchsorted((levels[1:] + levels[:-1]) / 2, columns, side="right").astype(np.uint8)


def held_columns(columns: np.ndarray) -> np.ndarray:
    """For how many columns each note has sounded that sounds in the last of `columns` (time, rows); 0 where none does."""
    if not len(columns):
        return np.zeros(columns.shape[1], np.int32)
    back = columns[::-1]
    since = np.where((back != SUSTAIN).any(axis=0), (back != SUSTAIN).argmax(axis=0), len(back))
    begins = np.take_along_axis(back, np.minimum(since, len(back) - 1)[None], axis=0)[0] == ONSET
    return np.where(columns[-1] == REST, 0, since + begins).astype(np.int32)


def ended(column: Any, held: Any, longest: int) -> tuple[Any, Any]:
    """(the classes (..., rows) that follow notes of `held` columns, held after them): a note of `longest` columns ends."""
    stays = ops.logical_and(ops.equal(column, SUSTAIN), held < longest)
    column = ops.where(ops.logical_or(ops.not_equal(column, SUSTAIN), stays), column, REST)
    return column, ops.where(ops.equal(column, REST), 0, ops.where(stays, held + 1, 1))
