"""The smallest model with two players, for tests; a module of its own because a subprocess trains it too."""

from __future__ import annotations

import keras
import numpy as np
from keras import ops

from training.fitting.gradients import input_gradient
from training.fitting.players import frozen, player_optimizer

SIZE, LATENTS, COUNT = 6, 3, 16


@keras.saving.register_keras_serializable("tests")
class Gan(keras.Model):
    """Pictures (batch, 6) and latents (batch, 3); Wasserstein losses, gradient penalty of weight `penalty`."""

    def __init__(self, penalty: float = 0.0, **arguments):
        super().__init__(**arguments)
        self.penalty = penalty
        self.generator = keras.Sequential([keras.layers.Dense(8, "tanh"), keras.layers.Dense(SIZE)], name="generator")
        self.critic = keras.Sequential([keras.layers.Dense(8, "tanh"), keras.layers.Dense(1)], name="critic")

    def build(self, input_shape=None):
        self.generator.build((None, LATENTS))
        self.critic.build((None, SIZE))
        self.built = True

    def call(self, inputs):
        pictures, latents = inputs
        fakes = self.generator(latents)
        constant = ops.stop_gradient(fakes)
        self.add_loss(self.critic_loss(pictures, constant))
        self.add_loss(-ops.mean(frozen(self.critic, fakes)))
        return fakes

    def critic_loss(self, pictures, fakes):
        loss = ops.mean(self.critic(fakes)) - ops.mean(self.critic(pictures))
        if self.penalty:
            slope = input_gradient(self.critic, (pictures + fakes) / 2)
            loss += self.penalty * ops.mean((ops.sqrt(ops.sum(slope**2, -1) + 1e-12) - 1) ** 2)
        return loss

    def get_config(self):
        return {**super().get_config(), "penalty": self.penalty}


def pictures_and_latents() -> tuple[np.ndarray, np.ndarray]:
    """Seeded pictures around one and latents, both float32."""
    generator = np.random.default_rng(0)
    return 1 + generator.standard_normal((COUNT, SIZE), np.float32), generator.standard_normal((COUNT, LATENTS), np.float32)


def compiled(model: Gan, optimizer=None) -> Gan:
    """The model built from fixed weights, each player with its own SGD (or `optimizer` class)."""
    optimizer = optimizer or keras.optimizers.SGD
    model.build()
    generator = np.random.default_rng(1)
    for weight in model.trainable_variables:
        weight.assign(0.3 * generator.standard_normal(weight.shape, np.float32))
    model.compile(player_optimizer({"generator": optimizer(0.02), "critic": optimizer(0.05)}, model))
    return model


def train(model: Gan) -> list[np.ndarray]:
    """Three epochs of two batches by SGD; the weights."""
    compiled(model).fit(pictures_and_latents(), batch_size=COUNT // 2, epochs=3, shuffle=False, verbose=0)
    return [weight.numpy() for weight in model.trainable_variables]
