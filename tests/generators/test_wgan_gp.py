"""The WGAN-GP against its paper: sizes with the critic's norm as required and as published."""

from __future__ import annotations

import pytest

from generators import wgan_gp
from tests.generators.adversarial import built, fits
from training.errors import InputError


@pytest.mark.parametrize(
    ("codec", "generator", "by_layer", "by_batch"),
    [("sparse88", 14_619_076, 137_969, 138_417), ("dense88", 14_618_051, 137_825, 138_273)],
)
def test_the_networks_have_as_many_parameters_as_published(codec, generator, by_layer, by_batch):
    model = built(wgan_gp, "paper", codec=codec)
    assert (model.generator.count_params(), model.critic.count_params()) == (generator, by_layer)
    assert built(wgan_gp, "paper", codec=codec, norm="batch").critic.count_params() == by_batch


def test_networks_fit_any_size():
    fits(built(wgan_gp))
    fits(built(wgan_gp, "paper", codec="roll64", latent=5))


def test_the_preset_is_as_published():
    paper = wgan_gp.PRESETS["paper"]
    assert (paper.optimizer, paper.learning_rate, paper.critic_rate, paper.beta_2) == ("rmsprop", 5e-5, 5e-5, 0.9)
    assert (paper.slope_penalty, paper.penalty_stride, paper.critic_steps, paper.batch_size) == (10.0, 1, 5, 32)


def test_a_norm_of_networks_that_have_none_is_refused():
    with pytest.raises(InputError, match=r"only --networks paper takes --norm; received --networks columns"):
        built(wgan_gp, norm="batch")
