"""The domain transfer network: published sizes, which loss moves which player, saving, what leaves the house."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from training.errors import InputError
from training.family import Context
from training.options import check
from transfer.dtn import model as dtn

QUICK = dtn.PRESETS["quick"]
SHAPE = (64, 64, 1)
LOSSES = ("discriminator_loss", "adversarial", "variation", "identity", "constancy")
"""In the order in which they are added."""
PLAYERS = ("extractor", "generator", "discriminator")


def trainable(model: keras.Model) -> int:
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def pictures(count: int = 8, shape=SHAPE, seed: int = 0) -> np.ndarray:
    """Sparse black and white pictures in [-1, 1]."""
    return np.where(np.random.default_rng(seed).random((count, *shape)) < 0.1, 1.0, -1.0).astype(np.float32)


def quick(**fields) -> dtn.Dtn:
    keras.utils.set_random_seed(0)
    return dtn.build(replace(QUICK, **fields), Context())


def train(model: keras.Model, steps: int = 1) -> list[dict[str, float]]:
    """The logs of some steps on eight pictures of each kind; to trace a graph would take longer than these steps."""
    model.run_eagerly = True
    logs = []
    for _ in range(steps):
        model.reset_metrics()
        logs.append(model.train_on_batch((pictures(), pictures(seed=1)), return_dict=True))
    return logs


@pytest.fixture(scope="module")
def trained() -> dtn.Dtn:
    model = quick()
    train(model)
    return model


def test_the_paper_preset_is_those_networks():
    model = dtn.build(dtn.PRESETS["paper"], Context())
    assert [trainable(getattr(model, name)) for name in PLAYERS] == [896_384, 3_269_187, 1_488_897]
    assert (model.config.alpha, model.config.beta, model.config.gamma, model.config.learning_rate) == (15, 15, 0, 3e-4)


def gradients_of(model: dtn.Dtn) -> dict[str, dict[str, float]]:
    """For each term in LOSSES the sizes of its gradients in the players' weights."""
    source, target = tf.constant(pictures(4)), tf.constant(pictures(4, seed=1))
    with tf.GradientTape(persistent=True) as tape:
        model((source, target), training=True)
        losses = list(model.losses)
    found = {}
    for term, loss in zip(LOSSES, losses, strict=True):
        sizes = {}
        for name in PLAYERS:
            weights = [weight.value for layer in getattr(model, name).layers for weight in layer._trainable_variables]
            gradients = [gradient for gradient in tape.gradient(loss, weights) if gradient is not None]
            sizes[name] = sum(float(np.abs(gradient).sum()) for gradient in gradients)
        found[term] = sizes
    return found


@pytest.mark.parametrize("skips", [True, False])
def test_paper_each_loss_reaches_its_own_player_only(skips):
    owners = {"discriminator_loss": "discriminator", "constancy": "extractor"}
    for term, sizes in gradients_of(quick(pretraining=0, skips=skips)).items():
        assert [name for name, size in sizes.items() if size] == [owners.get(term, "generator")], term


@pytest.mark.parametrize("skips", [True, False])
def test_ours_constancy_trains_the_generator_and_the_extractor_rests(skips):
    model = quick(skips=skips)
    found = gradients_of(model)
    for term, sizes in found.items():
        owner = "discriminator" if term == "discriminator_loss" else "generator"
        assert [name for name in ("generator", "discriminator") if sizes[name]] == [owner], term
    assert not model.extractor.trainable_variables
    before = model.extractor.get_weights()
    train(model)
    assert all(np.array_equal(old, new) for old, new in zip(before, model.extractor.get_weights(), strict=True))


def test_paper_all_players_move_with_their_own_rates():
    model = quick(pretraining=0, learning_rate=1e-3, discriminator_rate=2e-3)
    before = [weight.numpy() for weight in model.trainable_variables]
    train(model)
    assert all(not np.array_equal(old, new.numpy()) for old, new in zip(before, model.trainable_variables, strict=True))
    for variable in model.trainable_variables:
        rate = model.optimizer._optimizer_map[variable.path].learning_rate
        assert float(rate) == np.float32(2e-3 if variable.path.startswith("discriminator") else 1e-3)


def test_losses_are_the_weighted_sum_of_the_terms_measured():
    model = quick(alpha=3.0, beta=5.0, gamma=0.01, tv_exponent=2.0)
    values = train(model)[0]
    total = values["discriminator_loss"] + values["adversarial"] + 3 * values["constancy"] + 5 * values["identity"]
    assert values["loss"] == pytest.approx(total + 0.01 * values["variation"], rel=1e-5)


def test_noise_is_on_what_d_sees_in_training_alone():
    model, inputs = quick(noise=0.5), (tf.constant(pictures(4)), tf.constant(pictures(4, seed=1)))

    def terms(training):
        model(inputs, training=training)
        return dict(zip(LOSSES, map(float, model.losses), strict=True))

    assert terms(False) == terms(False)
    one, other = terms(True), terms(True)
    assert {name for name in LOSSES if one[name] != other[name]} == {"discriminator_loss", "adversarial"}


def test_quick_learns_to_leave_the_target_alone():
    model = quick(learning_rate=1e-2, beta=50.0)
    logs = train(model, 12)
    assert logs[-1]["identity"] < 0.7 * logs[0]["identity"]


@pytest.mark.parametrize("pretraining", [0, 1])
def test_saved_and_loaded_it_is_the_same_model(pretraining, tmp_path):
    model = quick(pretraining=pretraining, noise=0.0)  # a file holds no seeds; a backup does
    train(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert loaded.config == model.config
    assert loaded.extractor.trainable == (not pretraining)
    assert loaded.optimizer.built
    np.testing.assert_array_equal(dtn.exported(loaded)(pictures()), dtn.exported(model)(pictures()))
    for copy in (model, loaded):
        train(copy)
    for one, other in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_exported_is_the_transfer(trained):
    made = dtn.exported(trained)(pictures(), training=False)
    told = keras.tree.flatten(trained.extractor(pictures(), training=False))
    np.testing.assert_array_equal(made, trained.generator(told, training=False))


def test_the_autoencoder_has_the_models_extractor():
    alone = dtn.build_autoencoder(QUICK)
    weights = alone.get_layer("extractor").weights
    assert [weight.shape for weight in weights] == [weight.shape for weight in quick().extractor.weights]
    alone.run_eagerly = True
    losses = [alone.train_on_batch(pictures(), pictures()) for _ in range(8)]
    assert losses[-1] < losses[0]


def test_an_option_without_effect_is_refused():
    with pytest.raises(InputError, match="--tv-exponent is of a term whose weight is 0"):
        dtn.build(replace(QUICK, gamma=0.0, tv_exponent=2.0), Context())


def test_noise_that_keras_does_not_take_is_one_line():
    with pytest.raises(InputError, match="--noise must be from 0 to 1; received 2"):
        check(replace(QUICK, noise=2.0))
