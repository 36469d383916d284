"""Moving averages: given for a while, and the exact weights back; validated as they are saved; too young ones are told."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.training.ten_line_gan import Gan, pictures_and_latents
from training.corpora.batches import Batches
from training.fitting.averages import averaged, tell_short_training
from training.fitting.backup import restore
from training.fitting.callbacks import read_history
from training.fitting.fit import fit
from training.fitting.players import player_optimizer
from training.fitting.state_file import NAME, read_state
from training.fitting.turns import TurnAdam, Turns

ITEMS = np.random.default_rng(0).standard_normal((24, 4)).astype(np.float32)
EPOCHS = 3


def network(**optimizer) -> keras.Model:
    """Dropout, batch norm and Adam: everything that holds state."""
    layers = [keras.layers.Dense(5), keras.layers.BatchNormalization(), keras.layers.Dropout(0.3), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((4,)), *layers])
    model.compile(keras.optimizers.Adam(0.05, **{"use_ema": True, "ema_momentum": 0.8} | optimizer), loss="mse")
    return model


def feed(items: slice, shuffle: bool) -> Batches:
    return Batches(ITEMS, np.arange(24)[items], 4, targets=ITEMS[:, :1], shuffle=shuffle)


TRAINING, VALIDATION = feed(slice(16), True), feed(slice(16, None), False)


def trained(run: Path, epochs: int = EPOCHS, validation: Batches | None = VALIDATION, watch=None) -> keras.Model:
    """A model left with its averages, and `run` with its backup, history and last epoch."""
    return fit(network, run, TRAINING, validation, epochs=epochs, watch=watch)


def same(one: Path, other: Path) -> bool:
    """Whether two runs ended with the same state, to the last bit."""
    pairs = zip(read_state(one / "backup" / NAME)[1], read_state(other / "backup" / NAME)[1], strict=True)
    return all(np.array_equal(*pair) for pair in pairs)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("averages") / "run"
    trained(folder)
    return folder


def players() -> keras.Model:
    """Two players, of which only one has averages."""
    model = Gan()
    model.build()
    sgd = keras.optimizers.SGD
    model.compile(player_optimizer({"generator": sgd(0.02, use_ema=True, ema_momentum=0.9), "critic": sgd(0.05)}, model))
    return model


def test_averages_are_given_and_the_exact_weights_back():
    model = players()
    model.fit(pictures_and_latents(), batch_size=4, verbose=0)
    raw = [weight + np.float32(0.1) for weight in model.get_weights()]
    model.set_weights(raw)
    with averaged(model):
        changed = [not np.array_equal(given, weight) for given, weight in zip(model.get_weights(), raw, strict=True)]
    assert changed == ["generator" in weight.path for weight in model.weights]
    assert all(np.array_equal(*pair) for pair in zip(model.get_weights(), raw, strict=True))


def test_without_averages_nothing_changes():
    model = network(use_ema=False)
    raw = model.get_weights()
    with averaged(model):
        assert all(np.array_equal(*pair) for pair in zip(model.get_weights(), raw, strict=True))


def test_what_is_validated_is_what_is_saved(run):
    saved = keras.saving.load_model(run / "model.keras")
    last = read_history(run / "history.csv")[-1]
    assert saved.evaluate(VALIDATION, verbose=0) == pytest.approx(last["val_loss"], rel=1e-6)
    assert restore(saved, run / "backup") == EPOCHS
    assert saved.evaluate(VALIDATION, verbose=0) != pytest.approx(last["val_loss"], rel=1e-2), "the raw weights' is another"


def test_validation_leaves_the_training_as_it_was(run, tmp_path):
    trained(tmp_path, validation=None)
    assert same(tmp_path, run)


class Ended(keras.callbacks.Callback):
    """Ends the training in the middle of the second epoch's validation, when the averages are the model's weights."""

    def on_epoch_begin(self, epoch: int, logs=None) -> None:
        self.epoch = epoch

    def on_test_batch_end(self, batch: int, logs=None) -> None:
        if self.epoch == 1:
            raise KeyboardInterrupt


def test_a_training_that_ended_while_it_validated_resumes_to_the_same(run, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path, watch=Ended())
    trained(tmp_path)
    assert same(tmp_path, run)
    assert (tmp_path / "history.csv").read_bytes() == (run / "history.csv").read_bytes()


def test_a_training_that_is_done_gives_its_averages_again(run):
    saved = keras.saving.load_model(run / "model.keras").get_weights()
    assert all(np.array_equal(*pair) for pair in zip(trained(run).get_weights(), saved, strict=True))


def test_on_jax():
    if importlib.util.find_spec("jax") is None:
        pytest.skip("could not import 'jax'")
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.fitting.test_averages"],
        env=os.environ | {"KERAS_BACKEND": "jax"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize(
    ("momentum", "epochs", "steps", "told"),
    [
        (0.9995, 2, 100, "after 2 epochs (200 steps) the moving average of the weights (0.9995) will be 91% those of the "
         "first step; expected 100 epochs or more, or an average of at most 0.975"),
        (0.9, 7, 7, "after 7 epochs (49 steps) the moving average of the weights (0.9) will be 1% those of the first step; "
         "expected 8 epochs or more, or an average of at most 0.8979"),
        (0.9, 1, 3, "expected 17 epochs or more, or no average"),
        (0.9, 10, 5, ""),
    ],
)  # fmt: skip
def test_an_average_that_still_holds_its_start_is_told(momentum, epochs, steps, told, capsys):
    tell_short_training(network(ema_momentum=momentum), epochs, steps)
    err = capsys.readouterr().err
    assert told in err
    assert err.count("\n") == bool(told)


def test_models_without_averages_may_train_as_shortly_as_they_like(capsys):
    tell_short_training(network(use_ema=False), 1, 1)
    assert capsys.readouterr().err == ""


def test_the_own_steps_of_a_player_in_turn_count(capsys):
    model = network()
    model.compile(TurnAdam(0.05, turns=Turns(4), player="generator", use_ema=True, ema_momentum=0.9))
    tell_short_training(model, 25, 10)
    assert capsys.readouterr().err == ""
    tell_short_training(model, 20, 10)
    err = capsys.readouterr().err
    assert "after 20 epochs (40 steps) the moving average" in err
    assert "expected 25 epochs or more" in err


def test_fit_tells_it_of_any_player(tmp_path, capsys):
    batches = Batches(np.arange(16), np.arange(16), 8, transform=lambda *_: (pictures_and_latents(), None))
    fit(players, tmp_path, batches, epochs=1)
    assert "expected 25 epochs or more" in capsys.readouterr().err


if __name__ == "__main__":  # on another backend
    with tempfile.TemporaryDirectory() as name:
        whole = Path(name, "whole")
        trained(whole)
        test_averages_are_given_and_the_exact_weights_back()
        test_what_is_validated_is_what_is_saved(whole)
        test_validation_leaves_the_training_as_it_was(whole, Path(name, "blind"))
        test_a_training_that_ended_while_it_validated_resumes_to_the_same(whole, Path(name, "ended"))
