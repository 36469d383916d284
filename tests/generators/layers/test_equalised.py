"""Equalised and modulated layers against plain NumPy, kernels for each picture, and the variances they promise."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import scipy.signal
import tensorflow as tf
from keras import ops

from generators.layers.equalised import FILTER, Double, EqualisedConv, EqualisedDense, ModulatedConv, scaled_leaky


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Every test with weights of its own, always the same."""
    keras.utils.set_random_seed(0)


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    """Unit normal numbers."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def filtered(x: np.ndarray, up: int, before: int, after: int) -> np.ndarray:
    """(batch, *places, channels) with zeros between its places and around them, then FILTER, along every axis."""
    for axis in range(1, x.ndim - 1):
        x = np.moveaxis(x, axis, -1)
        zeros = np.zeros((*x.shape[:-1], before + up * x.shape[-1] + after), x.dtype)
        zeros[..., before : before + up * x.shape[-1] : up] = x
        x = np.apply_along_axis(np.convolve, -1, zeros, FILTER * up, "valid")
        x = np.moveaxis(x, -1, axis)
    return x


def convolved(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """One picture (*places, channels) by a kernel (*size, channels, filters), as wide as before, by SciPy."""
    each = [
        sum(scipy.signal.correlate(x[..., i], kernel[..., i, j], mode="same") for i in range(x.shape[-1]))
        for j in range(kernel.shape[-1])
    ]
    return np.stack(each, axis=-1)


def test_the_filter_lets_what_is_constant_through():
    assert FILTER.sum() == 1
    inside = np.asarray(Double()(np.ones((1, 6, 5, 2), np.float32)))[:, 1:-1, 1:-1]
    np.testing.assert_allclose(inside, 1, rtol=1e-6)


@pytest.mark.parametrize("places", [(5,), (6, 5)])
def test_doubling_is_the_filter_between_zeros(places):
    x = normal(2, *places, 3)
    np.testing.assert_allclose(Double()(x), filtered(x, 2, 2, 1), atol=1e-5)


@pytest.mark.parametrize("places", [(8,), (7,), (6, 7)])
@pytest.mark.parametrize("size", [1, 3])
def test_halving_is_the_filter_and_every_second_place(places, size):
    layer, x = EqualisedConv(4, size, halve=True), normal(2, *places, 3)
    made, kernel = np.asarray(layer(x)), np.asarray(layer.kernel_now())
    assert made.shape == (2, *(-(-count // 2) for count in places), 4)
    x = np.pad(x, ((0, 0), *((0, count % 2) for count in places), (0, 0)))
    low = filtered(x, 1, 1 + size // 2, 1 + size // 2)
    for picture, expected in zip(made, low, strict=True):
        inner = tuple(slice(size // 2, count - size // 2, 2) for count in expected.shape[:-1])
        np.testing.assert_allclose(picture, convolved(expected, kernel)[inner], atol=1e-5)


@pytest.mark.parametrize("places", [(9,), (5, 6)])
@pytest.mark.parametrize(("size", "double", "demodulate"), [(3, False, True), (3, True, True), (1, False, False)])
def test_one_kernel_for_all_pictures_is_as_good_as_one_for_each(places, size, double, demodulate):
    layer, x, styles = ModulatedConv(5, size, 1, double, demodulate), normal(3, *places, 4), normal(3, 2, 6, seed=1)
    made = np.asarray(layer(x, styles), np.float64)
    scales = styles[:, 1] @ np.asarray(layer.scale.kernel) / 6**0.5 + 1
    kernel = np.asarray(layer.kernel, np.float64) / (size ** len(places) * 4) ** 0.5
    for picture, scale, result in zip(x.astype(np.float64), scales, made, strict=True):
        own = kernel * scale[:, None]
        if demodulate:
            own /= np.sqrt((own**2).sum(axis=tuple(range(own.ndim - 1))) + 1e-8)
        if double:
            zeros = np.zeros((*(2 * count + 1 for count in picture.shape[:-1]), picture.shape[-1]))
            zeros[(slice(1, -1, 2),) * len(places)] = picture
            flipped = own[(slice(None, None, -1),) * len(places)]
            expected = filtered(convolved(zeros, flipped)[None], 1, 1, 1)[0] * 2 ** len(places)
        else:
            expected = convolved(picture, own)
        np.testing.assert_allclose(result, expected, atol=2e-6)


@pytest.mark.parametrize("places", [(40,), (12, 12)])
def test_demodulated_outputs_of_unit_normal_numbers_have_unit_variance(places):
    made = ModulatedConv(64, 3, 0)(normal(64, *places, 32), 3 * normal(64, 1, 8, seed=1))
    inside = np.asarray(made)[(slice(None), *[slice(1, -1)] * len(places))]
    assert inside.var() == pytest.approx(1, abs=0.02)
    np.testing.assert_allclose(inside.reshape(64, -1, 64).var(axis=1).mean(axis=0), 1, atol=0.25)  # of each filter


@pytest.mark.parametrize("multiplier", [1.0, 0.01])
def test_equalised_layers_keep_unit_variance_at_the_start_and_learn_at_their_rate(multiplier):
    x, layer = normal(500, 300), EqualisedDense(400, multiplier=multiplier)
    assert np.var(layer(x)) == pytest.approx(1, abs=0.03)
    assert np.mean(np.square(scaled_leaky(layer(x)))) == pytest.approx(1.04, abs=0.04)
    assert np.std(layer.kernel) == pytest.approx(1 / multiplier, rel=0.01)
    before, steps = np.asarray(layer.kernel_now()), 1e-3 * np.ones_like(layer.kernel)
    layer.kernel.assign_add(steps)
    np.testing.assert_allclose(layer.kernel_now() - before, multiplier * steps / 300**0.5, atol=1e-7)
    made = np.asarray(EqualisedConv(64, 3)(normal(20, 8, 8, 16)))[:, 1:-1, 1:-1]
    assert made.var() == pytest.approx(1, abs=0.05)


def test_a_bias_starts_where_it_is_told_whatever_the_rate():
    made = EqualisedDense(3, multiplier=0.01, offset=1.0)(np.zeros((2, 4), np.float32))
    np.testing.assert_allclose(made, 1, rtol=1e-6)
    layer = EqualisedConv(3, 1, offset=None)
    layer.build((None, 4, 4, 2))
    assert len(layer.weights) == 1


def test_nothing_is_computed_in_more_than_the_weights_have():
    """LiteRT knows no float64, which NumPy's numbers would make of all."""
    layer = ModulatedConv(3, 3, 0)
    assert layer(normal(1, 4, 4, 2), normal(1, 1, 4)).dtype == layer.kernel_now().dtype == "float32"


