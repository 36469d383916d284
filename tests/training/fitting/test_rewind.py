"""After a spike the best weights come back, and only then."""

import csv

import keras
import numpy as np
import pytest

from training.fitting.rewind import Rewind


@pytest.fixture
def run(tmp_path):
    """A run whose best loss was 1, with weights of 7 in its saved model."""
    with (tmp_path / "history.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["epoch", "val_loss"], [0, 3.0], [1, 1.0], [2, 1.4]])
    saved = network()
    saved.set_weights([np.full((2, 1), 7.0)])
    saved.save(tmp_path / "model.keras")
    return tmp_path


def network():
    numbers = keras.Input((2,))
    return keras.Model(numbers, keras.layers.Dense(1, use_bias=False)(numbers))


@pytest.mark.parametrize(("loss", "back"), [(1.9, False), (2.1, True)])
def test_back_after_a_spike(run, loss, back, capsys):
    callback = Rewind(run, "val_loss", 2.0)
    model = network()
    before = model.get_weights()[0]
    callback.set_model(model)
    callback.on_epoch_end(3, {"val_loss": loss})
    np.testing.assert_array_equal(model.get_weights()[0], np.full((2, 1), 7.0) if back else before)
    assert ("back to the best weights" in capsys.readouterr().err) == back


def test_a_resumed_run_does_not_look_at_epochs_to_come(run):
    callback = Rewind(run, "val_loss", 2.0)
    model = network()
    before = model.get_weights()[0]
    callback.set_model(model)
    callback.on_epoch_end(1, {"val_loss": 5.0})  # the best before epoch 1 was 3
    np.testing.assert_array_equal(model.get_weights()[0], before)
