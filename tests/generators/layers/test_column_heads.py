"""What is predicted of the next column: probabilities that add up, losses with known answers, draws that follow them."""

import itertools

import keras
import numpy as np
import pytest

from generators.layers.column_heads import AutoregressiveHead, IndependentHead, RegressionHead


def column(count, value):
    return np.full((count, 1), value, np.float32)


@pytest.mark.parametrize("states", [2, 3])
@pytest.mark.parametrize("make", [IndependentHead, lambda rows, states: AutoregressiveHead(rows, states, 4)])
def test_probabilities_add_up_and_draws_follow_them(make, states):
    keras.utils.set_random_seed(1)
    head = make(3, states)
    head.build((None, None, 5))
    head.set_weights([3 * np.random.default_rng(0).normal(size=weight.shape) for weight in head.get_weights()])
    context = np.random.default_rng(1).normal(size=(1, 1, 5)).astype(np.float32)
    every = np.array(list(itertools.product(range(states), repeat=3)), np.int32)
    probabilities = np.exp(-np.asarray(head.loss(np.repeat(context, len(every), 0), every[:, None]))[:, 0])
    assert probabilities.sum() == pytest.approx(1, abs=1e-5)
    count = 20_000
    uniform = np.random.default_rng(2).random((count, 3), np.float32)
    found = np.asarray(head(np.repeat(context[0], count, 0), uniform, column(count, 1), column(count, 1)))
    fractions = np.bincount(found @ states ** np.arange(3)[::-1], minlength=len(every)) / count
    np.testing.assert_allclose(fractions, probabilities, atol=0.02)


def test_the_printed_loss_is_least_at_the_target_itself():
    """Of a pixel of value 1 at 1, where the published code has its optimum at alpha / (alpha + 0.97 beta)."""
    found = np.linspace(0.01, 0.999, 200)
    head = RegressionHead(1, [0.0, 125 / 255, 1.0])
    head.build((None, None, 1))
    head.set_weights([np.ones((1, 1)), np.zeros(1)])
    context = np.log(found / (1 - found))[:, None, None]
    for state, target in ((0, 0.0), (1, (125 / 255) ** 0.25), (2, 1.0)):
        losses = np.asarray(head.loss(context, np.full((200, 1, 1), state, np.int32)))[:, 0]
        assert found[np.argmin(losses)] == pytest.approx(np.clip(target, found[0], found[-1]), abs=0.005)
        expected = 1.5 * (found - target) ** 2 * target + 0.8 * (found - target) ** 2 * (1 - target)
        np.testing.assert_allclose(losses, expected, atol=1e-5)
