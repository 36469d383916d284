"""Training ends in one line when the loss is lost, and keeps what was good."""

import keras
import numpy as np
import pytest

from training.corpora.batches import Batches
from training.errors import InputError
from training.fitting.callbacks import read_history
from training.fitting.fit import fit

ITEMS = np.random.default_rng(0).standard_normal((32, 4)).astype(np.float32)


def build():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2), keras.layers.Dropout(0.5), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.01), loss="mse")
    return model


def batches(poison=None):
    def transform(inputs, targets, generator):
        return (inputs * np.nan if feed.epoch == poison else inputs), targets

    feed = Batches(ITEMS, np.arange(32), 8, seed=1, targets=ITEMS[:, :1], transform=transform)
    return feed


def test_a_loss_that_is_no_number_keeps_the_last_good_epoch(tmp_path, capsys):
    with pytest.raises(InputError, match="smaller --learning-rate"):
        fit(build, tmp_path, batches(poison=2), epochs=4)
    assert [row["epoch"] for row in read_history(tmp_path / "history.csv")] == [0, 1]
    kept = keras.saving.load_model(tmp_path / "model.keras")
    assert all(np.isfinite(weight).all() for weight in kept.get_weights())
    fit(build, tmp_path, batches(), epochs=4)
    assert "resuming" in capsys.readouterr().err
    assert len(read_history(tmp_path / "history.csv")) == 4


def test_the_best_epoch_is_kept_and_init_is_for_fresh_models_only(tmp_path):
    calls = []
    validation = Batches(ITEMS, np.arange(8), 8, targets=ITEMS[:, :1], shuffle=False)
    for epochs in (2, 3):
        fit(build, tmp_path, batches(), validation, epochs=epochs, monitor="val_loss", init=lambda model: calls.append(1))
    assert calls == [1]
    losses = [row["val_loss"] for row in read_history(tmp_path / "history.csv")]
    best = keras.saving.load_model(tmp_path / "model.keras")
    assert best.evaluate(ITEMS[:8], ITEMS[:8, :1], verbose=0) == pytest.approx(min(losses), rel=1e-5)


def test_another_model_in_the_same_directory_is_refused(tmp_path):
    fit(build, tmp_path, batches(), epochs=1)

    def wider():
        model = keras.Sequential(
            [keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dropout(0.5), keras.layers.Dense(1)]
        )
        model.compile("adam", loss="mse")
        return model

    with pytest.raises(InputError, match="another shape"):
        fit(wider, tmp_path, batches(), epochs=2)


def test_the_step_is_built_once_with_metrics_too(tmp_path):
    """Keras builds the graph of a step again where the first time made variables: those of optimizer and metrics."""
    built = []

    class Counting(keras.Sequential):
        def train_step(self, data):
            built.append(1)
            return super().train_step(data)

    def counting():
        model = Counting([keras.Input((4,)), keras.layers.Dense(1)])
        model.compile("adam", loss="mse", metrics=["mae"])
        return model

    fit(counting, tmp_path, batches(), epochs=2)
    assert built == [1]
    assert [row["epoch"] for row in read_history(tmp_path / "history.csv")] == [0, 1]
