"""Priors of latents: what they are held to in training, and drawn from afterwards."""

from __future__ import annotations

import keras
import numpy as np
from keras import ops

from training.devices.strategy import variable_dtype

LOG_TAU = float(np.log(2 * np.pi))
PSEUDO_CODES = 10.0
"""A fitted component's variance is as if so many codes of the common variance were its own: it fits no single ones."""
SPEED_UP = 5.0
"""How much faster than the networks' weights a mixture is learned."""


def normal_divergence(mean, log_variance):
    """(batch,) Kullback-Leibler divergence of N(mean, exp(log_variance)) from N(0, 1), in nats: the closed form."""
    return -0.5 * ops.sum(1 + log_variance - mean**2 - ops.exp(log_variance), axis=-1)


@keras.saving.register_keras_serializable("generators")
class Normal(keras.layers.Layer):
    """The standard normal as prior; `reach`: draws are uniform in [-reach, reach], as published, 0: normal."""

    def __init__(self, latent: int, reach: float = 0.0, **arguments):
        super().__init__(**arguments | {"dtype": variable_dtype()})
        self.latent, self.reach = latent, reach
        self.built = True

    def divergence(self, mean, log_variance, latents):
        """(batch,) nats; `latents` are not needed."""
        return normal_divergence(mean, log_variance)

    def draw(self, seeds: np.ndarray) -> np.ndarray:
        """float32 (len(seeds), latent)."""
        rows = [np.random.default_rng(seed) for seed in seeds]
        if self.reach:
            return np.array([row.uniform(-self.reach, self.reach, self.latent) for row in rows], np.float32)
        return np.array([row.standard_normal(self.latent) for row in rows], np.float32)

    def get_config(self):
        return {**super().get_config(), "latent": self.latent, "reach": self.reach}


@keras.saving.register_keras_serializable("generators")
class Mixture(keras.layers.Layer):
    """A mixture of `components` normal distributions with diagonal covariance, learned with the networks, as prior.

    It comes to fit the codes of the data, so that what is drawn from it is what the decoder knows ("VAE with a VampPrior",
    arXiv 1705.07120, compares it). The divergence is an estimate from one draw. Weights are kept as a SPEED_UP-th of what
    they stand for: the steps of Adam are as long for small weights as for large ones.
    """

    def __init__(self, latent: int, components: int, **arguments):
        super().__init__(**arguments | {"dtype": variable_dtype()})
        self.latent, self.components = latent, components
        shape, apart = (components, latent), keras.initializers.RandomNormal(stddev=0.5 / SPEED_UP)
        self.slow_means = self.add_weight(shape=shape, initializer=apart, name="means")
        self.slow_log_scales = self.add_weight(shape=shape, initializer="zeros", name="log_scales")
        self.slow_logits = self.add_weight(shape=(components,), initializer="zeros", name="logits")
        self.built = True

    @property
    def means(self):
        """(components, latent)."""
        return SPEED_UP * self.slow_means

    @property
    def log_scales(self):
        """(components, latent) logarithms of the standard deviations."""
        return SPEED_UP * self.slow_log_scales

    @property
    def logits(self):
        """(components,) of their shares."""
        return SPEED_UP * self.slow_logits

    def log_density(self, latents):
        """(batch, latent) -> (batch,) nats. The squares are multiplied out: no (batch, components, latent) is made."""
        precision = ops.exp(-2 * self.log_scales)
        squares = ops.matmul(latents**2, ops.transpose(precision))
        products = ops.matmul(latents, ops.transpose(self.means * precision))
        constant = ops.sum(self.means**2 * precision + LOG_TAU + 2 * self.log_scales, axis=-1)
        return ops.logsumexp(products - 0.5 * (squares + constant) + ops.log_softmax(self.logits), axis=-1)

    def divergence(self, mean, log_variance, latents):
        """(batch,) nats: log q(z) - log p(z) with the first term's mean in closed form, at the drawn `latents`."""
        entropy = 0.5 * ops.sum(1 + LOG_TAU + log_variance, axis=-1)
        return -entropy - self.log_density(latents)

    def draw(self, seeds: np.ndarray) -> np.ndarray:
        """float32 (len(seeds), latent)."""
        means, scales = (ops.convert_to_numpy(weight) for weight in (self.means, ops.exp(self.log_scales)))
        heap = np.cumsum(ops.convert_to_numpy(ops.softmax(self.logits)).astype(np.float64))
        rows = [np.random.default_rng(seed) for seed in seeds]
        chosen = [min(np.searchsorted(heap, row.random() * heap[-1], side="right"), self.components - 1) for row in rows]
        drawn = [
            means[which] + scales[which] * row.standard_normal(self.latent) for which, row in zip(chosen, rows, strict=True)
        ]
        return np.array(drawn, np.float32)

    def fit(self, codes: np.ndarray, rounds: int = 50, seed: int = 0) -> None:
        """Fit the mixture to codes (count, latent) by expectation and maximization, beginning from some of them.

        Gradients leave most components unused. "From Variational to Deterministic Autoencoders" (arXiv 1903.12436) fits
        one after training, too.
        """
        codes = np.asarray(codes, np.float64)
        common = codes.var(axis=0) + 1e-3
        means = np.random.default_rng(seed).choice(codes, self.components, replace=len(codes) < self.components)
        variances, shares = np.tile(common, (self.components, 1)), np.full(self.components, 1 / self.components)
        for _ in range(rounds):
            score = codes @ (means / variances).T - codes**2 @ (0.5 / variances).T
            score += np.log(shares) - 0.5 * np.sum(means**2 / variances + np.log(variances), axis=1)
            owned = np.exp(score - score.max(axis=1, keepdims=True))
            owned /= owned.sum(axis=1, keepdims=True)
            total = owned.sum(axis=0)[:, None] + 1e-3
            means = owned.T @ codes / total
            squares = np.maximum(owned.T @ codes**2 - total * means**2, 0)
            variances, shares = (squares + PSEUDO_CODES * common) / (total + PSEUDO_CODES), total[:, 0] / total.sum()
        self.slow_means.assign(means / SPEED_UP)
        self.slow_log_scales.assign(0.5 * np.log(variances) / SPEED_UP)
        self.slow_logits.assign(np.log(shares) / SPEED_UP)

    def get_config(self):
        return {**super().get_config(), "latent": self.latent, "components": self.components}
