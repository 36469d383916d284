"""Moving averages: given for a while, and the exact weights back."""

from __future__ import annotations

import keras
import numpy as np

from training.fitting.averages import averaged


def tiny(**optimizer) -> keras.Model:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(0.1, **optimizer), loss="mse")
    return model


def test_averages_are_given_and_the_exact_weights_back():
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
