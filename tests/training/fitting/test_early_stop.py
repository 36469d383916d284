"""Training that waits in vain ends, at the same epoch however often it was interrupted."""

import itertools
import math

import keras
import numpy as np
import pytest

from tests.training.fitting.test_fit import batches, build
from training.fitting.callbacks import History
from training.fitting.early_stop import EarlyStop
from training.fitting.fit import fit
from training.fitting.samples import Sample
from training.fitting.state_file import NAME, read_state
from training.options import MIN_PATIENCE, TrainOptions, patience_of
from training.runs.history import read_history

FIGURES = [3.0, 2.0, 1.0, 1.5, 1.0, math.nan, 1.2, 0.9, 1.1, 1.1, 1.1, 1.1]
"""The best one is the third; no better one comes until the eighth."""


class Figures(keras.callbacks.Callback):
    """A watch that adds `figure` to the logs."""

    def on_epoch_end(self, epoch, logs=None):
        logs["figure"] = FIGURES[epoch]


def trained(run, epochs=12, patience=3):
    """How many epochs a run has after the command was given (again)."""
    sampler = {"sampler": lambda model: [Sample("grey", "image", np.zeros((1, 1, 1), np.uint8))], "sample_every": 5}
    fit(build, run, batches(), epochs=epochs, monitor="figure", patience=patience, watch=Figures(), **sampler)
    return len(read_history(run / "history.csv"))


def test_it_ends_where_an_uninterrupted_run_ends(tmp_path, capsys):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert trained(whole) == 6
    assert "figure has not got better for 3 epochs" in capsys.readouterr().err
    assert sorted(path.name for path in (whole / "samples").iterdir()) == ["grey-0005.png", "grey-0006.png"]
    assert [trained(cut, epochs) for epochs in (1, 4, len(FIGURES))] == [1, 4, 6]
    (_, expected), (_, received) = (read_state(run / "backup" / NAME) for run in (whole, cut))
    assert all(np.array_equal(*pair) for pair in zip(expected, received, strict=True))
    assert (cut / "history.csv").read_bytes() == (whole / "history.csv").read_bytes()
    before = (whole / "backup" / NAME).read_bytes()
    assert trained(whole) == 6
    assert "has its 6 epochs" in capsys.readouterr().err
    assert (whole / "backup" / NAME).read_bytes() == before
    assert trained(whole, patience=5) == len(FIGURES), "more patience goes on, and meets a better epoch"


@pytest.mark.parametrize("seed", range(20))
def test_the_epoch_is_that_of_the_definition(tmp_path, seed):
    """The first one that ends `patience` epochs in a row which are not smaller than all before them."""
    rng = np.random.default_rng(seed)
    values = np.where(rng.random(30) < 0.1, np.nan, rng.integers(0, 9, 30)).tolist()
    patience, cut = int(rng.integers(1, 8)), int(rng.integers(0, 30))
    better = [math.isfinite(now) and not any(before <= now for before in values[:epoch]) for epoch, now in enumerate(values)]
    waits = itertools.accumulate(better, lambda wait, good: 0 if good else wait + 1, initial=0)
    expected = next((epoch for epoch, wait in enumerate(waits) if wait >= patience), None)

    history = History(tmp_path / "history.csv")
    stop = EarlyStop(history.path, "figure", patience)
    for epoch, value in enumerate(values):
        if epoch == cut:  # another process goes on
            history, stop = History(history.path), EarlyStop(history.path, "figure", patience)
            assert stop.is_due(epoch) == (expected is not None and epoch >= expected)
        model = keras.Model()
        model.stop_training = False
        stop.set_model(model)
        for callback in (stop, history):
            callback.on_epoch_begin(epoch)
            callback.on_epoch_end(epoch, {"figure": value})
        if model.stop_training:
            assert epoch + 1 == expected
            return
    assert expected is None


def test_patience_is_a_share_of_all_epochs():
    assert patience_of(0.25, 120) == 30
    assert patience_of(0.1, 30 * 10) == 30, "not one more by rounding"
    assert patience_of(0.25, 20) == MIN_PATIENCE
    assert patience_of(1.0, 5) == 5
    assert TrainOptions().early_stop == 0.25
