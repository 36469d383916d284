"""The GAN of dense layers against its paper's parameter counts."""

from __future__ import annotations

from generators import gan
from tests.generators.adversarial import built, fits


def test_the_networks_have_as_many_parameters_as_published():
    model = built(gan, "paper")
    assert (model.generator.count_params(), model.critic.count_params()) == (72_849_920, 36_176_897)


def test_networks_fit_any_size():
    fits(built(gan))
    fits(built(gan, "paper", codec="roll64", latent=5))


def test_the_preset_is_as_published():
    paper = gan.PRESETS["paper"]
    assert (paper.latent, paper.distribution, paper.learning_rate, paper.critic_rate) == (100, "normal", 2e-4, 2e-4)
    assert (paper.optimizer, paper.beta_1, paper.loss, paper.critic_steps) == ("adam", 0.5, "cross_entropy", 0)
