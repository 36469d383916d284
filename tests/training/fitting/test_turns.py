"""Players in turn against plain optimizers that are given their own steps alone, and against two tapes."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.training.ten_line_gan import COUNT, Gan, compiled, pictures_and_latents
from training.fitting.backup import Backup, restore
from training.fitting.clipping import Clip
from training.fitting.players import PlayerMap
from training.fitting.turns import TurnAdam, TurnRMSprop, Turns

WGAN = Turns(5, long_steps=100, first=25, every=500)
STEPS, BATCH = 50, COUNT // 2
OPTIMIZERS = {
    "adam": (keras.optimizers.Adam, TurnAdam, {"beta_1": 0.5, "use_ema": True, "ema_momentum": 0.5}),
    "rmsprop": (keras.optimizers.RMSprop, TurnRMSprop, {}),
}


def in_a_loop(turns: Turns, count: int) -> list[bool]:
    """Whose the first `count` steps are, one after the other: true for the generator's."""
    steps: list[bool] = []
    for number in itertools.count():
        if len(steps) >= count:
            return steps[:count]
        long = number < turns.first or (turns.every and number % turns.every == 0)
        steps += [False] * (turns.long_steps if long else turns.critic_steps) + [True]


@pytest.mark.parametrize(("critic", "long"), [(1, 1), (5, 3), (1, 7), (2, 4)])
def test_the_closed_form_is_the_loop(critic, long):
    for first, every in itertools.product(range(6), range(5)):
        turns = Turns(critic, long if first or every else 0, first, every)
        assert [turns.is_generators(step) for step in range(150)] == in_a_loop(turns, 150), turns


def test_wgan_as_published():
    steps = WGAN.is_generators(tf.range(12_000)).numpy()
    assert steps.tolist() == in_a_loop(WGAN, 12_000)
    assert WGAN.count("generator", 12_000) == np.count_nonzero(steps) == 12_000 - WGAN.count("critic", 12_000)
    rounds = np.diff(np.flatnonzero(steps), prepend=-1) - 1
    assert np.flatnonzero(rounds == 100).tolist() == [*range(25), 500, 1000, 1500]
    assert set(rounds) == {5, 100}


@pytest.mark.parametrize("numbers", [(0,), (5, -1), (5, 0, 2), (5, 0, 0, 2), (5, 9, -1), (5, 9, 1, -1)])
def test_rounds_without_a_step_are_refused(numbers):
    with pytest.raises(ValueError, match="expected at least 1 step of the critic"):
        Turns(*numbers)


def test_long_rounds_that_never_come_are_refused():
    with pytest.raises(ValueError, match="no round has long_steps"):
        Turns(5, long_steps=100)


@pytest.mark.parametrize("player", ["critic", "generator"])
@pytest.mark.parametrize(
    ("plain", "in_turn", "options"),
    [
        (keras.optimizers.Adam, TurnAdam, {"amsgrad": True, "clipnorm": 1.0}),
        (keras.optimizers.Adam, TurnAdam, {"use_ema": True, "ema_momentum": 0.6}),
        (keras.optimizers.RMSprop, TurnRMSprop, {"momentum": 0.5, "centered": True, "use_ema": True, "ema_momentum": 0.9}),
    ],
)
def test_only_its_own_steps_count(plain, in_turn, options, player):
    """Bit for bit, whatever the other steps' gradients are: also slots, averages, and the schedule of the learning rate."""
    turns, generator = Turns(2, long_steps=3, first=1), np.random.default_rng(0)
    arguments = {"learning_rate": keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.7), **options}
    optimizers = plain(**arguments), in_turn(**arguments, turns=turns, player=player)
    start = generator.standard_normal((4, 2)).astype(np.float32)
    weights = [[keras.Variable(start), keras.Variable(-start)] for _ in optimizers]
    for optimizer, variables in zip(optimizers, weights, strict=True):
        optimizer.build(variables)
    moved = 0
    for generators in in_a_loop(turns, 12):
        mine = generators == (player == "generator")
        dense = generator.standard_normal((4, 2)).astype(np.float32) if mine else np.full((4, 2), np.nan, np.float32)
        rows = tf.IndexedSlices(tf.constant(dense[:2]), tf.constant([2, 0]), tf.constant([4, 2]))  # an embedding's
        for optimizer, variables in zip(optimizers, weights, strict=True):
            if mine or optimizer is optimizers[1]:
                optimizer.apply([tf.constant(dense), rows], variables)
        moved += mine
        if moved:
            ours = [variable.numpy() for variable in optimizers[1].variables if variable.name != "steps"]
            theirs = [variable.numpy() for variable in optimizers[0].variables]
            assert all(np.array_equal(*pair) for pair in zip(ours, theirs, strict=True))
        assert all(np.array_equal(*pair) for pair in zip(*weights, strict=True))
    assert int(optimizers[1].steps) == 12
    assert int(optimizers[1].iterations) == moved


