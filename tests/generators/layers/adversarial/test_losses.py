"""Losses of two players by hand, and the penalty of a critic whose gradient is known."""

from __future__ import annotations

from typing import get_args

import keras
import numpy as np
from keras import ops

from generators.layers.adversarial.losses import (
    LOSSES,
    Loss,
    critic_accuracies,
    gradient_penalty,
    path_lengths,
    slope_penalty,
)


def test_losses_have_the_values_of_their_formulas():
    real, fake = np.array([[2.0], [-1.0]], np.float32), np.array([[0.5], [-3.0]], np.float32)
    sigmoid = keras.losses.BinaryCrossentropy(from_logits=True)
    both = np.concatenate([real, fake])
    expected = {
        "cross_entropy": (sigmoid(np.array([[1], [1], [0], [0]]), both), sigmoid(np.ones((2, 1)), fake)),
        "logistic": (np.log1p(np.exp(-real)).mean() + np.log1p(np.exp(fake)).mean(), np.log1p(np.exp(-fake)).mean()),
        "wasserstein": (-1.25 - 0.5, 1.25),
        "relativistic": (np.log1p(np.exp([-1.5, -2])).mean(), np.log1p(np.exp([1.5, 2])).mean()),
    }
    assert set(expected) == set(LOSSES) == set(get_args(Loss))
    for name, losses in LOSSES.items():
        np.testing.assert_allclose([float(loss(real, fake)) for loss in losses], expected[name], rtol=1e-5)


def test_gradient_penalty_of_a_linear_critic_is_half_its_squared_weights():
    weights = np.random.default_rng(0).standard_normal((3, 4, 1)).astype(np.float32)
    penalty = gradient_penalty(lambda seen: ops.sum(seen * weights, axis=(1, 2, 3)), np.ones((5, 3, 4, 1), np.float32))
    np.testing.assert_allclose(penalty, (weights**2).sum() / 2, rtol=1e-5)


def test_slope_penalty_of_a_linear_critic_is_how_far_its_length_is_from_1():
    generator = np.random.default_rng(0)
    weights = generator.standard_normal((3, 4, 1)).astype(np.float32)
    real, fake = generator.standard_normal((2, 5, 3, 4, 1)).astype(np.float32)
    penalty = slope_penalty(lambda seen: ops.sum(seen * weights, axis=(1, 2, 3)), real, fake, np.zeros((5, 1, 1, 1)))
    np.testing.assert_allclose(penalty, (np.linalg.norm(weights) - 1) ** 2, rtol=1e-5)


def test_slope_penalty_is_taken_at_each_pictures_own_mixture():
    real, fake = np.full((3, 2, 2, 1), 4.0, np.float32), np.zeros((3, 2, 2, 1), np.float32)
    shares = np.array([0.0, 0.25, 1.0], np.float32).reshape(3, 1, 1, 1)
    penalty = slope_penalty(lambda seen: ops.sum(seen**2, axis=(1, 2, 3)) / 2, real, fake, shares)  # its gradient is itself
    np.testing.assert_allclose(penalty, np.mean([(2 * 4 * share - 1) ** 2 for share in (0.0, 0.25, 1.0)]), rtol=1e-5)


def test_path_lengths_of_a_linear_synthesis_are_those_of_its_matrix():
    generator = np.random.default_rng(0)
    matrix = generator.standard_normal((3, 5, 8 * 6)).astype(np.float32)
    styles, noise = generator.standard_normal((4, 3, 5)).astype(np.float32), generator.standard_normal((4, 8, 6, 1))
    noise = noise.astype(np.float32)
    lengths = path_lengths(lambda given: ops.reshape(ops.einsum("bis,isp->bp", given, matrix), (-1, 8, 6, 1)), styles, noise)
    along = np.einsum("isp,bp->bis", matrix, noise.reshape(4, -1)) / 48**0.5
    np.testing.assert_allclose(lengths, np.sqrt((along**2).sum(axis=2).mean(axis=1)), rtol=1e-4)


def test_pairs_are_critic_accuracies_wherever_their_logits_lie():
    real, fake = np.array([12.0, 11.0, 8.0, 13.0]), np.array([7.0, 8.0, 9.0, 12.0])
    assert [float(share) for share in critic_accuracies(real, fake, paired=True)] == [0.75, 0.75]
    assert [float(share) for share in critic_accuracies(real, fake, paired=False)] == [1.0, 0.0]
