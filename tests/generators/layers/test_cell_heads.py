"""Heads of cells: probabilities that add up, losses with known answers, draws that follow them and are levels."""

import itertools

import keras
import numpy as np
import pytest
import scipy.special
import scipy.stats

from generators.layers.cell_heads import Binary, Classes, LogisticMixture, head_of
from midi.codecs import codec_named
from midi.codecs.registry import CODECS
from training.errors import InputError

EVERY = list(range(256))
HEADS = {
    "binary": lambda: Binary(1, [0, 255]),
    "binary of two channels": lambda: Binary(2, [0, 255]),
    "classes": lambda: Classes(1, [0, 30, 200]),
    "classes of three channels": lambda: Classes(3, [0, 125, 255]),
    "logistic, two levels": lambda: LogisticMixture(1, [0, 255], 3),
    "logistic, all levels": lambda: LogisticMixture(1, EVERY, 3),
}


def prepared(make):
    """A head whose own weights are not those of the start."""
    head = make()
    head.set_weights([np.random.default_rng(5).normal(size=weight.shape) for weight in head.get_weights()])
    return head


def values(levels):
    return codec_named("levels88").to_model(np.array(levels, np.uint8))


def every_cell(head):
    """(levels ** channels, channels)."""
    return np.array(list(itertools.product(values(head.levels), repeat=head.channels)), np.float32)


def probabilities(head, params):
    """Of `every_cell`, for params (size,)."""
    cells = every_cell(head)
    return np.exp(-np.asarray(head.nll(np.repeat(params[None], len(cells), 0), cells)))


def random_params(head, scale=1.0, seed=0):
    return (scale * np.random.default_rng(seed).normal(size=head.size)).astype(np.float32)


@pytest.mark.parametrize("name", [name for name in HEADS if name != "logistic, two levels"])
def test_probabilities_of_all_cells_sum_to_one(name):
    head = prepared(HEADS[name])
    assert probabilities(head, random_params(head)).sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("channels", [1, 2])
def test_probabilities_of_a_mixture_over_all_levels_sum_to_one(channels):
    head = LogisticMixture(channels, EVERY, 2)
    params = random_params(head)
    assert probabilities(head, params).sum() == pytest.approx(1, abs=1e-4)


def test_a_narrow_mixture_sums_to_one_where_densities_stand_for_bins():
    params = np.array([0, 1, -0.3, 0.51, -7, -6], np.float32)
    assert probabilities(LogisticMixture(1, EVERY, 2), params).sum() == pytest.approx(1, abs=2e-4)


@pytest.mark.parametrize(("mean", "log_scale"), [(0.1, -1.0), (-0.9, -3.0), (1.4, -0.2), (0.0, -4.5)])
def test_one_component_is_scipys_logistic_distribution(mean, log_scale):
    head = LogisticMixture(1, EVERY, 1)
    law = scipy.stats.logistic(mean, np.exp(log_scale))
    edges = np.concatenate([[-np.inf], (np.arange(255) + 0.5) * 2 / 255 - 1, [np.inf]])
    expected = np.where(law.cdf(edges[1:]) < 0.5, np.diff(law.cdf(edges)), -np.diff(law.sf(edges)))
    found = probabilities(head, np.array([0.3, mean, log_scale], np.float32))
    shown = expected > 1e-5
    np.testing.assert_allclose(found[shown], expected[shown], rtol=2e-2)
    np.testing.assert_allclose(found[expected > 1e-3], expected[expected > 1e-3], rtol=1e-3)
    inside = ~shown[1:-1]
    np.testing.assert_allclose(found[1:-1][inside], (law.pdf(values(EVERY)) / 127.5)[1:-1][inside], rtol=1e-3)


def test_three_channels_are_the_published_mixture():
    """Written out: the components' joint density, means of later channels moved by tanh coefficients of the earlier."""
    head, rng = LogisticMixture(3, EVERY, 2), np.random.default_rng(3)
    params, cell = rng.normal(size=20).astype(np.float32), values([40, 128, 200])
    logits, means, scales, slopes = np.split(params.reshape(10, 2), [1, 4, 7])
    total = 0
    for k in range(2):
        r, g, _ = cell
        moved = means[:, k] + [0, np.tanh(slopes[0, k]) * r, np.tanh(slopes[1, k]) * r + np.tanh(slopes[2, k]) * g]
        law = scipy.stats.logistic(moved, np.exp(np.minimum(scales[:, k], 0)))
        total += scipy.special.softmax(logits[0])[k] * np.prod(law.cdf(cell + 1 / 255) - law.cdf(cell - 1 / 255))
    assert head.size == 20
    assert float(head.nll(params, cell)) == pytest.approx(-np.log(total), abs=1e-3)


def test_scales_are_held_within_bounds():
    head = LogisticMixture(1, [0, 255], 1)
    wide, bound = (np.array([0, 0.2, scale], np.float32) for scale in (900, 0))
    np.testing.assert_allclose(probabilities(head, wide), probabilities(head, bound))
    narrow, bound = (np.array([0, 0.2, scale], np.float32) for scale in (-50, -7))
    np.testing.assert_allclose(probabilities(head, narrow), probabilities(head, bound))


