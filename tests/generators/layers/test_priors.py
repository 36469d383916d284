"""Priors of latents: their divergences are those of draws, their draws those of their densities, each of its own seed."""

import numpy as np

from generators.layers.priors import SPEED_UP, Mixture, Normal, normal_divergence


def close(one, other, tolerance):
    np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


def test_divergence_from_the_normal_law_is_what_drawing_finds():
    mean, log_variance = np.array([[0.5, -1.0, 0.0]], np.float32), np.array([[0.0, -1.5, 0.7]], np.float32)
    noise = np.random.default_rng(0).standard_normal((400_000, 3))
    z = mean + np.exp(log_variance / 2) * noise
    drawn = np.mean(np.sum(0.5 * z**2 - 0.5 * noise**2 - 0.5 * log_variance, axis=-1))
    close(normal_divergence(mean, log_variance)[0], drawn, 0.01)


def test_a_mixture_of_one_normal_law_is_the_closed_form():
    mixture = Mixture(3, 2)
    mixture.slow_means.assign(np.zeros((2, 3)))
    mean = np.repeat(np.array([[0.5, -1.0, 0.0]], np.float32), 200_000, axis=0)
    log_variance = np.full_like(mean, -1.5)
    z = mean + np.exp(log_variance / 2) * np.random.default_rng(0).standard_normal(mean.shape).astype(np.float32)
    close(np.mean(mixture.divergence(mean, log_variance, z)), normal_divergence(mean, log_variance)[0], 0.01)


def test_a_mixtures_density_and_draws_agree():
    mixture = Mixture(1, 3)
    for weight, value in (
        ("means", [[-3.0], [0.0], [2.0]]),
        ("log_scales", np.log([[0.5], [1.0], [0.25]])),
        ("logits", np.log([0.2, 0.3, 0.5])),
    ):
        getattr(mixture, f"slow_{weight}").assign(np.array(value) / SPEED_UP)
    grid = np.linspace(-9, 9, 9001, dtype=np.float32)[:, None]
    density = np.exp(mixture.log_density(grid))
    step = grid[1, 0] - grid[0, 0]
    close(density.sum() * step, 1.0, 1e-3)
    drawn = mixture.draw(np.arange(4000, dtype=np.uint64))
    close(drawn.mean(), (density * grid[:, 0]).sum() * step, 0.1)
    close(np.mean(drawn > 1), density[grid[:, 0] > 1].sum() * step, 0.03)


def test_a_fitted_prior_is_the_distribution_of_the_codes():
    noise = np.random.default_rng(0).standard_normal((4000, 2))
    left = np.arange(4000) % 4 == 0
    codes = np.where(left[:, None], [-3, 0] + noise * [0.2, 1], [3, 2] + noise * [1, 0.5])
    mixture = Mixture(2, 8)
    mixture.fit(codes)
    density = 0.25 * normal(codes, [-3, 0], [0.2, 1]) + 0.75 * normal(codes, [3, 2], [1, 0.5])
    whole = normal(codes, codes.mean(axis=0), codes.std(axis=0))
    reached = np.mean(mixture.log_density(codes.astype(np.float32))) - np.mean(np.log(density))
    assert reached > 0.2 * np.mean(np.log(whole / density))
    drawn = mixture.draw(np.arange(4000, dtype=np.uint64))
    close(np.mean(drawn[:, 0] < -1), 0.25, 0.03)
    close(drawn.mean(axis=0), codes.mean(axis=0), 0.1)
    close(np.cov(drawn.T), np.cov(codes.T), 0.3)


def normal(codes, mean, scale):
    return np.prod(np.exp(-0.5 * ((codes - mean) / scale) ** 2) / scale, axis=1) / (2 * np.pi)


def test_few_codes_are_not_learned_by_heart():
    mixture, codes = Mixture(3, 8), np.eye(3)
    mixture.fit(codes)
    drawn = mixture.draw(np.arange(2000, dtype=np.uint64))
    assert 0.5 * codes.std() < drawn.std() < 2 * codes.std()
    assert np.linalg.norm(drawn[:, None] - codes, axis=-1).min(axis=1).mean() > 0.3


def test_latents_depend_on_their_own_seed_only():
    seeds = np.array([9, 2**63 + 5, 1, 9], np.uint64)
    for prior in (Normal(4, 2.0), Normal(4), Mixture(4, 3)):
        drawn = prior.draw(seeds)
        assert drawn.shape == (4, 4)
        assert drawn.dtype == np.float32
        np.testing.assert_array_equal(drawn[1:2], prior.draw(seeds[1:2]))
        np.testing.assert_array_equal(drawn[0], drawn[3])
        assert not np.any(drawn[0] == drawn[1])


def test_the_papers_latents_are_uniform_from_minus_four_to_four():
    drawn = Normal(2, 4.0).draw(np.arange(3000, dtype=np.uint64))
    assert np.all(np.abs(drawn) <= 4)
    close(drawn.mean(), 0, 0.15)
    close(drawn.var(), 64 / 12, 0.1)
