"""Losses of two players by hand, and the penalty of a critic whose gradient is known."""

from __future__ import annotations

import keras
import numpy as np
from keras import ops

from generators.layers.adversarial.losses import LOSSES, critic_accuracies, gradient_penalty


def test_losses_have_the_values_of_their_formulas():
    real, fake = np.array([[2.0], [-1.0]], np.float32), np.array([[0.5], [-3.0]], np.float32)
    sigmoid = keras.losses.BinaryCrossentropy(from_logits=True)
    both = np.concatenate([real, fake])
    expected = {
        "cross_entropy": (sigmoid(np.array([[1], [1], [0], [0]]), both), sigmoid(np.ones((2, 1)), fake)),
        "relativistic": (np.log1p(np.exp([-1.5, -2])).mean(), np.log1p(np.exp([1.5, 2])).mean()),
    }
    assert set(expected) == set(LOSSES)
    for name, losses in LOSSES.items():
        np.testing.assert_allclose([float(loss(real, fake)) for loss in losses], expected[name], rtol=1e-5)


def test_gradient_penalty_of_a_linear_critic_is_half_its_squared_weights():
    weights = np.random.default_rng(0).standard_normal((3, 4, 1)).astype(np.float32)
    penalty = gradient_penalty(lambda seen: ops.sum(seen * weights, axis=(1, 2, 3)), np.ones((5, 3, 4, 1), np.float32))
    np.testing.assert_allclose(penalty, (weights**2).sum() / 2, rtol=1e-5)


def test_pairs_are_critic_accuracies_wherever_their_logits_lie():
    real, fake = np.array([12.0, 11.0, 8.0, 13.0]), np.array([7.0, 8.0, 9.0, 12.0])
    assert [float(share) for share in critic_accuracies(real, fake, paired=True)] == [0.75, 0.75]
    assert [float(share) for share in critic_accuracies(real, fake, paired=False)] == [1.0, 0.0]
