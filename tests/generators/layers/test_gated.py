"""Shifted convolutions against sums over their taps, written out; gated blocks' labels and dropout."""

from __future__ import annotations

import itertools

import keras
import numpy as np
import pytest

from generators.layers.gated import GatedBlock, ShiftedConv, ShiftedDouble
from generators.layers.passes import Whole

RNG = np.random.default_rng(0)


def built(layer):
    """With weights that are all different."""
    layer.build()
    layer.set_weights([RNG.normal(size=weight.shape) for weight in layer.weights])
    return layer


def kernel_of(layer):
    """By the definition of weight normalisation, filter by filter."""
    direction, gain, bias = layer.get_weights()
    lengths = [np.sqrt((direction[..., n] ** 2).sum()) for n in range(layer.filters)]
    return direction / lengths * gain, bias


@pytest.mark.parametrize("size", [(1, 1), (1, 3), (2, 1), (2, 2), (2, 3)])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_shifted_convolution_reads_its_row_and_the_one_above(size, stride):
    layer = built(ShiftedConv(3, 5, size, stride))
    x = RNG.normal(size=(2, 4, 6, 3)).astype(np.float32)
    kernel, bias = kernel_of(layer)
    expected = np.zeros((2, 4 // stride, 6 // stride, 5)) + bias
    for i, j, r, c in itertools.product(*(range(n) for n in (*expected.shape[1:3], *size))):
        row, column = stride * i + r - size[0] + 1, stride * j + c - size[1] // 2
        if row >= 0 and 0 <= column < 6:
            expected[:, i, j] += x[:, row, column] @ kernel[r, c]
    np.testing.assert_allclose(layer(x), expected, atol=1e-5)


@pytest.mark.parametrize("size", [(2, 2), (2, 3)])
def test_a_doubled_map_has_two_rows_of_each(size):
    layer = built(ShiftedDouble(3, 5, size))
    x = RNG.normal(size=(2, 2, 3, 3)).astype(np.float32)
    kernel, bias = kernel_of(layer)
    expected = np.zeros((2, 4, 6, 5)) + bias
    for i, j, r, c in itertools.product(range(2), range(3), *(range(n) for n in size)):
        column = 2 * j + c - (size[1] - 1) // 2
        if 0 <= column < 6:
            expected[:, 2 * i + r, column] += x[:, i, j] @ kernel[r, c]
    np.testing.assert_allclose(layer(x), expected, atol=1e-5)


def test_a_block_adds_a_gated_value_that_its_label_moves():
    block = GatedBlock(4, (2, 2), classes=2)
    block.build()
    x = RNG.normal(size=(3, 4, 4, 4)).astype(np.float32)

    def added(labels):
        return np.asarray(block.run(Whole(None, labels, training=False), x, [])) - x

    labels = np.array([0, 1, 2], np.int32)
    plain = added(labels)
    vectors = np.zeros((3, 8), np.float32)
    vectors[1, 4:] = -40  # a gate that is shut
    vectors[2, :4] = 3
    block.label.set_weights([vectors])
    moved = added(labels)
    assert np.abs(moved[1]).max() < 1e-6
    assert (moved[2] > plain[2]).all()


def test_numbers_are_dropped_in_training_alone():
    keras.utils.set_random_seed(0)
    block = GatedBlock(4, (2, 2), dropout=0.5)
    block.build()
    x = RNG.normal(size=(1, 4, 4, 4)).astype(np.float32)
    first, second = (np.asarray(block.run(Whole(None, None, training=True), x, [])) for _ in range(2))
    assert np.abs(first - second).max() > 1e-3
    kept = [np.asarray(block.run(Whole(None, None, training=False), x, [])) for _ in range(2)]
    np.testing.assert_array_equal(*kept)


@pytest.mark.parametrize(
    "layer", [ShiftedConv(3, 5, (2, 3), 2), ShiftedDouble(3, 5, (2, 2)), GatedBlock(4, (2, 3), 2, 0.25, 3)]
)
def test_layers_are_saved_with_their_sizes(layer):
    again = type(layer).from_config(layer.get_config())
    for one in (layer, again):
        one.build()
    assert again.get_config() == layer.get_config()
    assert [weight.shape for weight in again.weights] == [weight.shape for weight in layer.weights]