def test_layers_of_equal_shape_start_unlike_each_other():
    first, second = EqualisedDense(3), EqualisedDense(3)
    first.build((None, 2))
    second.build((None, 2))
    assert not np.allclose(first.kernel, second.kernel)


@pytest.mark.parametrize("layer", [EqualisedConv(2, 3, halve=True), Double()])
def test_gradients_have_gradients(layer):
    """As penalties on gradients need, here against differences."""
    x, step = normal(1, 4, 4, 2), 1e-2 * normal(1, 4, 4, 2, seed=1)
    layer.build(x.shape)

    def penalty(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = ops.sum(layer(x) ** 3)
        return ops.sum(tape.gradient(total, x) ** 2)

    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = penalty(x)
    slope = float(ops.sum(tape.gradient(value, x) * step))
    assert slope == pytest.approx(float(penalty(x + step / 2) - penalty(x - step / 2)), rel=1e-2)


def test_saved_and_loaded_they_are_the_same(tmp_path):
    x, styles = keras.Input((6, 6, 2)), keras.Input((2, 4))
    y = ModulatedConv(3, 3, 1, double=True, name="modulated")(x, styles)
    y = Double()(EqualisedConv(3, 1, halve=True, offset=None)(y))
    y = ModulatedConv(2, 1, 0, demodulate=False, multiplier=0.5)(y, styles)
    model = keras.Model([x, styles], EqualisedDense(2, multiplier=0.1, offset=0.5)(keras.layers.Flatten()(y)))
    model.save(tmp_path / "model.keras")
    loaded, inputs = keras.saving.load_model(tmp_path / "model.keras"), [normal(3, 6, 6, 2), normal(3, 2, 4)]
    np.testing.assert_array_equal(loaded(inputs), model(inputs))
    for ours, theirs in zip(model.layers, loaded.layers, strict=True):
        assert ours.get_config() == theirs.get_config()