def test_the_average_of_what_has_not_moved_is_its_start():
    variable = keras.Variable([1.0, -2.0])
    optimizer = TurnAdam(0.1, turns=Turns(3), player="generator", use_ema=True)
    optimizer.build([variable])
    for _ in range(2):
        optimizer.apply([tf.constant([1.0, 1.0])], [variable])
    optimizer.finalize_variable_values([variable])
    assert variable.numpy().tolist() == [1.0, -2.0]


@pytest.mark.parametrize("option", ["weight_decay", "ema_overwrite_frequency", "gradient_accumulation_steps"])
def test_what_is_written_past_the_mask_is_refused(option):
    with pytest.raises(ValueError, match=f"knows no {option}"):
        TurnAdam(0.1, turns=Turns(5), player="critic", use_ema=True, **{option: 2})


def test_other_players_are_refused():
    with pytest.raises(ValueError, match="expected critic or generator"):
        TurnAdam(0.1, turns=Turns(5), player="encoder")


def gan(kind: str) -> Gan:
    """The model of two players, five steps of the critic to one of the generator, with clipped weights of the critic."""
    _, in_turn, options = OPTIMIZERS[kind]
    players = iter(["generator", "critic"])
    model = compiled(Gan(), lambda rate: in_turn(rate / 10, turns=Turns(5), player=next(players), **options))
    for weight in model.critic.trainable_weights:
        weight.constraint = Clip(0.3)
    return model


