"""history.csv: exact numbers, and what a resume drops."""

from __future__ import annotations

import csv
import math

import pytest

from training.cli import InputError
from training.fitting.history import History, read_history

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
