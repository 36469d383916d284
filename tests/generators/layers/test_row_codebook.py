"""The choice of shapes against numpy, and the gradients that pass through it."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from generators.layers.row_codebook import RowCodebook, runs


def test_runs_begin_at_the_first_column_or_in_the_middle_the_longest_first():
    assert runs(4) == [(0, 4), (0, 3), (0, 2), (2, 4), (0, 1), (2, 3)]
    assert runs(3) == [(0, 3), (0, 2), (1, 3), (0, 1), (1, 2)]
    assert runs(1) == [(0, 1)]


def test_every_row_of_a_group_gets_the_shape_of_its_highest_score():
    layer, scores = RowCodebook(5, 4, 3, 2), np.random.default_rng(0).standard_normal((2, 7, 5 * 5)).astype(np.float32)
    pictures = np.asarray(layer(scores))
    assert pictures.shape == (2, 5, 21, 2)
    shapes = [(0, 0, 0), (1, 1, 1), (1, 1, 0), (0, 1, 1), (1, 0, 0)]
    for picture, group, row in np.ndindex(2, 7, 5):
        chosen = shapes[scores[picture, group, row * 5 : row * 5 + 5].argmax()]
        for channel in range(2):
            np.testing.assert_allclose(
                pictures[picture, row, group * 3 : group * 3 + 3, channel], 2.0 * np.array(chosen) - 1
            )


def test_pictures_are_black_and_white_to_the_last_bit():
    made = RowCodebook(30, 6, 6, 1)(np.random.default_rng(0).standard_normal((4, 9, 30 * 7)).astype(np.float32) * 3)
    assert set(np.unique(made)) == {-1.0, 1.0}


def test_graded_pictures_tell_how_clearly_a_row_sounds():
    scores = np.random.default_rng(0).standard_normal((2, 7, 5 * 5)).astype(np.float32)
    hard, graded = RowCodebook(5, 4, 3, 1), RowCodebook(5, 4, 3, 1, graded=True)
    made, greys = np.asarray(hard(scores)), np.asarray(graded(scores))
    best = scores.reshape(2, 7, 5, 5)
    loudest = greys.reshape(2, 5, 7, 3).max(axis=-1).transpose(0, 2, 1)
    np.testing.assert_allclose(loudest, np.tanh((best[..., 1:].max(axis=-1) - best[..., 0]) / 2), atol=1e-5)
    np.testing.assert_array_equal(greys > 0, made > 0)


def test_gradients_are_those_of_the_mixture():
    layer, weights = RowCodebook(3, 4, 3, 1), np.random.default_rng(1).standard_normal((1, 3, 6, 1)).astype(np.float32)
    scores = tf.Variable(np.random.default_rng(0).standard_normal((1, 2, 3 * 5)).astype(np.float32))
    layer.build(scores.shape)
    with tf.GradientTape() as tape:
        loss = ops.sum(layer(scores) * weights)
    given = tape.gradient(loss, scores)
    with tf.GradientTape() as tape:
        share = ops.softmax(ops.reshape(scores, (1, 2, 3, 5)))[..., 1:]
        mixed = ops.matmul(share, ops.cast(layer.logits.value > 0, "float32"))
        mixed = ops.reshape(ops.transpose(mixed, (0, 2, 1, 3)), (1, 3, 6, 1))
        loss = ops.sum((2 * mixed - 1) * weights)
    np.testing.assert_allclose(given, tape.gradient(loss, scores), rtol=1e-4, atol=1e-6)


def test_shapes_learn():
    layer, scores = RowCodebook(3, 4, 3, 1), np.random.default_rng(0).standard_normal((1, 2, 3 * 5)).astype(np.float32)
    layer.build(scores.shape)
    with tf.GradientTape() as tape:
        loss = ops.sum(layer(scores))
    assert np.abs(tape.gradient(loss, layer.logits.value)).max() > 0


def test_saved_and_loaded_it_is_the_same(tmp_path):
    model = keras.Sequential([keras.Input((7, 20)), RowCodebook(4, 4, 3, 1)])
    model.save(tmp_path / "model.keras")
    scores = np.random.default_rng(0).standard_normal((2, 7, 20)).astype(np.float32)
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "model.keras")(scores), model(scores))