def fitted(kind: str) -> list[np.ndarray]:
    """The weights after 50 steps of `fit`, or their averages where those are kept."""
    model, repeats = gan(kind), (STEPS * BATCH // COUNT, 1)
    model.fit(tuple(np.tile(part, repeats) for part in pictures_and_latents()), batch_size=BATCH, shuffle=False, verbose=0)
    return [weight.numpy() for weight in model.trainable_variables]


@pytest.fixture(scope="module")
def taped() -> dict[str, list[np.ndarray]]:
    """The weights after the same steps of two tapes in a loop, by plain optimizers."""
    return {kind: in_two_tapes(*of_kind) for kind, of_kind in OPTIMIZERS.items()}


def in_two_tapes(plain, in_turn, options) -> list[np.ndarray]:
    model = compiled(Gan())
    rates = {"generator": 0.002, "critic": 0.005}
    optimizers = {player: plain(rate, **options) for player, rate in rates.items()}
    for weight in model.critic.trainable_weights:
        weight.constraint = Clip(0.3)
    pictures, latents = pictures_and_latents()

    @tf.function
    def step(player, pictures, latents):
        weights = getattr(model, player).trainable_weights
        with tf.GradientTape() as tape:
            fakes = model.generator(latents)
            loss = model.critic_loss(pictures, fakes) if player == "critic" else -tf.reduce_mean(model.critic(fakes))
        found = tape.gradient(loss, [weight.value for weight in weights], unconnected_gradients="zero")
        optimizers[player].apply(found, weights)

    for player, optimizer in optimizers.items():
        optimizer.build(getattr(model, player).trainable_weights)
    for number in range(STEPS):
        rows = slice(BATCH * (number % 2), BATCH * (number % 2 + 1))
        step("generator" if number % 6 == 5 else "critic", pictures[rows], latents[rows])
    for player, optimizer in optimizers.items():
        optimizer.finalize_variable_values(getattr(model, player).trainable_weights)
    return [weight.numpy() for weight in model.trainable_variables]


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_one_fit_equals_two_tapes_in_turn(kind, taped):
    for ours, theirs in zip(fitted(kind), taped[kind], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6, rtol=0)


def elsewhere(code: str, **environment: str) -> dict[str, list[np.ndarray]]:
    """What a process that runs `code` trains."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return {
        kind: [np.array(weight) for weight in weights] for kind, weights in json.loads(done.stdout.splitlines()[-1]).items()
    }


TRAIN = "print(json.dumps({kind: [weight.tolist() for weight in fitted(kind)] for kind in OPTIMIZERS}))"
ON_TWO_DEVICES = f"""
import json
from training.devices.strategy import strategy_for
strategy = strategy_for("2")
from tests.training.fitting.test_turns import OPTIMIZERS, fitted
with strategy.scope():
    {TRAIN}
"""


def test_two_replicas_equal_two_tapes_in_turn(taped):
    for kind, weights in elsewhere(ON_TWO_DEVICES).items():
        for ours, theirs in zip(weights, taped[kind], strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-6, rtol=0)


def test_turns_on_jax(taped):
    pytest.importorskip("jax")
    code = f"import json; from tests.training.fitting.test_turns import OPTIMIZERS, fitted; {TRAIN}"
    for kind, weights in elsewhere(code, KERAS_BACKEND="jax").items():
        for ours, theirs in zip(weights, taped[kind], strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-5, rtol=0)


def state(model: keras.Model) -> list[np.ndarray]:
    return [variable.numpy() for variable in [*model.variables, *model.optimizer.variables]]


def trained(model: keras.Model, first: int, epochs: int, folder: Path) -> list[np.ndarray]:
    """Train epochs of two steps, from epoch `first` on; all the state."""
    model.fit(
        pictures_and_latents(), batch_size=BATCH, initial_epoch=first, epochs=epochs, shuffle=False, verbose=0,
        callbacks=[Backup(folder)],
    )  # fmt: skip
    return state(model)


def test_a_run_resumes_in_the_middle_of_a_round(tmp_path):
    epochs = 4  # eight steps: a round of six and a part of the next
    whole = trained(gan("adam"), 0, 7, tmp_path / "whole")
    trained(gan("adam"), 0, epochs, tmp_path / "resumed")
    model = gan("adam")
    assert restore(model, tmp_path / "resumed") == epochs
    resumed = trained(model, epochs, 7, tmp_path / "resumed")
    assert all(np.array_equal(*pair) for pair in zip(whole, resumed, strict=True))


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_a_loaded_model_goes_on_the_same(tmp_path, kind):
    model = gan(kind)
    trained(model, 0, 2, tmp_path)
    model.save(tmp_path / "gan.keras")
    copy = keras.saving.load_model(tmp_path / "gan.keras")
    for weight in copy.critic.trainable_weights:
        weight.constraint = Clip(0.3)
    assert all(np.array_equal(*pair) for pair in zip(state(model), state(copy), strict=True))
    assert all(
        np.array_equal(*pair) for pair in zip(trained(model, 2, 7, tmp_path), trained(copy, 2, 7, tmp_path), strict=True)
    )


def test_turns_are_part_of_the_configuration():
    players = {
        "generator": TurnAdam(0.1, turns=WGAN, player="generator"),
        "critic": TurnRMSprop(turns=WGAN, player="critic"),
    }
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(PlayerMap(players)))
    assert {name: (type(part), part.turns, part.player) for name, part in copy.players.items()} == {
        "generator": (TurnAdam, WGAN, "generator"),
        "critic": (TurnRMSprop, WGAN, "critic"),
    }
