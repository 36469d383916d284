"""Rows of groups of columns that choose a learned shape: a law over pictures, and the picture it shows."""

import itertools

import keras
import numpy as np

from generators.layers.row_mixture import Pixels, RowMixture


def all_pictures(height, width):
    """(2 ** cells, height, width, 1) every binary picture."""
    cells = height * width
    return np.array(list(itertools.product((0, 1), repeat=cells)), np.float32).reshape(-1, height, width, 1)


def some_choices(count, groups, height, shapes, seed=0):
    return np.random.default_rng(seed).normal(size=(count, groups, height, shapes + 1)).astype(np.float32)


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, float)))


def test_the_probabilities_of_all_pictures_sum_to_one():
    layer, pictures = RowMixture((2, 4, 1), patch=2, shapes=3), all_pictures(2, 4)
    choices = np.repeat(some_choices(1, 2, 2, 3), len(pictures), axis=0)
    np.testing.assert_allclose(np.exp(layer.log_likelihood(pictures, choices)).sum(), 1, rtol=1e-4)


def test_pixels_are_independent():
    means = np.random.default_rng(0).uniform(0.1, 0.9, (1, 2, 3, 1)).astype(np.float32)
    pictures = all_pictures(2, 3)
    likelihood = np.exp(Pixels().log_likelihood(pictures, np.repeat(means, len(pictures), axis=0)))
    np.testing.assert_allclose(likelihood.sum(), 1, rtol=1e-4)
    np.testing.assert_allclose((likelihood[:, None, None, None] * pictures).sum(axis=0), means[0], rtol=1e-4)


def test_the_likelihood_is_a_mixture_of_shapes_in_every_row_and_group():
    layer = RowMixture((3, 8, 2), patch=4, shapes=2)
    choices, pictures = some_choices(2, 2, 3, 2), np.random.default_rng(1).integers(0, 2, (2, 3, 8, 2)).astype(np.float32)
    on = sigmoid(layer.logits).reshape(3, 4, 2)
    share = np.exp(choices) / np.exp(choices).sum(axis=-1, keepdims=True)
    expected = np.zeros(2)
    for picture, group, row in itertools.product(range(2), range(2), range(3)):
        x = pictures[picture, row, 4 * group : 4 * group + 4]
        expected[picture] += np.log(share[picture, group, row] @ np.prod(np.where(x > 0, on, 1 - on), axis=(1, 2)))
    np.testing.assert_allclose(layer.log_likelihood(pictures, choices), expected, rtol=1e-4)


def test_a_row_shows_its_likeliest_shape_as_bright_as_it_is_likely_to_sound():
    layer = RowMixture((1, 4, 1), patch=4, shapes=2)
    layer.slow.assign(np.array([[-9, -9, -9, -9], [9, 9, 9, 9], [9, 9, -9, -9]]))
    choices = np.log([[[[0.4, 0.35, 0.25]]], [[[0.9, 0.04, 0.06]]]]).astype(np.float32)
    np.testing.assert_allclose(layer(choices)[..., 0], [[[0.6, 0.6, 0.6, 0.6]], [[0.1, 0.1, 0, 0]]], atol=1e-5)


def test_columns_that_patches_do_not_divide_are_silent_and_cut_off():
    layer = RowMixture((2, 5, 1), patch=4, shapes=3)
    choices, pictures = some_choices(3, 2, 2, 3), np.ones((3, 2, 5, 1), np.float32)
    assert layer(choices).shape == (3, 2, 5, 1)
    whole = RowMixture((2, 8, 1), patch=4, shapes=3)
    padded = np.concatenate([pictures, np.zeros((3, 2, 3, 1), np.float32)], axis=2)
    np.testing.assert_allclose(layer.log_likelihood(pictures, choices), whole.log_likelihood(padded, choices), rtol=1e-5)


def test_shapes_begin_as_silence_and_runs_with_large_parts_first():
    on = sigmoid(RowMixture((1, 12, 1), patch=12, shapes=15).logits) > 0.5
    assert not on[0].any()
    assert on[1].all()
    assert {(6, 0), (6, 6)} == {(row.sum(), row.argmax()) for row in on[2:4]}
    assert len(np.unique(on, axis=0)) == 16
    assert all(np.count_nonzero(np.diff(row, prepend=0, append=0)) == 2 for row in on[1:].astype(int))
    assert {row.sum() for row in on[1:]} == {3, 4, 6, 8, 9, 12}


def test_more_shapes_than_runs_begin_again():
    on = sigmoid(RowMixture((1, 2, 1), patch=2, shapes=7).logits) > 0.5
    np.testing.assert_array_equal(on[1:4], on[4:7])


def test_shapes_are_learned():
    layer = RowMixture((1, 6, 1), patch=6, shapes=1)
    choices = keras.ops.convert_to_tensor(np.array([[[[-20.0, 20.0]]]], np.float32))
    picture = np.array([1, 0, 1, 0, 0, 1], np.float32).reshape(1, 1, 6, 1)
    before = float(layer.log_likelihood(picture, choices)[0])
    sequence = keras.Sequential([keras.Input((1, 1, 2)), layer])
    sequence.compile(keras.optimizers.Adam(0.05), loss=lambda true, _: -layer.log_likelihood(true, choices))
    sequence.fit(np.asarray(choices), picture, epochs=20, verbose=0)
    assert float(layer.log_likelihood(picture, choices)[0]) > before / 10
    np.testing.assert_array_equal(np.rint(sigmoid(layer.logits[1])), picture.ravel())
