"""Two players in one loss: what each must not do to the other, when each moves, and what is kept. Over all systems."""

from __future__ import annotations

from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from generators import dcgan, stylegan2
from generators.layers.adversarial.losses import gradient_penalty, slope_penalty
from generators.pictures.adversarial import latents
from midi.codecs import codec_named
from tests.generators.adversarial import SHAPE, STEPS, SYSTEMS, built, pictures
from training.errors import InputError
from training.fitting.averages import averaged

QUICK = dcgan.PRESETS["quick"]
FREE = {"penalty": 0.0, "fake_penalty": 0.0}
"""Without penalties."""


@pytest.fixture(scope="module")
def trained():
    model = built(dcgan)
    model.history = model.fit(pictures(), batch_size=4, epochs=2, verbose=0)
    return model


@pytest.mark.parametrize("name", SYSTEMS)
def test_each_loss_reaches_its_own_player_only(name):
    model, x = built(SYSTEMS[name]), tf.constant(pictures(4))
    with tf.GradientTape(persistent=True) as tape:
        model(x, training=True)
        critic_loss, generator_loss, *_ = model.losses
    for loss, learns, rests in (
        (critic_loss, model.critic, model.generator),
        (generator_loss, model.generator, model.critic),
    ):
        gradients = tape.gradient(loss, [weight.value for weight in learns.trainable_variables])
        assert sum(float(np.abs(gradient).sum()) for gradient in gradients if gradient is not None) > 0
        gradients = tape.gradient(loss, [weight.value for weight in rests.trainable_variables])
        assert all(gradient is None or not np.any(gradient) for gradient in gradients)


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("classes", [0, 2])
def test_every_variable_has_its_own_players_optimizer(name, classes):
    model = built(SYSTEMS[name], classes=classes)
    rates = {"generator": model.config.learning_rate, "critic": model.config.critic_rate}
    for variable in model.trainable_variables:
        player = variable.path.split("_")[0]
        part = model.optimizer._optimizer_map[variable.path]
        assert float(part.learning_rate) == np.float32(rates[player])
        assert part.use_ema == (player == "generator")
    assert model.optimizer.built


def test_penalties_are_added_in_training_only():
    model, x = built(dcgan, penalty=2.0, fake_penalty=3.0), tf.constant(pictures(4))
    model(x, training=True)
    _, _, at_real, at_fake = model.losses
    assert float(at_real) > 0
    assert float(at_fake) > 0
    model(x, training=False)
    assert len(model.losses) == 2


def test_penalties_are_taken_on_every_so_many_th_picture():
    model, x = built(dcgan, penalty=2.0, fake_penalty=0.0, penalty_stride=3), tf.constant(pictures(7))
    model(x, training=True)
    expected = gradient_penalty(lambda seen: model.critic(seen, training=False), x[::3])
    np.testing.assert_allclose(model.losses[2], 2 * expected, rtol=1e-5)


def test_the_slope_penalty_is_taken_between_real_and_generated_pictures():
    model, x = built(dcgan, **FREE, slope_penalty=10.0), tf.constant(pictures(4))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.random, "uniform", lambda shape, *_, **__: ops.full(shape, 0.25))
        made = model(x, training=True)
    shares = np.full((4, 1, 1, 1), 0.25, np.float32)
    expected = slope_penalty(lambda seen: model.critic(seen, training=False), x, made, shares)
    np.testing.assert_allclose(model.losses[2], 10 * expected, rtol=1e-4)


