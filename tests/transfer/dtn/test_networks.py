"""The networks of the domain transfer network: published sizes, any size of picture."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from training.exporting.exports import FORMATS, example_inputs, export
from training.family import Context
from transfer.dtn import model as dtn
from transfer.dtn.networks import (
    ADVERSARIAL,
    constancy,
    discriminator,
    extractor,
    generator,
    identity,
    taken_for_target,
    variation,
)


def trainable(model: keras.Model) -> int:
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def pictures(count, shape):
    """Noise in [-1, 1]."""
    return np.random.default_rng(0).uniform(-1, 1, (count, *shape)).astype(np.float32)


def test_the_networks_have_as_many_parameters_as_published():
    shape = (32, 32, 3)
    assert trainable(extractor(shape, 64, 128, skips=True)) == 896_384
    assert trainable(generator(shape, 64, 128, skips=True)) == 3_269_187
    assert trainable(generator(shape, 64, 128, skips=False)) == 2_529_283
    assert trainable(discriminator(shape, 64, 1)) == 1_488_897
    assert trainable(discriminator(shape, 64, 3)) == 1_505_283


@pytest.mark.parametrize("skips", [True, False])
@pytest.mark.parametrize("shape", [(64, 64, 1), (96, 96, 1), (20, 13, 2)])
def test_networks_fit_any_size(shape, skips):
    told = keras.tree.flatten(extractor(shape, 2, 5, skips)(pictures(3, shape)))
    assert told[0].shape == (3, 1, 1, 5)
    assert len(told) == (4 if skips else 1)
    assert np.abs(told[0]).max() <= 1
    made = np.asarray(generator(shape, 2, 5, skips)(told))
    assert made.shape == (3, *shape)
    assert np.abs(made).max() <= 1
    assert discriminator(shape, 2, 3)(made).shape == (3, 3)


def test_what_fills_a_picture_is_silence():
    shape, silent = (20, 13, 1), -np.ones((1, 20, 13, 1), np.float32)
    filled = keras.Model(*(lambda net: (net.input, net.get_layer("extractor_filled").output))(extractor(shape, 2, 5, True)))
    np.testing.assert_array_equal(filled(silent), -np.ones((1, 24, 16, 1)))


@pytest.mark.parametrize("name", ["onnx", "litert"])
def test_it_leaves_the_house(name, tmp_path):
    for package in FORMATS[name].packages:
        pytest.importorskip(package)
    network = dtn.exported(dtn.build(dtn.PRESETS["quick"], Context()))
    assert export(network, tmp_path / f"model{FORMATS[name].suffix}", name, example_inputs(network)) < 1e-4


RNG = np.random.default_rng(0)


def softmax(logits):
    return np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)


def test_two_way_terms_are_the_printed_ones():
    on_source, on_target, on_real = RNG.standard_normal((3, 5, 1)).astype(np.float32)
    outputs, discriminator, generator = ADVERSARIAL["two_way"]
    source, target, real = (1 / (1 + np.exp(-logits)) for logits in (on_source, on_target, on_real))
    expected = -np.log(1 - source).mean() - np.log(1 - target).mean() - np.log(real).mean()
    np.testing.assert_allclose(discriminator(on_source, on_target, on_real), expected, rtol=1e-5)
    np.testing.assert_allclose(generator(on_source, on_target), -np.log(source).mean() - np.log(target).mean(), rtol=1e-5)
    assert outputs == 1


def test_three_way_terms_are_the_original_ones():
    on_source, on_target, on_real = RNG.standard_normal((3, 5, 3)).astype(np.float32)
    outputs, discriminator, generator = ADVERSARIAL["three_way"]
    first, second, third = (-np.log(softmax(logits)) for logits in (on_source, on_target, on_real))
    expected = first[:, 0].mean() + second[:, 1].mean() + third[:, 2].mean()
    np.testing.assert_allclose(discriminator(on_source, on_target, on_real), expected, rtol=1e-5)
    np.testing.assert_allclose(generator(on_source, on_target), first[:, 2].mean() + second[:, 2].mean(), rtol=1e-5)
    assert outputs == 3


@pytest.mark.parametrize("kind", ADVERSARIAL)
def test_a_discriminator_that_knows_nothing_pays_for_a_guess(kind):
    outputs, discriminator, generator = ADVERSARIAL[kind]
    nothing = np.zeros((4, outputs), np.float32)
    guess = np.log(max(outputs, 2))
    np.testing.assert_allclose(discriminator(nothing, nothing, nothing), 3 * guess, rtol=1e-6)
    np.testing.assert_allclose(generator(nothing, nothing), 2 * guess, rtol=1e-6)


@pytest.mark.parametrize("term", [constancy, identity])
def test_differences_are_squared_and_averaged(term):
    one, other = np.zeros((2, 1, 1, 4), np.float32), np.zeros((2, 1, 1, 4), np.float32)
    other[0, 0, 0, 0], other[1, 0, 0, 3] = 2, -4
    assert float(term(one, other)) == pytest.approx((4 + 16) / 8)
    assert float(term(one, one)) == 0


def test_total_variation_of_a_step_and_of_a_corner():
    edge = np.zeros((1, 4, 4, 1), np.float32)
    edge[:, :, 2:] = 3  # three slopes to the right, of 3 each: the last row has no row below it
    assert float(variation(edge, 2.0)) == pytest.approx(27, rel=1e-5)
    assert float(variation(edge, 1.0)) == pytest.approx(9, rel=1e-4)
    corner = np.zeros((2, 3, 3, 1), np.float32)
    corner[0, 0, 0] = 2  # one cell with a slope of 2 either way, in one of two pictures
    assert float(variation(corner, 2.0)) == pytest.approx(8 / 2, rel=1e-5)
    assert float(variation(corner, 1.0)) == pytest.approx(8**0.5 / 2, rel=1e-4)


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0])
def test_total_variation_has_a_finite_gradient_where_nothing_changes(exponent):
    flat = tf.Variable(np.ones((1, 4, 4, 1), np.float32))
    with tf.GradientTape() as tape:
        loss = variation(flat, exponent)
    assert np.isfinite(keras.ops.convert_to_numpy(tape.gradient(loss, flat))).all()


def test_what_is_taken_for_the_target():
    assert np.array(taken_for_target(np.array([[0.1], [-0.1]], np.float32))).tolist() == [1, 0]
    three = np.array([[1, 2, 3], [3, 1, 2], [1, 3, 2]], np.float32)
    assert np.array(taken_for_target(three)).tolist() == [1, 0, 0]
