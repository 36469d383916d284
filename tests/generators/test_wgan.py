"""The WGAN against its paper: sizes, how weights begin and stay, and who moves when."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from generators import wgan
from tests.generators.adversarial import built, fits, pictures


@pytest.fixture(scope="module")
def paper() -> wgan.Wgan:
    return built(wgan, "paper")


def numbers(network: keras.Model) -> int:
    """That are learned."""
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)


def test_the_networks_have_as_many_parameters_as_published(paper):
    assert (numbers(paper.generator), numbers(paper.critic)) == (3_572_736, 2_763_520)
    colour, _ = paper.players((64, 64, 3))
    assert numbers(colour) == 3_572_736 + 2 * 64 * 16


def test_networks_fit_any_size(paper):
    fits(paper)
    fits(built(wgan))


def test_weights_begin_narrow(paper):
    first = paper.generator.get_layer("generator_dense").kernel
    assert float(np.std(first)) == pytest.approx(0.02, rel=0.02)


def test_a_critics_weights_stay_in_their_range_and_batch_norm_is_the_critics_alone(paper):
    assert all(np.abs(weight).max() <= np.float32(0.01) for weight in paper.critic.trainable_weights)
    norms = [layer.name for layer in paper.generator.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert not norms
    model = built(wgan, clip=0.02)
    before = model.critic.get_weights()
    model.fit(pictures(), batch_size=4, epochs=2, verbose=0)
    assert any(not np.array_equal(old, new) for old, new in zip(before, model.critic.get_weights(), strict=True))
    assert all(np.abs(weight).max() <= np.float32(0.02) for weight in model.critic.trainable_weights)


def test_a_loaded_critic_stays_in_its_range_too(tmp_path):
    built(wgan, clip=0.02, critic_rate=0.1).save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    loaded.fit(pictures(), batch_size=4, verbose=0)
    assert all(np.abs(weight).max() <= np.float32(0.02) for weight in loaded.critic.trainable_weights)


def test_the_preset_is_as_published(paper):
    config = paper.config
    assert (config.codec, config.latent, config.distribution, config.batch_size, config.clip) == (
        "roll64", 100, "normal", 64, 0.01,
    )  # fmt: skip
    assert (config.optimizer, config.learning_rate, config.critic_rate, config.beta_2) == ("rmsprop", 5e-4, 5e-4, 0.99)
    turns = {part.player: part.turns for part in paper.optimizer.optimizers}
    assert set(turns) == {"generator", "critic"}
    assert [turns["generator"].count("generator", 101 * 25 + extra) for extra in (0, 5, 6)] == [25, 25, 26]