@pytest.mark.parametrize(("cosine", "last"), [(True, 0.1), (False, 1.0)])
@pytest.mark.parametrize("critic_steps", [0, 1])
def test_rates_fall_to_a_tenth_along_a_cosine_over_the_steps_of_a_player(cosine, last, critic_steps):
    model = built(dcgan, cosine=cosine, critic_steps=critic_steps)
    for part in model.optimizer.optimizers:
        before = float(part.learning_rate)
        part.iterations.assign(STEPS // (1 + critic_steps))
        np.testing.assert_allclose(float(part.learning_rate), last * before, rtol=1e-5)


def test_players_move_in_turn():
    model, x, moved = built(dcgan, critic_steps=2), pictures(4), []
    for _ in range(6):
        before = model.get_weights()
        model.train_on_batch(x)
        changed = [
            weight.path.split("_")[0]
            for weight, old in zip(model.weights, before, strict=True)
            if weight.trainable and not np.array_equal(old, weight)
        ]
        moved.append(set(changed))
    assert moved == 2 * [{"critic"}, {"critic"}, {"generator"}]


def test_the_critic_sees_pictures_moved_and_noisy_in_training_only():
    model, x = built(dcgan, shift=3, turn=16, noise=0.1), ops.convert_to_tensor(pictures(200))
    np.testing.assert_array_equal(model.seen(x, False), x)
    seen = np.asarray(model.seen(x, True))
    clean = np.where(seen > 0, 1.0, -1.0)
    assert np.std(seen - clean) == pytest.approx(0.1, rel=0.02)
    assert not np.array_equal(clean, x)
    assert clean.mean() <= np.mean(x)  # rows may leave, none comes in


def test_the_margin_is_how_far_the_logits_are_apart(trained):
    x = pictures(8)
    values = trained.evaluate(x, batch_size=8, verbose=0, return_dict=True)
    assert values["margin"] != 0
    history = trained.history.history
    assert all(np.isfinite(values).all() for values in history.values())
    assert {"critic_loss", "generator_loss", "critic_real", "critic_fake", "margin"} <= set(history)


def test_quick_trains_and_keeps_averages(trained):
    fresh = built(dcgan)
    assert all(
        not np.array_equal(old, new)
        for old, new in zip(fresh.trainable_variables, trained.trainable_variables, strict=True)
        if old.path != "critic_logit/bias"  # adds nothing to the difference of two logits
    )


def test_saved_and_loaded_it_is_the_same_model_with_its_averages(trained, tmp_path):
    before = trained.generator.get_weights()
    with averaged(trained):
        trained.save(tmp_path / "model.keras")
        expected = trained.generator.get_weights()
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert loaded.config == trained.config
    assert loaded.optimizer.built
    for ours, theirs in zip(expected, loaded.generator.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(trained.optimizer.variables, loaded.optimizer.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert all(np.array_equal(old, now) for old, now in zip(before, trained.generator.get_weights(), strict=True))
    loaded.fit(pictures(), batch_size=4, verbose=0)
    average = [not np.array_equal(*pair) for pair in zip(expected, loaded.generator.get_weights(), strict=True)]
    assert any(average)


def test_exported_is_the_generator_in_greys(trained):
    drawn = latents(trained, np.arange(3, dtype=np.uint64))
    values = np.asarray(dcgan.exported(trained)(drawn, training=False))
    made = np.asarray(trained.generator(drawn, training=False))
    assert values.shape == (3, *SHAPE)
    assert np.abs(values).max() <= 1
    assert set(np.unique(made)) == {-1.0, 1.0}
    assert len(np.unique(values)) > 100
    np.testing.assert_array_equal(values > 0, made > 0)  # half of the scale is what the critic saw


@pytest.mark.parametrize(("distribution", "spread"), [("normal", 1.0), ("uniform", 3**-0.5)])
def test_latents_depend_on_their_own_seed_and_follow_the_distribution_of_the_training(distribution, spread):
    model = built(dcgan, distribution=distribution)
    seeds = np.array([7, 2**64 - 1, 3, *range(100, 1100)], np.uint64)
    rows = latents(model, seeds)
    np.testing.assert_array_equal(latents(model, seeds[[2, 0]]), rows[[2, 0]])
    assert rows.dtype == np.float32
    assert rows.shape == (1003, QUICK.latent)
    assert abs(rows.std() - spread) < 0.03
    assert abs(float(ops.std(model.drawn(1000))) - spread) < 0.03


@pytest.mark.parametrize("name", SYSTEMS)
def test_labels_change_pictures_and_judgements(name):
    module = SYSTEMS[name]
    model, labels = built(module, classes=2), np.array([0, 1, 1, 0], np.int32)
    sampler, seeds = module.sampler(model, codec_named("roll64")), np.array([5, 5], np.uint64)
    two = sampler.values(sampler.prior(seeds), np.array([0, 1]))
    assert not np.allclose(two[0], two[1], atol=1e-4)
    table = next(weight for weight in model.critic.trainable_weights if "critic_label" in weight.path)
    with tf.GradientTape() as tape:
        model((tf.constant(pictures(4)), tf.constant(labels)), training=True)
        loss = sum(model.losses)
    assert np.asarray(tape.gradient(loss, table.value)).any(axis=1).all()  # each label's judgement learns


@pytest.mark.parametrize("classes", [0, 2])
@pytest.mark.parametrize("module", [dcgan, stylegan2])
def test_start_gives_every_row_the_datas_density(module, classes):
    marginal = np.linspace(0.0, 0.3, SHAPE[0])[:, None]
    model = built(module, classes=classes, statistics=SimpleNamespace(marginal=marginal))
    drawn = latents(model, np.arange(300, dtype=np.uint64))
    made = model.generator([drawn, np.arange(300)[:, None] % 2] if classes else drawn, training=False)
    on = (np.asarray(made) > 0).mean(axis=(0, 2))
    np.testing.assert_allclose(on, marginal, atol=0.06)
    assert on[0] < 0.01
    differing = np.mean(np.asarray(made)[1:] != np.asarray(made)[:-1], axis=(0, 2, 3))
    on = on[:, 0]
    assert (differing >= 0.5 * on * (1 - on)).mean() > 0.9  # latents decide, not places


def test_start_leaves_the_papers_networks_alone():
    before = built(dcgan, "paper", codec="roll64").get_weights()
    statistics = SimpleNamespace(marginal=np.full((SHAPE[0], 1), 0.1))
    after = built(dcgan, "paper", codec="roll64", statistics=statistics).get_weights()
    assert all(np.array_equal(old, new) for old, new in zip(before, after, strict=True))


@pytest.mark.parametrize("name", SYSTEMS)
def test_options_that_do_not_go_together_are_refused(name):
    paper = SYSTEMS[name].PRESETS["paper"].networks
    with pytest.raises(InputError, match=rf"only --networks columns takes --critic-width; received --networks {paper}"):
        built(SYSTEMS[name], "paper", critic_width=3)


def test_long_rounds_without_short_ones_are_refused():
    with pytest.raises(InputError, match="--long-steps goes with --critic-steps"):
        built(dcgan, long_steps=100)