@pytest.mark.parametrize("scale", [-7, 0])
def test_gradients_are_finite_far_from_the_data(scale):
    import tensorflow as tf

    head = LogisticMixture(1, EVERY, 1)
    params = tf.constant([[0, mean, scale] for mean in (-40.0, -1.0, 0.0, 1.0, 40.0)], tf.float32)
    for level in (0, 1, 128, 255):
        with tf.GradientTape() as tape:
            tape.watch(params)
            loss = tf.reduce_sum(head.nll(params, tf.fill((5, 1), values([level])[0])))
        assert np.isfinite(loss)
        assert np.isfinite(tape.gradient(loss, params)).all()


def test_what_a_constant_predictor_costs():
    """Of pictures with 3.7 % of the cells on: 0.158 nats, 0.228 bits a cell."""
    head, on = Binary(1, [0, 255]), np.array([0.037, 0.963])
    nll = np.asarray(head.nll(np.full((2, 1), np.log(0.037 / 0.963), np.float32), np.array([[1.0], [-1.0]])))
    assert on @ nll == pytest.approx(0.158, abs=5e-4)
    assert on @ nll / np.log(2) == pytest.approx(0.228, abs=5e-4)


@pytest.mark.parametrize("name", HEADS)
def test_draws_are_levels_as_often_as_they_are_probable(name):
    head, count = prepared(HEADS[name]), 20_000
    params, cells = random_params(head), every_cell(head)
    expected = probabilities(head, params)
    rng = np.random.default_rng(1)
    uniform = np.stack([rng.permutation(count) + 0.5 for _ in range(head.channels)], axis=1) / count
    found = np.asarray(head.choose(np.repeat(params[None], count, 0), uniform.astype(np.float32), 1.0))
    same = (found[:, None] == cells).all(axis=-1)
    assert same.any(axis=1).all()
    assert np.abs(same.mean(axis=0) - expected / expected.sum()).sum() / 2 < 0.02


@pytest.mark.parametrize("name", HEADS)
def test_without_temperature_the_most_probable_level_is_chosen(name):
    head = prepared(HEADS[name])
    uniform = np.random.default_rng(1).random((50, head.channels), np.float32)
    params = np.stack([random_params(head, 3, seed) for seed in range(50)])
    found = np.asarray(head.choose(params, uniform, 0.0))
    for channel in range(head.channels):
        likeliest = np.asarray(head.logits(params, found, channel)).argmax(axis=-1)
        np.testing.assert_array_equal(found[:, channel], values(head.levels)[likeliest])


def test_a_draw_is_the_same_with_other_batch_mates():
    head = HEADS["logistic, all levels"]()
    params, uniform = np.stack([random_params(head, 2, seed) for seed in range(6)]), np.random.default_rng(2).random((6, 1))
    whole = np.asarray(head.choose(params, uniform.astype(np.float32), 0.8))
    alone = [np.asarray(head.choose(params[[i]], uniform[[i]].astype(np.float32), 0.8))[0] for i in range(6)]
    np.testing.assert_array_equal(whole, alone)


def test_later_channels_know_the_earlier_ones():
    """Two channels that are always alike cost one bit, which heads of independent channels could not reach."""
    cells = np.array([[-1, -1], [1, 1]], np.float32)
    head = Binary(2, [0, 255])
    head.set_weights([np.array([[0, 20], [0, 0]])])
    np.testing.assert_allclose(head.nll(np.zeros((2, 2), np.float32), cells), np.log(2), atol=1e-5)
    head = Classes(2, [0, 255])
    head.set_weights([np.array([[[20, 0], [0, 20]]])])
    np.testing.assert_allclose(head.nll(np.zeros((2, 4), np.float32), cells), np.log(2), atol=1e-5)


@pytest.mark.parametrize("name", HEADS)
def test_a_head_is_made_again_of_its_config(name):
    head = prepared(HEADS[name])
    again = type(head).from_config(head.get_config())
    again.set_weights(head.get_weights())
    params = random_params(head)
    np.testing.assert_array_equal(probabilities(head, params), probabilities(again, params))


def test_heads_of_codecs():
    assert head_of("logistic", codec_named("roll64"), 10).size == 30
    assert head_of("logistic", CODECS["interleaved32"], 10).size == 100
    assert head_of("logistic", CODECS["lossless"], 2).size == 2 * (1 + 16 + 28)
    assert head_of("binary", codec_named("roll96"), 10).size == 1
    assert head_of("classes", CODECS["interleaved32"], 10).size == 3 * 255
    assert head_of("classes", CODECS["sparse88"], 10).size == 4 * 256


@pytest.mark.parametrize(("name", "count"), [("interleaved32", 255), ("levels88", 3), ("lossless", 256)])
def test_a_binary_head_takes_two_levels(name, count):
    with pytest.raises(InputError, match=f"{name} has {count}: choose logistic or classes"):
        head_of("binary", CODECS[name], 1)


@pytest.mark.parametrize("codec", CODECS.values(), ids=str)
def test_states_are_the_codecs_nearest_levels(codec):
    greys = np.arange(256, dtype=np.uint8)
    head = head_of("classes", codec, 1)
    expected = codec.from_model(values(greys))
    np.testing.assert_array_equal(np.array(head.levels)[np.asarray(head.states(values(greys)))], expected)


def test_losses_are_float32_in_bfloat16_networks():
    head = HEADS["logistic, two levels"]()
    params = keras.ops.cast(random_params(head)[None], "bfloat16")
    assert keras.backend.standardize_dtype(head.nll(params, np.ones((1, 1), np.float32)).dtype) == "float32"
    assert keras.backend.standardize_dtype(head.choose(params, np.ones((1, 1), np.float32) / 2).dtype) == "float32"
