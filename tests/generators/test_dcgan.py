"""The DCGAN's networks and settings against its papers."""

from __future__ import annotations

import numpy as np
import pytest

from generators import dcgan
from tests.generators.adversarial import built, fits, pictures


@pytest.mark.parametrize(
    ("networks", "shape", "generator", "critic"),
    [
        ("printed", "roll96", 1_963_201, 74_433),
        ("released", "roll96", 2_323_777, 74_433),
        ("normed", "sparse88", 3_655_492, 470_369),
    ],
)
def test_the_networks_have_as_many_parameters_as_published(networks, shape, generator, critic):
    model = built(dcgan, "paper", networks=networks, codec=shape)
    assert (model.generator.count_params(), model.critic.count_params()) == (generator, critic)


@pytest.mark.parametrize("networks", [*dcgan.PUBLISHED, "columns"])
def test_networks_fit_any_size(networks):
    preset = "quick" if networks == "columns" else "paper"
    fits(built(dcgan, preset, networks=networks, latent=5))


def test_presets_are_as_published():
    paper, sparse = dcgan.PRESETS["paper"], dcgan.PRESETS["sparse88"]
    assert (paper.codec, paper.latent, paper.distribution, paper.learning_rate, paper.critic_rate) == (
        "roll96", 100, "uniform", 2e-4, 2e-4,
    )  # fmt: skip
    assert (paper.beta_1, paper.batch_size, paper.fakes, paper.loss) == (0.5, 32, 2, "cross_entropy")
    assert (sparse.codec, sparse.learning_rate, sparse.critic_rate, sparse.beta_1, sparse.batch_size, sparse.fakes) == (
        "sparse88", 1.5e-4, 1.5e-4, 0.5, 128, 1,
    )  # fmt: skip


def test_the_paper_s_generator_is_exported_as_it_is():
    model = built(dcgan, "paper", codec="roll64")
    seeds = dcgan.adversarial.latents(model, np.arange(3, dtype=np.uint64))
    np.testing.assert_array_equal(dcgan.exported(model)(seeds), model.generator(seeds))
    assert model.critic(pictures(2)).shape == (2, 1)
