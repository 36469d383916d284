"""model.keras: which epoch's model it is, after a resume too."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from training.cli import InputError
from training.fitting.best import Best, averaged
from training.fitting.history import History

LOSSES = [3.0, 1.0, 2.0, float("nan"), 0.5, 0.7]


def tiny(**optimizer) -> keras.Model:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(0.1, **optimizer), loss="mse")
    return model


def run(folder, model, epochs, monitor, mode="min", losses=LOSSES) -> list[int]:
    """Play epochs whose weight is their number; the epochs after which `model.keras` was written."""
    callbacks = [History(folder / "history.csv"), Best(folder / "model.keras", monitor, mode)]
    written = []
    for callback in callbacks:
        callback.set_model(model)
        callback.on_train_begin()
    for epoch in epochs:
        model.set_weights([np.full((1, 1), epoch, np.float32)])
        before = (folder / "model.keras").stat().st_ino if (folder / "model.keras").exists() else None
        for callback in callbacks:
            callback.on_epoch_begin(epoch)
        for callback in callbacks:
            callback.on_epoch_end(epoch, {"loss": losses[epoch], "val_loss": losses[epoch]})
        if (folder / "model.keras").exists() and (folder / "model.keras").stat().st_ino != before:
            written.append(epoch)
    return written


def saved_epoch(folder) -> float:
    return float(keras.saving.load_model(folder / "model.keras", compile=False).get_weights()[0][0, 0])


@pytest.mark.parametrize(
    ("monitor", "mode", "epochs"), [("val_loss", "min", [0, 1, 4]), ("val_loss", "max", [0]), (None, "min", [0, 1, 2, 4, 5])]
)
def test_the_best_epochs_are_saved(tmp_path, monitor, mode, epochs):
    assert run(tmp_path, tiny(), range(6), monitor, mode) == epochs
    assert saved_epoch(tmp_path) == epochs[-1]


@pytest.mark.parametrize("cut", [1, 2, 3, 5])
def test_a_resumed_run_saves_the_same_epochs(tmp_path, cut):
    # the killed run was one epoch ahead of its backup, so epoch `cut` is played twice
    run(tmp_path, tiny(), range(cut + 1), "val_loss")
    run(tmp_path, tiny(), range(cut, 6), "val_loss")
    assert saved_epoch(tmp_path) == 4
    assert run(tmp_path, tiny(), range(4, 6), "val_loss") == [4], "better than all before, though equal to what is saved"


def test_a_lost_model_is_saved_again(tmp_path):
    run(tmp_path, tiny(), range(2), "val_loss")
    (tmp_path / "model.keras").unlink()
    assert run(tmp_path, tiny(), range(2, 3), "val_loss") == [2]


def test_a_value_that_is_not_measured_is_told(tmp_path):
    with pytest.raises(InputError, match=r"val_accuracy.*loss, val_loss"):
        run(tmp_path, tiny(), range(1), "val_accuracy")


def test_averages_are_saved_and_the_exact_weights_given_back():
    model = tiny(use_ema=True, ema_momentum=0.9)
    x = np.ones((4, 1), np.float32)
    model.fit(x, 3 * x, epochs=2, verbose=0)
    model.set_weights([np.full((1, 1), 7.1, np.float32)])
    with averaged(model):
        inside = float(model.get_weights()[0][0, 0])
    assert inside < 3
    assert model.get_weights()[0][0, 0] == np.float32(7.1)


def test_without_averages_nothing_changes():
    model = tiny()
    model.set_weights([np.full((1, 1), 7.1, np.float32)])
    with averaged(model):
        assert model.get_weights()[0][0, 0] == np.float32(7.1)


def test_a_failed_save_keeps_the_old_model(tmp_path, monkeypatch):
    run(tmp_path, tiny(), range(1), None)
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("disk gone")))
    with pytest.raises(OSError, match="disk gone"):
        run(tmp_path, tiny(), range(1, 2), None)
    monkeypatch.undo()
    assert saved_epoch(tmp_path) == 0
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
