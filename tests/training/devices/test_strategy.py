"""Devices: what `--devices` means, and two logical CPU devices in one subprocess (one strategy per process)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from training.devices.strategy import ReplicaSeedGenerator, replica_index, strategy_for
from training.errors import InputError

TWO_DEVICES = """
import json, sys
import keras
from training.devices.strategy import ReplicaSeedGenerator, strategy_for
strategy = strategy_for("2")
import numpy as np
import tensorflow as tf
from tests.training.ten_line_gan import Gan, train
from training.errors import InputError
from training.devices.replicas import keep_apart

assert strategy.num_replicas_in_sync == 2
assert strategy_for("cpu:2") is strategy, "one strategy per process"
assert strategy_for("1") is None

class Noise(keras.layers.Layer):
    def __init__(self, generator):
        super().__init__()
        self.generator = generator
    def call(self, x):
        return keras.random.normal(keras.ops.shape(x), seed=self.generator)

def draw(generator_class):
    with strategy.scope():
        layer = Noise(generator_class(7))
    step = tf.function(lambda: strategy.run(layer, (tf.zeros((3, 2)),)))
    return [[value.numpy().tolist() for value in strategy.experimental_local_results(step())] for _ in range(2)]

def masks():  # of a dropout layer in a model that trains on two devices
    with strategy.scope():
        model = keras.Sequential([keras.Input((8,)), keras.layers.Dropout(0.5, seed=3)])
        model.compile("sgd")
        keep_apart(model)
    step = tf.function(lambda: strategy.run(lambda: model(tf.ones((1, 8)), training=True)))
    return [value.numpy().tolist() for value in strategy.experimental_local_results(step())]

try:
    strategy_for("cpu:1000")
    refused = ""
except InputError as error:
    refused = str(error)
with strategy.scope():
    weights = train(Gan())
print(json.dumps({"plain": draw(keras.random.SeedGenerator), "folded": draw(ReplicaSeedGenerator), "refused": refused,
                  "masks": masks(), "weights": [weight.tolist() for weight in weights]}))
"""


@pytest.fixture(scope="module")
def two_devices() -> dict:
    """What a process with two logical CPU devices draws and trains."""
    done = subprocess.run([sys.executable, "-c", TWO_DEVICES], capture_output=True, text=True, cwd=Path(__file__).parents[3])
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_replicas_draw_different_noise(two_devices):
    plain, folded = np.array(two_devices["plain"]), np.array(two_devices["folded"])
    assert np.array_equal(plain[:, 0], plain[:, 1]), "a plain generator no longer repeats itself: the helper can go"
    assert not np.any(folded[:, 0] == folded[:, 1])
    assert not np.any(folded[0] == folded[1])
    assert np.array_equal(folded[:, 0], plain[:, 0])


def test_dropout_differs_from_replica_to_replica(two_devices):
    first, second = two_devices["masks"]
    assert first != second
    assert set(first[0]) == set(second[0]) == {0.0, 2.0}


def test_two_devices_train_as_one(two_devices):
    from tests.training.ten_line_gan import Gan, train

    for one, two in zip(train(Gan()), two_devices["weights"], strict=True):
        np.testing.assert_allclose(one, np.array(two), atol=1e-5, rtol=0)


def test_too_many_devices_are_refused(two_devices):
    assert "1000" in two_devices["refused"]


@pytest.mark.parametrize("seed", [0, 123])
def test_one_device_draws_what_a_plain_generator_draws(seed):
    assert replica_index() == 0
    folded, plain = ReplicaSeedGenerator(seed), keras.random.SeedGenerator(seed)
    for _ in range(2):
        drawn, expected = (np.array(keras.random.uniform((4,), seed=generator)) for generator in (folded, plain))
        assert np.array_equal(drawn, expected)


def test_seed_generator_is_serialisable():
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(ReplicaSeedGenerator(5)))
    assert isinstance(copy, ReplicaSeedGenerator)
    assert copy.get_config()["seed"] == 5


def test_one_device_needs_no_strategy():
    assert strategy_for("1") is None


@pytest.mark.parametrize("devices", ["", "0", "-1", "two", "gpu:", "gpu:0,0", "cpu:0", "gpu:1-2", "1.5"])
def test_other_words_are_refused(devices):
    with pytest.raises(InputError, match="expected 1, all, a number of devices"):
        strategy_for(devices)


def test_gpu_that_is_not_there_is_refused():
    with pytest.raises(InputError, match="asks for GPU 99"):
        strategy_for("gpu:99")


def test_logical_devices_come_before_anything_runs():
    keras.ops.zeros((1,))  # TensorFlow runs
    with pytest.raises(InputError, match="only before TensorFlow has run"):
        strategy_for("cpu:2")


def test_another_backend_takes_one_device(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    assert strategy_for("1") is None
    with pytest.raises(InputError, match="only the TensorFlow backend"):
        strategy_for("2")
