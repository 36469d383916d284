"""What two workers do together, each a process of its own; `test_workers_fit` starts them and reads what they say.

python -m tests.training.devices.two_workers FOLDER, with TF_CONFIG
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import keras
import numpy as np

from training.corpora.batches import Batches
from training.devices.strategy import ReplicaSeedGenerator, strategy_for
from training.devices.workers import cluster, own_directory
from training.errors import InputError
from training.fitting.fit import fit
from training.runs.history import read_history

ITEMS = np.random.default_rng(0).standard_normal((21, 4)).astype(np.float32)
EPOCHS = 3


class Told(keras.callbacks.Callback):
    """The order in which callbacks are called, and the names in the logs."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list = []

    def __getattribute__(self, name):
        if not name.startswith("on_") or name.startswith("on_batch"):
            return super().__getattribute__(name)
        return lambda *arguments, **logs: self.calls.append((name, arguments[0] if len(arguments) > 1 else None))


def build() -> keras.Model:
    """A batch norm in the middle, a metric, moving averages, weights from a fixed seed."""
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(3, "tanh"), keras.layers.BatchNormalization(), keras.layers.Dense(2, "softmax")]
    model = keras.Sequential([keras.Input((4,)), *layers])
    descent = keras.optimizers.SGD(0.1, clipnorm=0.1, use_ema=True, ema_momentum=0.5)
    model.compile(descent, loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def batches(shuffle: bool) -> Batches:
    """Twenty items in batches of four to learn; thirteen to validate, the last batch of one."""
    targets = np.eye(2, dtype=np.float32)[(ITEMS[:, 0] > 0).astype(int)]
    return Batches(ITEMS, np.arange(20 if shuffle else 13), 4, seed=1, targets=targets, shuffle=shuffle)


def train(run: Path, epochs: int = EPOCHS, watch: keras.callbacks.Callback | None = None, **options) -> keras.Model:
    """The same training on any devices."""
    run.mkdir(parents=True, exist_ok=True)
    return fit(
        build, run, batches(True), batches(False), epochs=epochs, monitor="val_loss", watch=watch,
        class_weight={0: 1.0, 1: 3.0}, **options,
    )  # fmt: skip


def outcome(run: Path) -> dict:
    """Weights and history; what callbacks heard."""
    told = Told()
    model = train(run, watch=told)
    return {
        "weights": [weight.tolist() for weight in model.get_weights()],
        "history": read_history(run / "history.csv"),
        "calls": told.calls,
    }


def noise(strategy) -> list:
    """What a layer draws on this worker."""
    import tensorflow as tf

    with strategy.scope():
        generator = ReplicaSeedGenerator(7)
    drawn = tf.function(lambda: strategy.run(lambda: keras.random.normal((3,), seed=generator)))()
    return strategy.experimental_local_results(drawn)[0].numpy().tolist()


def keras_own_fit(strategy) -> str:
    """How Keras' `fit` fails on several workers; empty once it does not."""
    with strategy.scope():
        model = build()
    try:
        model.fit(ITEMS[:4], np.eye(2, dtype=np.float32)[[0, 1, 0, 1]], batch_size=4, verbose=0)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def refusal(call) -> str:
    """The line that `call` ends with."""
    try:
        call()
    except InputError as error:
        return str(error)
    return ""


class Killed(keras.callbacks.Callback):
    """The second worker is killed in the middle of the second epoch that it sees."""

    def on_epoch_begin(self, epoch: int, logs=None) -> None:
        if epoch == EPOCHS + 1 and cluster().index == 1:
            os.kill(os.getpid(), signal.SIGKILL)


def main(folder: Path) -> None:
    """Everything, one after the other; a JSON line on stdout."""
    run, index = own_directory(folder), cluster().index
    found = {"run": str(run)} | outcome(run)
    strategy = strategy_for("1")
    found["noise"], found["fit"] = noise(strategy), keras_own_fit(strategy)
    found["other options"] = refusal(lambda: train(own_directory(folder / "other"), seed=index))
    if index == 1:
        Path(run, "backup", "state.npz").unlink(missing_ok=True)  # what counts is the chief's
        Path(run, "history.csv").unlink()
        print(json.dumps(found), flush=True)
    found["killed"] = refusal(lambda: train(run, EPOCHS + 9, watch=Killed()))
    found["kept"] = [row["epoch"] for row in read_history(run / "history.csv")]
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
