"""The variational autoencoder: sizes, loss, laws, labels, reload, on pictures that a codec made."""

import dataclasses
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from generators import vae
from midi.codecs import codec_named
from midi.notes import make_piece, note_table
from training.errors import InputError
from training.family import Context

QUICK = vae.PRESETS["quick"]
COLUMNS = dataclasses.replace(
    vae.PRESETS["ours"], latent=5, width=12, patch=7, shapes=4, blocks=1, components=3, batch_size=4, epochs=2
)
NETWORKS = pytest.mark.parametrize("config", [QUICK, COLUMNS], ids=["pictures", "columns"])


def music(codec, count=12, seed=0):
    """`count` pictures of arpeggios in random keys, float32 in [0, 1]."""
    generator = np.random.default_rng(seed)
    steps = 16 * count * 4
    start = np.arange(steps) * 240
    pitch = 60 + np.repeat(generator.integers(0, 12, steps // 16), 16) + np.tile([0, 4, 7, 12], steps // 4)
    notes = note_table(steps, start=start, end=start + 240, pitch=pitch, velocity=90)
    images = codec.encode(make_piece(notes, 480)).images
    return codec.to_model(np.resize(images, (count, *codec.shape)), vae.LOW)


def made(config, classes=0, steps=20, statistics=None):
    keras.utils.set_random_seed(3)
    return vae.build(config, Context(classes, steps, statistics))


def close(one, other, tolerance=1e-5):
    np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


def cost_of_the_marginal(pictures):
    """Bits a pixel of the prediction that a row is always as bright as its mean; `start` begins there."""
    mean = np.clip(pictures.mean(axis=(0, 2)), 1e-6, 1 - 1e-6)
    return -np.mean(mean * np.log2(mean) + (1 - mean) * np.log2(1 - mean))


def test_the_paper_has_the_papers_parameters():
    model = made(vae.PRESETS["paper"])
    assert model.encoder.count_params() == 4_811_428
    assert model.decoder.count_params() == 461_121
    assert model.count_params() == 5_272_549
    assert model.optimizer.learning_rate == np.float32(1e-3)


def test_the_published_loss_has_its_known_value():
    model = made(dataclasses.replace(QUICK, latent=2, kl_weight=5e-4))
    pictures = music(codec_named("roll96"), 2)
    for name, bias in (("mean", [1.0, -2.0]), ("log_variance", [0.0, np.log(4)])):
        model.encoder.get_layer(name).set_weights([np.zeros((7, 2)), np.array(bias)])
    model.decoder.get_layer("up_2").set_weights([np.zeros((3, 3, 1, 4)), np.array([np.log(0.25)])])
    on = pictures.mean()
    cross_entropy = -on * np.log(0.2) - (1 - on) * np.log(0.8)
    published = -5e-4 * np.mean([1 + 0 - 1 - 1, 1 + np.log(4) - 4 - 4])
    measured = model.evaluate(pictures, batch_size=2, verbose=0, return_dict=True)
    kl = 0.5 * (1 + 4 + 4 - 1 - np.log(4))
    close(measured["loss"], cross_entropy + published)
    close(measured["kl"], kl)
    close(measured["likelihood"], -9216 * cross_entropy)
    close(measured["bits"], (cross_entropy + kl / 9216) / np.log(2))


def test_the_bound_is_cross_entropy_and_divergence_per_pixel():
    model = made(dataclasses.replace(COLUMNS, kl_weight=1.0))
    measured = model.evaluate(music(codec_named("roll96")), batch_size=12, verbose=0, return_dict=True)
    close(measured["loss"], measured["bits"] * np.log(2))
    close(measured["loss"], (measured["kl"] - measured["likelihood"]) / 9216)


def test_the_weight_rises_in_training_only():
    model = made(dataclasses.replace(COLUMNS, kl_weight=0.5, warm_up=0.5), steps=8)
    assert model.weight(False) == 0.5
    rising = [float(model.weight(True)) for _ in range(6)]
    close(rising, [0.125, 0.25, 0.375, 0.5, 0.5, 0.5])
    assert model.weight(False) == 0.5


def test_the_learning_rate_falls_along_a_cosine_where_asked_for():
    falling = made(dataclasses.replace(COLUMNS, cosine=True, learning_rate=0.1), steps=40).optimizer
    rates = []
    for step in (0, 20, 40):
        falling.iterations.assign(step)
        rates.append(float(falling.learning_rate))
    close(rates, [0.1, 0.0505, 0.001])
    still = made(dataclasses.replace(COLUMNS, cosine=False, learning_rate=0.1), steps=40).optimizer
    still.iterations.assign(40)
    close(float(still.learning_rate), 0.1)


def test_units_are_dropped_in_training_only():
    pictures = music(codec_named("roll96"), 2)
    for dropout in (0.0, 0.5):
        model = made(dataclasses.replace(COLUMNS, dropout=dropout))
        for network, inputs in ((model.encoder, pictures), (model.decoder, np.ones((2, 5), np.float32))):
            first = {training: keras.tree.flatten(network(inputs, training=training))[0] for training in (True, False)}
            assert (np.abs(first[True] - first[False]).max() > 1e-6) == (dropout > 0)


@pytest.mark.parametrize("conditional", [False, True])
def test_settling_brings_the_mixture_nearer_to_the_codes(conditional):
    model = made(dataclasses.replace(COLUMNS, conditional=conditional), classes=2)
    pictures, labels = music(codec_named("roll96"), 24), np.arange(24, dtype=np.int32) % 2
    inputs = (pictures, labels) if conditional else pictures
    before = model.evaluate(inputs, None, verbose=0, return_dict=True)
    parts = [slice(0, 16), slice(16, 24)]
    vae.fit_prior(model, [((pictures[part], labels[part]) if conditional else pictures[part], None) for part in parts])
    after = model.evaluate(inputs, None, verbose=0, return_dict=True)
    assert after["kl"] < before["kl"]
    close(after["likelihood"], before["likelihood"], 0.02)


def test_there_is_nothing_to_settle_without_a_mixture():
    model = made(QUICK)
    vae.fit_prior(model, [(music(codec_named("roll96"), 4), None)])
    np.testing.assert_array_equal(model.prior.draw(np.arange(3)), made(QUICK).prior.draw(np.arange(3)))


def test_the_papers_networks_learn():
    pictures = music(codec_named("roll64"), 32)
    model = made(dataclasses.replace(QUICK, codec="roll64"))
    history = model.fit(pictures, batch_size=8, epochs=6, verbose=0).history["loss"]
    assert history[-1] < 0.85 * history[0]


def test_it_starts_near_the_mean_picture():
    pictures = music(codec_named("roll96"))
    marginal = pictures.mean(axis=(0, 2))
    model = made(COLUMNS, statistics=SimpleNamespace(marginal=marginal))
    choices = model.decoder.get_layer("choices")
    choices.kernel.assign(np.zeros(choices.kernel.shape))
    sounding = 1 - keras.ops.softmax(model.decoder(model.prior.draw(np.arange(2, dtype=np.uint64))))[..., 0]
    close(sounding, np.broadcast_to(np.clip(marginal[:, 0], 1e-4, 1), sounding.shape), 0.001)


def test_columns_learn_and_the_learned_law_follows_the_codes():
    pictures = music(codec_named("roll64"), 64)
    config = dataclasses.replace(COLUMNS, codec="roll64", latent=3, components=2, learning_rate=1e-2, cosine=False)
    model = made(config, steps=120, statistics=SimpleNamespace(marginal=pictures.mean(axis=(0, 2))))
    history = model.fit(pictures, batch_size=16, epochs=30, verbose=0).history["bits"]
    assert history[-1] < 0.75 * cost_of_the_marginal(pictures)
    mean, log_variance = vae.encode(model, pictures)
    noise = np.random.default_rng(0).standard_normal((50, *mean.shape))
    codes = (mean + np.exp(log_variance / 2) * noise).reshape(-1, 3)
    drawn = model.prior.draw(np.arange(3000, dtype=np.uint64))
    wide = np.sqrt(np.diag(np.cov(codes.T)))
    close(drawn.mean(axis=0) / wide, codes.mean(axis=0) / wide, 0.4)
    close(np.cov(drawn.T) / np.outer(wide, wide), np.cov(codes.T) / np.outer(wide, wide), 0.5)


@NETWORKS
def test_a_reloaded_model_is_the_same(config, tmp_path):
    model, pictures = made(config), music(codec_named("roll96"), 4)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert again.get_config() == model.get_config()
    assert again.config == config
    seeds = np.arange(3, dtype=np.uint64)
    np.testing.assert_array_equal(again.prior.draw(seeds), model.prior.draw(seeds))
    close(vae.exported(again)(again.prior.draw(seeds)), vae.exported(model)(model.prior.draw(seeds)))
    for one, other in zip(vae.encode(again, pictures), vae.encode(model, pictures), strict=True):
        close(one, other)


@NETWORKS
@pytest.mark.parametrize("codec", ["roll64", "roll96", "interleaved32"])
def test_every_codec_fits(config, codec):
    codec_shape, config = codec_named(codec).shape, dataclasses.replace(config, codec=codec)
    if config.network == "columns":
        config = dataclasses.replace(config, patch=5)
    model, pictures = made(config), music(codec_named(codec), 3)
    assert model(pictures).shape == (3, *codec_shape)
    values = np.array(vae.exported(model)(model.prior.draw(np.arange(2, dtype=np.uint64))))
    assert values.shape == (2, *codec_shape)
    assert values.min() >= 0
    assert values.max() <= 1


@NETWORKS
def test_sizes_that_nothing_divides(config, monkeypatch):
    codec = dataclasses.replace(codec_named("roll96"), columns=13, low=40, high=70)
    monkeypatch.setattr(vae, "codec_named", lambda name: codec)
    model, pictures = made(config), music(codec, 3)
    assert pictures.shape == (3, 31, 13, 1)
    assert model(pictures).shape == pictures.shape
    np.testing.assert_array_equal(np.shape(vae.exported(model)(np.zeros((2, config.latent)))), (2, 31, 13, 1))


@NETWORKS
def test_exported_shows_what_the_decoder_says(config):
    model, z = made(config), np.random.default_rng(0).standard_normal((2, config.latent)).astype(np.float32)
    close(vae.exported(model)(z), model.cells(model.decoder(z)))


@NETWORKS
def test_labels_change_what_is_made_and_encoded(config):
    config = dataclasses.replace(config, conditional=True)
    model, pictures = made(config, classes=3), music(codec_named("roll96"), 6)
    labels = np.arange(6, dtype=np.int32) % 3
    assert model((pictures, labels)).shape == pictures.shape
    z = np.repeat(model.prior.draw(np.array([4], np.uint64)), 2, axis=0)
    one, other = np.array(vae.exported(model)([z, np.array([[0], [2]], np.int32)]))
    assert np.abs(one - other).max() > 1e-5
    twice = np.repeat(pictures[:1], 2, axis=0)
    mean, _ = vae.encode(model, twice, np.array([0, 2]))
    assert np.abs(mean[0] - mean[1]).max() > 1e-6
    with pytest.raises(InputError, match="give the label of every picture"):
        vae.encode(model, twice)


def test_encoding_does_not_depend_on_what_else_is_encoded(monkeypatch):
    model, pictures = made(QUICK), music(codec_named("roll96"), 7)
    whole = vae.encode(model, pictures)
    monkeypatch.setattr(vae, "BATCH", 3)
    for one, other in zip(vae.encode(model, pictures), whole, strict=True):
        close(one, other)
    assert vae.encode(model, pictures[:0])[0].shape == (0, QUICK.latent)


def test_pictures_on_another_scale_are_refused():
    model = made(QUICK)
    with pytest.raises(InputError, match=r"pictures in \[0, 1\]; received -1 to 1"):
        vae.encode(model, 2 * music(codec_named("roll96"), 2) - 1)


def test_every_quick_size_differs_from_the_papers():
    paper = vae.PRESETS["paper"]
    sizes = ("latent", "filters", "width", "reach", "kl_weight", "learning_rate", "batch_size", "epochs")
    assert all(getattr(QUICK, name) != getattr(paper, name) for name in sizes)
