"""StyleGAN2's training and sampling: styles that change on the way, path lengths, and latents of all layers."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from generators import stylegan2
from midi.codecs import codec_named
from tests.generators.adversarial import SHAPE, built, fits, pictures
from training.errors import InputError

PAINTED = {"networks": "paper", "channels": 8, "patch": 4, "shapes": 10, "generator_width": 128, "critic_width": 128}
"""`quick` with networks as published, but small."""


@pytest.fixture(scope="module", params=["columns", "paper"])
def model(request):
    return built(stylegan2, **PAINTED if request.param == "paper" else {})


def test_networks_fit_any_size(model):
    fits(model)


def test_the_preset_is_as_published():
    paper = stylegan2.PRESETS["paper"]
    assert (paper.latent, paper.style, paper.learning_rate, paper.critic_rate, paper.beta_1, paper.beta_2) == (
        512, 512, 2.5e-3, 2.5e-3, 0.0, 0.99,
    )  # fmt: skip
    assert (paper.loss, paper.penalty, paper.path_penalty, paper.mixing, paper.batch_size) == (
        "logistic", 0.0256, 2.0, 0.9, 32,
    )  # fmt: skip


def test_pictures_are_in_range_and_those_of_one_style_are_the_exported_ones(model):
    seeds = np.arange(3, dtype=np.uint64)
    sampler = stylegan2.sampler(model, codec_named("roll64"))
    styles = sampler.prior(seeds)
    exported = np.asarray(stylegan2.exported(model)(stylegan2.adversarial.latents(model, seeds)))
    values = sampler.values(styles)
    np.testing.assert_allclose(values, exported, atol=1e-5)
    assert np.abs(values).max() <= 1
    width = model.config.style
    np.testing.assert_array_equal(styles[:, :width], styles[:, -width:])
    np.testing.assert_array_equal(sampler.prior(seeds[1:2])[0], styles[1])


def test_truncation_0_gives_the_picture_of_the_mean_style(model):
    sampler, seeds = stylegan2.sampler(model, codec_named("roll64")), np.arange(200, dtype=np.uint64)
    assert sampler.layers == model.synthesis.inputs[0].shape[1]
    styles = sampler.prior(seeds)
    others = sampler.prior(np.arange(10_000, 12_000, dtype=np.uint64))
    np.testing.assert_allclose(sampler.middle, others.mean(axis=0), atol=0.1)
    mean = sampler.truncated(0.0)
    np.testing.assert_array_equal(mean.prior(seeds), np.repeat(sampler.middle[None], 200, axis=0))
    np.testing.assert_allclose(sampler.truncated(1.0).prior(seeds), styles, atol=1e-5)


@pytest.mark.parametrize(("mixing", "share"), [(0.0, 0.0), (0.25, 0.25), (1.0, 1.0)])
def test_so_many_pictures_have_two_styles(mixing, share):
    model, seen = built(stylegan2, mixing=mixing), []
    model.synthesis = lambda given, training: seen.append(np.asarray(given)) or given
    model.generated(2000, None, True)
    model.generated(50, None, False)
    (styles, alone) = seen
    changes = (styles[:, 1:] != styles[:, :-1]).any(axis=-1)
    assert set(changes.sum(axis=1)) <= {0, 1}
    assert changes.any(axis=1).mean() == pytest.approx(share, abs=0.03)
    if share:
        assert changes.mean(axis=0) == pytest.approx(share / changes.shape[1], abs=0.04)  # anywhere alike
    np.testing.assert_array_equal(alone[:, 0], alone[:, -1])


def test_the_path_penalty_is_that_of_the_formula_and_the_mean_follows():
    model, x = built(stylegan2, **PAINTED, penalty=0.0, fake_penalty=0.0, mixing=0.0), tf.constant(pictures(4))
    model.path_mean.assign(0.3)
    latents, noise = np.random.default_rng(1).standard_normal((2, 8)).astype(np.float32), pictures(2)
    draws = iter([np.zeros((4, 8), np.float32), latents])
    model.drawn = lambda count: ops.convert_to_tensor(next(draws))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.random, "normal", lambda shape, **_: noise)
        patch.setattr(type(model), "seen", lambda self, pictures, training: pictures)
        patch.setattr("generators.layers.stylegan2.PlaceNoise.call", lambda self, x, training=False: x)
        model(x, training=True)
    styles = tf.repeat(model.mapping(latents)[:, :1], model.synthesis.inputs[0].shape[1], axis=1)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(styles)
        made = model.synthesis(styles)
        along = [tf.reduce_sum(made[item] * noise[item]) / 64 for item in range(2)]
    lengths = [
        np.sqrt((np.asarray(tape.gradient(value, styles)[item]) ** 2).sum(axis=1).mean()) for item, value in enumerate(along)
    ]
    np.testing.assert_allclose(model.losses[-1], ((np.array(lengths) - 0.3) ** 2).mean(), rtol=1e-3)
    np.testing.assert_allclose(model.path_mean, 0.3 + 0.01 * (np.mean(lengths) - 0.3), rtol=1e-4)


def test_labels_change_what_the_same_styles_show(tmp_path):
    model = built(stylegan2, classes=2)
    sampler = stylegan2.sampler(model, codec_named("roll64"))
    styles = np.repeat(sampler.prior(np.array([5], np.uint64)), 2, axis=0)
    first, second = sampler.values(styles, np.array([0, 1]))
    assert not np.allclose(first, second)
    assert first.shape == SHAPE


def test_sizes_of_other_networks_are_refused():
    with pytest.raises(InputError, match=r"only --networks paper takes --channels; received --networks columns"):
        built(stylegan2, channels=8)
