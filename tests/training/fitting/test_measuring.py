"""What models measure in `call` reaches the history: whatever was called between, from every replica, on JAX too."""

import importlib.util
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import keras
import numpy as np
import pytest
from keras import ops

from training.fitting.measuring import Measuring

ITEMS = np.arange(12, dtype=np.float32).reshape(6, 2)
WEIGHTS = (ITEMS[:, 0] > 3).astype(np.float32)


class Spread(Measuring):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1)
        self.largest = keras.metrics.Mean(name="largest")
        self.weighted = keras.metrics.Mean(name="weighted")

    def call(self, x, training=False):
        self.add_loss(ops.mean(self.dense(x) ** 2))
        self.measure(self.largest, ops.max(x))
        self.measure(self.weighted, x[:, 1], ops.cast(x[:, 0] > 3, "float32"))
        return x


def compiled():
    model = Spread()
    model.compile("sgd")
    return model


def expect(logs, prefix=""):
    assert logs[f"{prefix}largest"] == pytest.approx([(7 + 11) / 2])  # of batches of four and two
    assert logs[f"{prefix}weighted"] == pytest.approx([np.average(ITEMS[:, 1], weights=WEIGHTS)])


def test_training_validation_and_what_is_called_between():
    model = compiled()
    for _ in range(2):
        history = model.fit(ITEMS, batch_size=4, shuffle=False, validation_data=(ITEMS,), validation_batch_size=4, verbose=0)
        expect(history.history)
        expect(history.history, "val_")
        model(100 + ITEMS)
        model.predict(100 + ITEMS, verbose=0)


def test_threads_do_not_meet():
    model, both = compiled(), Barrier(2)
    model(ITEMS)

    def measured(value):
        model.measure(model.largest, value)
        both.wait(10)
        return model._measured.values["largest"][1]

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(measured, [1.0, 2.0])) == [1.0, 2.0]


def test_on_jax():
    if importlib.util.find_spec("jax") is None:
        pytest.skip("could not import 'jax'")
    name = test_training_validation_and_what_is_called_between.__name__
    done = subprocess.run(
        [sys.executable, "-c", f"import tests.training.fitting.test_measuring as tests; tests.{name}()"],
        env=os.environ | {"KERAS_BACKEND": "jax"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
