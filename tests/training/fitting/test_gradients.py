"""Input gradients against the analytic ones, and differentiated once more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from tests.training.ten_line_gan import Gan, train
from training.fitting.gradients import input_gradient

X = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32)


def test_gradient_of_a_cubic():
    np.testing.assert_allclose(input_gradient(lambda x: ops.sum(x**3, axis=-1), X), 3 * X**2, rtol=1e-6)


def test_rows_do_not_see_each_other():
    together = input_gradient(lambda x: ops.tanh(x) @ ops.ones((4, 1)), X)
    alone = np.concatenate([input_gradient(lambda x: ops.tanh(x) @ ops.ones((4, 1)), row[None]) for row in X])
    np.testing.assert_allclose(together, alone, rtol=1e-6)


def test_it_can_be_differentiated_again():
    weight = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        penalty = tf.reduce_sum(input_gradient(lambda x: weight**2 * ops.sum(x**2), X) ** 2)  # sum (2 w^2 x)^2
    np.testing.assert_allclose(tape.gradient(penalty, weight), 16 * 2.0**3 * np.sum(X**2), rtol=1e-5)


def test_no_dependence_is_no_gradient():
    assert np.array_equal(input_gradient(lambda x: ops.ones((3,)), X), np.zeros_like(X))


def test_a_penalised_gan_trains_alike_under_jax():
    pytest.importorskip("jax")
    command = "from tests.training.ten_line_gan import *; print([w.tolist() for w in train(Gan(penalty=1.0))])"
    done = subprocess.run(
        [sys.executable, "-c", command],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
        env={**os.environ, "KERAS_BACKEND": "jax"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    for ours, theirs in zip(train(Gan(penalty=1.0)), json.loads(done.stdout.splitlines()[-1]), strict=True):
        np.testing.assert_allclose(ours, np.array(theirs), atol=1e-5)


def test_other_backends_are_told_so(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "numpy")
    with pytest.raises(RuntimeError, match="TensorFlow and JAX"):
        input_gradient(lambda x: x, X)
