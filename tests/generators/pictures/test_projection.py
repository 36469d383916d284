"""Latents found by optimisation: of decoders whose pictures are known, and the same whatever else is searched for."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from generators.pictures import projection
from generators.pictures.latent_sampler import LatentSampler
from generators.pictures.latents import drawn_latents
from generators.pictures.projection import PICTURES, SHARE, dice_loss, project
from midi.codecs import codec_named

ROLL = codec_named("roll64")
LATENT = 6
DEVIATION = np.linspace(0.5, 3, LATENT)


def prior(seeds):
    rows = [np.random.default_rng(int(seed)).standard_normal(LATENT) for seed in seeds]
    return (7 + DEVIATION * np.array(rows)).astype(np.float32)


def a_sampler(codec=ROLL, labels=0, low=-1.0):
    """Each cell is on on one side of a plane through the middle of latents, another for each label."""
    latent = keras.Input((LATENT,))
    label = keras.Input((1,), dtype="int32")
    height, width, channels = codec.shape
    cells = height * width * channels
    planes = keras.layers.Dense(cells, kernel_initializer=keras.initializers.RandomNormal(seed=1))
    seen = planes((latent - 7) / DEVIATION.astype(np.float32))
    if labels:
        signs = keras.layers.Embedding(labels, cells, embeddings_initializer=keras.initializers.RandomNormal(seed=2))
        seen = seen * keras.ops.sign(signs(label))[:, 0]
    values = low + (1 - low) * keras.layers.Reshape(codec.shape)(keras.ops.sigmoid(40 * seen))
    decoder = keras.Model([latent, label] if labels else latent, values)
    return LatentSampler(lambda: decoder, codec, low, prior)


def values_of(sampler, count, labels=None):
    return sampler.values(drawn_latents(prior, 5, range(count)), labels)


def error_of(sampler, values, labels=None):
    """Mean over pictures of how far what is found is from the picture, of the scale."""
    mean, _ = project(sampler, values, labels)
    return np.abs(sampler.values(mean, labels) - values).mean(axis=(1, 2, 3)) / (1 - sampler.low)


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(projection, "STEPS", 60)


def test_the_loss_of_black_and_white_pictures_is_one_less_their_f1():
    pictures = (np.random.default_rng(0).random((2, 5, 5, 40, 1)) < 0.5).astype(np.float32)
    found = keras.ops.convert_to_numpy(dice_loss(*pictures))
    hits, true, made = ((each > 0).sum(axis=(1, 2, 3)) for each in (pictures[0] * pictures[1], *pictures))
    np.testing.assert_allclose(found, 1 - (2 * hits + 2) / (true + made + 2), rtol=1e-6)
    np.testing.assert_allclose(dice_loss(pictures[0], pictures[0]), 0, atol=1e-6)
    nothing = np.zeros_like(pictures[:1, 0])
    assert dice_loss(nothing[0][None], nothing[0][None]) < dice_loss(nothing[0][None], pictures[0, :1])


def test_latents_of_a_models_own_pictures_are_found():
    sampler = a_sampler()
    deviations = (drawn_latents(prior, 5, range(3)) - 7) / DEVIATION
    deviations /= np.sqrt(np.mean(deviations**2, axis=1, keepdims=True))  # as far from the mean as is typical
    true = (7 + DEVIATION * deviations).astype(np.float32)
    mean, log_variance = project(sampler, sampler.values(true))
    np.testing.assert_allclose((mean - true) / DEVIATION, 0, atol=0.1)
    drawn = prior(np.arange(1_024, dtype=np.uint64))
    np.testing.assert_allclose(np.exp(log_variance / 2), np.tile(SHARE * drawn.std(axis=0), (3, 1)), rtol=1e-5)
    assert mean.dtype == log_variance.dtype == np.float32


def test_greys_are_matched_as_greys(short):
    sampler = a_sampler(codec_named("dense88"), low=0.0)
    assert error_of(sampler, values_of(sampler, 2)).max() < 0.1


def test_labels_reach_the_decoder(short):
    sampler, labels = a_sampler(labels=3), np.array([2, 0], np.int32)
    values = values_of(sampler, 2, labels)
    assert error_of(sampler, values, labels).max() < 0.1
    assert error_of(sampler, values, (labels + 1) % 3).min() > 0.3


def test_each_picture_is_searched_for_by_itself(short):
    """Bit for bit, whatever else there is and wherever it stands, in more than one go."""
    sampler = a_sampler()
    values = values_of(sampler, PICTURES + 1)
    mean, _ = project(sampler, values)
    np.testing.assert_array_equal(project(sampler, values[::-1])[0], mean[::-1])
    np.testing.assert_array_equal(project(sampler, values[2:3])[0], mean[2:3])


def test_cells_are_compared_at_the_threshold_of_samples(short):
    """A decoder of dim pictures, whose cells are all off at the middle of the scale."""
    bright = a_sampler()
    dim = keras.Model(bright.decoder.input, 0.4 * (bright.decoder.output + 1) - 1)
    sampler = replace(bright, export=lambda: dim, binarise="calibrated", threshold=-0.6)
    pictures = sampler.pictures(drawn_latents(prior, 5, range(2)), None, range(2))
    assert 0.3 < (pictures > 0).mean() < 0.7
    mean, _ = project(sampler, ROLL.to_model(pictures, -1.0))
    assert (sampler.pictures(mean, None, range(2)) == pictures).mean() > 0.95


def test_a_prior_that_never_moves_gives_its_only_latent(short):
    sampler = replace(a_sampler(), prior=lambda seeds: np.full((len(seeds), LATENT), 8.1, np.float32))
    mean, log_variance = project(sampler, values_of(sampler, 1))
    np.testing.assert_allclose(mean, 8.1, atol=1e-4)
    assert np.isfinite(log_variance).all()
