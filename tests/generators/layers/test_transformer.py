"""Attention: skewing against the naive sum, time turned, causality by gradient, and a cache that is the whole again."""

import keras
import numpy as np
import pytest
from keras import ops

from generators.layers.transformer import Transformer, skewed, turned

KINDS = pytest.mark.parametrize("attention", ["relative", "rotary"])
BATCH, TIME, WIDTH, WINDOW = 2, 11, 8, 5


def network(attention, window=WINDOW):
    keras.utils.set_random_seed(0)
    made = Transformer(window, attention, blocks=2, heads=2, width=WIDTH, hidden=6, dropout=0.3)
    made.build()
    draws = np.random.default_rng(0)
    made.set_weights([weight + 0.3 * draws.normal(size=weight.shape) for weight in made.get_weights()])
    return made


def steps(seed=0):
    draws = np.random.default_rng(seed)
    return draws.normal(size=(BATCH, TIME, WIDTH)).astype(np.float32), draws.integers(0, 9, (BATCH, TIME)).astype(np.int32)


def nothing(made):
    return [ops.zeros((BATCH, *each.shape[1:]), each.dtype) for each in made.states()]


@pytest.mark.parametrize(("time", "keys"), [(4, 4), (1, 5), (3, 7)])
def test_skewing_is_the_naive_relative_attention(time, keys):
    """Query i is key keys - time + i; the table's last vector is that of distance 0."""
    draws = np.random.default_rng(0)
    query, table = draws.normal(size=(1, 2, time, 6)), draws.normal(size=(keys, 6))
    found = np.asarray(skewed((query @ table.T).astype(np.float32)))
    for place in range(time):
        for key in range(keys - time + place + 1):
            distance = keys - time + place - key
            np.testing.assert_allclose(found[0, :, place, key], query[0, :, place] @ table[keys - 1 - distance], atol=1e-5)


def test_only_the_time_between_two_counts():
    draws = np.random.default_rng(0)
    query, key = draws.normal(size=(2, 1, 1, 6, 8)).astype(np.float32)
    times = np.array([[0, 0, 3, 7, 20, 21]])
    found = [
        np.asarray(ops.einsum("bhtu,bhku->btk", turned(query, times + later), turned(key, times + later)))
        for later in (0, 1_000)
    ]
    np.testing.assert_allclose(*found, atol=1e-3)
    assert np.abs(found[0] - np.asarray(ops.einsum("bhtu,bhku->btk", query, key))).max() > 0.1
    same = [times[0] == time for time in times[0]]
    np.testing.assert_allclose(found[0][0][same], np.einsum("htu,hku->tk", query[0], key[0])[same], atol=1e-5)


@KINDS
def test_a_cache_is_the_whole_again(attention):
    """One by one, in parts, and all at once; over more steps than the window holds."""
    made, (x, moves) = network(attention), steps()
    whole, _ = made(x, moves)
    for size in (1, 4, TIME):
        found, states = [], nothing(made)
        for first in range(0, TIME, size):
            part, states = made(x[:, first : first + size], moves[:, first : first + size], states)
            found.append(part)
        np.testing.assert_allclose(np.concatenate(found, axis=1), whole, atol=1e-5)
        assert [state.shape for state in states] == [state.shape for state in nothing(made)]


@KINDS
def test_what_is_known_depends_on_the_window_before(attention):
    """By gradient: of one block it is the step itself and those just before it, through two blocks twice as far."""
    import tensorflow as tf

    made, (x, moves) = network(attention), steps()
    x = tf.Variable(x)
    for place in (0, 6, TIME - 1):
        with tf.GradientTape() as tape:
            found = ops.sum(ops.square(made(x, moves)[0][:, place]))
        seen = np.abs(tape.gradient(found, x)).max(axis=(0, 2)) > 1e-7
        first = max(place - 2 * (WINDOW - 1), 0)
        assert seen.tolist() == [first <= other <= place for other in range(TIME)]


@KINDS
def test_it_is_made_again_from_its_config(attention):
    made, (x, moves) = network(attention), steps()
    again = Transformer.from_config(made.get_config())
    again.build()
    again.set_weights(made.get_weights())
    np.testing.assert_array_equal(again(x, moves)[0], made(x, moves)[0])
