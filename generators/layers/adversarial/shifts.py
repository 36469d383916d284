"""Music moved in pitch and time: augmentation that generated pictures can be given as well, since gradients go through."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


def shifted(pictures: Any, semitones: int, columns: int, seed: keras.random.SeedGenerator) -> Any:
    """Pictures (batch, h, w, c) in [-1, 1], each moved by a draw of its own: up or down by up to `semitones` rows, where
    silence comes in; and round in time by a multiple of `columns`, where the end comes in again. 0: not moved.

    Given to all that a critic sees, real and generated, it hides the moves from the critic without teaching the generator to
    make them (arXiv 2006.06676; these are moves after which music is music).
    """
    count, height, width, _ = pictures.shape
    count = ops.shape(pictures)[0] if count is None else count
    on = (pictures + 1) / 2
    if semitones:
        moves = keras.random.uniform((count, 1), -semitones - 0.5, semitones + 0.5, seed=seed)
        on = ops.einsum("bij,bjwc->biwc", _taken(ops.arange(height) - _whole(moves), height, on.dtype), on)
    if columns:
        moves = keras.random.uniform((count, 1), -0.5, width // columns - 0.5, seed=seed)
        places = ops.mod(ops.arange(width) - columns * _whole(moves), width)
        on = ops.einsum("bij,bhjc->bhic", _taken(places, width, on.dtype), on)
    return 2 * on - 1


def _whole(moves: Any) -> Any:
    return ops.cast(ops.round(moves), "int32")


def _taken(places: Any, size: int, dtype: str) -> Any:
    """(batch, size) -> (batch, size, size): row i takes what lies at places[i], nothing where that is outside."""
    return ops.cast(ops.expand_dims(places, -1) == ops.arange(size), dtype)
