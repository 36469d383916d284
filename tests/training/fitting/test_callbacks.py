"""model.keras: which epoch's model it is, after a resume too; history.csv: exact numbers; a return after a spike."""

from __future__ import annotations

import csv
import math

import keras
import numpy as np
import pytest

from training.errors import InputError
from training.fitting.callbacks import Best, History, Rewind
from training.runs.history import read_history

LOSSES = [3.0, 1.0, 2.0, float("nan"), 0.5, 0.7]


def tiny() -> keras.Model:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile("sgd", loss="mse")
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


def test_a_failed_save_keeps_the_old_model(tmp_path, monkeypatch):
    run(tmp_path, tiny(), range(1), None)
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("disk gone")))
    with pytest.raises(OSError, match="disk gone"):
        run(tmp_path, tiny(), range(1, 2), None)
    monkeypatch.undo()
    assert saved_epoch(tmp_path) == 0
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


LOGS = [{"loss": 0.1 + 0.2, "accuracy": 1 / 3}, {"loss": 1e-30, "accuracy": 1.0}, {"loss": math.pi, "accuracy": 0.0}]


def trained(path, epochs, logs=LOGS) -> str:
    """The text of `path` after a run over the range `epochs`."""
    history = History(path)
    history.on_train_begin()
    for epoch in epochs:
        history.on_epoch_begin(epoch)
        history.on_epoch_end(epoch, logs[epoch])
    return path.read_text()


def test_numbers_come_back_exactly(tmp_path):
    text = trained(tmp_path / "history.csv", range(3))
    rows = list(csv.DictReader(text.splitlines()))
    assert list(rows[0]) == ["epoch", "loss", "accuracy"]
    assert [float(row["loss"]) for row in rows] == [logs["loss"] for logs in LOGS]
    assert read_history(tmp_path / "history.csv") == [{"epoch": epoch, **logs} for epoch, logs in enumerate(LOGS)]


@pytest.mark.parametrize(("first", "resumed"), [(range(2), range(2, 3)), (range(3), range(1, 3)), (range(2), range(3))])
def test_a_resumed_run_writes_the_same_file(tmp_path, first, resumed):
    whole = trained(tmp_path / "whole.csv", range(3))
    trained(tmp_path / "resumed.csv", first)
    assert trained(tmp_path / "resumed.csv", resumed) == whole


def test_one_callback_serves_two_fits(tmp_path):
    path = tmp_path / "history.csv"
    history = History(path)
    for _ in range(2):
        history.on_train_begin()
        history.on_epoch_begin(0)
        history.on_epoch_end(0, LOGS[0])
    assert len(read_history(path)) == 1


def test_a_log_of_some_epochs_only_is_a_column(tmp_path):
    trained(tmp_path / "history.csv", range(2), [{"loss": 1.0}, {"loss": 2.0, "val_loss": 3.0}])
    assert read_history(tmp_path / "history.csv") == [{"epoch": 0, "loss": 1}, {"epoch": 1, "loss": 2, "val_loss": 3}]


def test_not_a_number_is_written_and_read(tmp_path):
    trained(tmp_path / "history.csv", range(1), [{"loss": float("nan")}])
    assert math.isnan(read_history(tmp_path / "history.csv")[0]["loss"])


def test_only_the_rows_before_are_read(tmp_path):
    trained(tmp_path / "history.csv", range(3))
    assert [row["epoch"] for row in read_history(tmp_path / "history.csv", before=2)] == [0, 1]
    assert read_history(tmp_path / "missing.csv") == []


@pytest.mark.parametrize("text", ["loss\n1\n", "epoch,loss\n0,much\n", "epoch,loss\n0,1,2\n", "\x00\x01"])
def test_another_file_is_refused(tmp_path, text):
    (tmp_path / "history.csv").write_text(text)
    with pytest.raises(InputError, match="not a table of epochs"):
        read_history(tmp_path / "history.csv", before=5)


@pytest.fixture
def spiky(tmp_path):
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
def test_back_after_a_spike(spiky, loss, back, capsys):
    callback = Rewind(spiky, "val_loss", 2.0)
    model = network()
    before = model.get_weights()[0]
    callback.set_model(model)
    callback.on_epoch_end(3, {"val_loss": loss})
    np.testing.assert_array_equal(model.get_weights()[0], np.full((2, 1), 7.0) if back else before)
    assert ("back to the best weights" in capsys.readouterr().err) == back


def test_a_resumed_run_does_not_look_at_epochs_to_come(spiky):
    callback = Rewind(spiky, "val_loss", 2.0)
    model = network()
    before = model.get_weights()[0]
    callback.set_model(model)
    callback.on_epoch_end(1, {"val_loss": 5.0})  # the best before epoch 1 was 3
    np.testing.assert_array_equal(model.get_weights()[0], before)
