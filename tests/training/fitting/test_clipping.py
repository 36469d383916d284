"""Clipped weights: within their limit from the start, after every step, and once loaded."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from tests.training.ten_line_gan import COUNT, Gan, compiled, pictures_and_latents
from training.fitting.clipping import Clip, clip_weights

LIMIT = 0.01


@keras.saving.register_keras_serializable("tests")
class Clipped(Gan):
    def build(self, input_shape=None):
        super().build(input_shape)
        clip_weights(self.critic, LIMIT)


class Widest(keras.callbacks.Callback):
    """The largest weight of the critic, before training and after every step."""

    def on_train_begin(self, logs=None):
        self.found = []
        self.on_train_batch_end(0)

    def on_train_batch_end(self, batch, logs=None):
        self.found.append(max(np.abs(weight.numpy()).max() for weight in self.model.critic.trainable_weights))


def widest(model: keras.Model) -> list[float]:
    """Of three large steps."""
    watch = Widest()
    model.fit(pictures_and_latents(), batch_size=COUNT, epochs=3, verbose=0, callbacks=[watch])
    return watch.found


def test_weights_are_within_the_limit_after_every_step_and_once_loaded(tmp_path):
    model = Clipped()
    compiled(model)  # sets weights beyond the limit: the first step brings them back
    first, *others = widest(model)
    assert first > LIMIT
    assert others == [np.float32(LIMIT)] * 3
    assert max(np.abs(weight.numpy()).max() for weight in model.generator.trainable_weights) > LIMIT
    model.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert widest(loaded) == [np.float32(LIMIT)] * 4


def test_weights_are_clipped_at_once():
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.BatchNormalization()])
    before = [weight.numpy() for weight in network.weights]
    clip_weights(network, LIMIT)
    trainable = {id(weight) for weight in network.trainable_weights}
    for weight, old in zip(network.weights, before, strict=True):
        assert np.array_equal(weight, np.clip(old, -LIMIT, LIMIT) if id(weight) in trainable else old)


def test_a_layers_own_constraint_is_saved_with_it():
    layer = keras.layers.Dense(2, kernel_constraint=Clip(0.25))
    assert keras.layers.Dense.from_config(layer.get_config()).kernel_constraint.limit == 0.25


@pytest.mark.parametrize("limit", [0.0, -1.0, np.inf, np.nan])
def test_other_limits_are_refused(limit):
    with pytest.raises(ValueError, match="expected a positive limit"):
        Clip(limit)


def test_a_network_without_weights_is_refused():
    with pytest.raises(ValueError, match="build it before"):
        clip_weights(keras.layers.Dense(2), 1.0)
