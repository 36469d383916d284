"""Two players in one loss against two separate tapes, and their optimizers saved and restored."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from tests.training.ten_line_gan import COUNT, Gan, compiled, pictures_and_latents, train
from training.fitting.keras_internals import variables_in
from training.fitting.players import PlayerMap, frozen, player_optimizer


def critic_network(*layers) -> keras.Model:
    network = keras.Sequential([keras.Input((4,)), *layers, keras.layers.Dense(1)], name="critic")
    for weight in network.trainable_variables:
        weight.assign(np.random.default_rng(2).standard_normal(weight.shape))
    return network


@pytest.mark.parametrize("penalty", [0.0, 10.0])
def test_one_loss_has_the_gradients_of_two_tapes(penalty):
    model = compiled(Gan(penalty))
    pictures, latents = map(tf.constant, pictures_and_latents())
    with tf.GradientTape() as tape:
        model((pictures, latents))
        loss = sum(model.losses)
    together = tape.gradient(loss, [weight.value for weight in model.trainable_variables])
    with tf.GradientTape() as tape:
        loss = model.critic_loss(pictures, model.generator(latents))
    critic = tape.gradient(loss, [weight.value for weight in model.critic.trainable_variables])
    with tf.GradientTape() as tape:
        loss = -ops.mean(model.critic(model.generator(latents)))
    generator = tape.gradient(loss, [weight.value for weight in model.generator.trainable_variables])
    # the last bias of a Wasserstein critic cancels: its gradient is zero in one way and None in the other
    for ours, theirs in zip(together, [*generator, *critic], strict=True):
        np.testing.assert_allclose(ours, 0 if theirs is None else theirs, atol=1e-7, rtol=1e-6)


def test_frozen_gives_the_networks_output_and_no_weight_a_gradient():
    network = critic_network(keras.layers.Dense(3, "tanh"))
    x = tf.constant(np.random.default_rng(0).standard_normal((5, 4), np.float32))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        held, free = frozen(network, x), network(x)
    assert np.array_equal(held, free)
    assert np.array_equal(tape.gradient(held, x), tape.gradient(free, x))
    weights = [weight.value for weight in network.trainable_variables]
    assert all(gradient is None for gradient in tape.gradient(held, weights))


def test_frozen_keeps_statistics_and_moves_seeds_on():
    network = critic_network(keras.layers.BatchNormalization(), keras.layers.Dropout(0.5, seed=1))
    statistics = [weight.numpy() for weight in network.non_trainable_weights]
    x = np.random.default_rng(0).standard_normal((8, 4)).astype(np.float32)
    first, second = (frozen(network, x, training=True).numpy() for _ in range(2))
    assert not np.array_equal(first, second)
    assert all(np.array_equal(old, new) for old, new in zip(statistics, network.non_trainable_weights, strict=True))


def test_frozen_rounds_no_weight_in_mixed_precision():
    network = critic_network(keras.layers.Dense(3, "tanh"))
    x = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32)
    with variables_in("bfloat16"):  # as inside the call of a mixed precision model
        held = frozen(network, x)
    assert np.array_equal(held, network(x))


def test_frozen_wants_a_built_network():
    with pytest.raises(ValueError, match="build it before"):
        frozen(keras.layers.Dense(2), np.zeros((1, 2)))


@pytest.mark.parametrize("optimizer", [keras.optimizers.SGD, keras.optimizers.Adam])
def test_both_optimizers_are_saved_and_restored(tmp_path, optimizer):
    data = pictures_and_latents()
    model = compiled(Gan(penalty=1.0), optimizer)
    model.fit(data, batch_size=COUNT, epochs=2, shuffle=False, verbose=0)
    model.save(tmp_path / "gan.keras")
    copy = keras.saving.load_model(tmp_path / "gan.keras")
    assert [float(part.learning_rate) for part in copy.optimizer.optimizers] == pytest.approx([0.02, 0.05])
    for old, new in zip(model.optimizer.variables, copy.optimizer.variables, strict=True):
        assert np.array_equal(old.numpy(), new.numpy())
    for network in (model, copy):
        network.fit(data, batch_size=COUNT, epochs=1, shuffle=False, verbose=0)
    for old, new in zip(model.variables, copy.variables, strict=True):
        assert np.array_equal(old.numpy(), new.numpy())


def test_each_player_moves_at_its_own_rate():
    model = compiled(Gan())
    before = [weight.numpy() for weight in model.trainable_variables]
    owner = model.optimizer.optimizers
    owner[0].learning_rate = 0.0
    model.fit(pictures_and_latents(), batch_size=COUNT, verbose=0)
    moved = [not np.array_equal(old, new.numpy()) for old, new in zip(before, model.trainable_variables, strict=True)]
    assert moved[:4] == [False] * 4
    assert moved[4:7] == [True] * 3


def test_training_moves_the_generator_to_the_data():
    model = compiled(Gan(penalty=1.0), lambda rate: keras.optimizers.Adam(rate, beta_1=0.5))
    pictures, latents = pictures_and_latents()
    before = abs(model.generator(latents).numpy().mean(0) - pictures.mean(0)).mean()
    model.fit((pictures, latents), batch_size=COUNT, epochs=40, shuffle=False, verbose=0)
    assert abs(model.generator(latents).numpy().mean(0) - pictures.mean(0)).mean() < before / 2


def test_unmatched_variables_and_idle_players_are_named():
    model = Gan()
    model.build()
    adam = keras.optimizers.Adam
    with pytest.raises(ValueError, match=r"critic/dense.*belongs to no player"):
        player_optimizer({"generator": adam()}, model)
    with pytest.raises(ValueError, match="belongs to encoder"):
        player_optimizer({"generator": adam(), "critic": adam(), "encoder": adam()}, model)
    with pytest.raises(ValueError, match="not built"):
        player_optimizer({"generator": adam()}, Gan())


@pytest.mark.parametrize(
    ("path", "player"),
    [
        ("critic/dense/kernel", "critic"),
        ("gan/critic/dense/kernel", "critic"),
        ("critic_dense_2/kernel", "critic"),
        ("gan/generator/critic", "generator"),
    ],
)
def test_paths_belong_to_players(path, player):
    players = {"generator": keras.optimizers.SGD(), "critic": keras.optimizers.SGD()}
    assert PlayerMap(players)[path] is players[player]


@pytest.mark.parametrize("path", ["dense/kernel", "criticism/kernel", "critic/generator/kernel", "criti/kernel"])
def test_paths_of_none_or_two_players_are_refused(path):
    with pytest.raises(ValueError, match="expected exactly one of generator, critic"):
        PlayerMap({"generator": keras.optimizers.SGD(), "critic": keras.optimizers.SGD()})[path]


def test_the_gan_trains_reproducibly():
    assert all(np.array_equal(one, other) for one, other in zip(train(Gan()), train(Gan()), strict=True))
