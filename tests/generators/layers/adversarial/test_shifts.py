"""Moves in pitch and time against NumPy's, and the gradients that pass through them."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from generators.layers.adversarial.shifts import shifted


def pictures(count: int = 200) -> np.ndarray:
    """Black and white, each unlike the others."""
    return np.where(np.random.default_rng(0).random((count, 9, 12, 2)) < 0.3, 1.0, -1.0).astype(np.float32)


def moved(picture: np.ndarray, semitones: int, columns: int) -> np.ndarray:
    """The picture `semitones` rows further down, with silence above, and `columns` later, round and round."""
    rows = np.full((picture.shape[0] + 2 * abs(semitones), *picture.shape[1:]), -1.0, np.float32)
    rows[abs(semitones) + semitones :][: len(picture)] = picture
    return np.roll(rows[abs(semitones) :][: len(picture)], columns, axis=1)


@pytest.mark.parametrize(("semitones", "columns"), [(2, 0), (0, 3), (2, 4), (0, 0)])
def test_every_picture_is_moved_by_one_of_the_moves_that_are_allowed(semitones, columns):
    x = pictures()
    made = np.asarray(shifted(x, semitones, columns, keras.random.SeedGenerator(0)))
    moves = [
        (rows, places)
        for rows in range(-semitones, semitones + 1)
        for places in (range(0, x.shape[2], columns) if columns else [0])
    ]
    found = [
        [move for move in moves if np.array_equal(moved(one, *move), shown)] for one, shown in zip(x, made, strict=True)
    ]
    assert all(len(fitting) == 1 for fitting in found)
    assert {move for (move,) in found} == set(moves)


def test_gradients_go_back_to_where_the_pixels_came_from():
    x = tf.constant(pictures(4))
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(shifted(x, 0, 1, keras.random.SeedGenerator(0)))
    np.testing.assert_allclose(tape.gradient(total, x), np.ones_like(x))
