"""Graphs of a model: what it gives itself, with the weights it has now, without being traced again."""

import keras
import numpy as np

from generators.compiled import compiled


def test_it_gives_what_the_model_gives_and_follows_its_weights():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    traced = []

    def twice(x, add):
        traced.append(1)
        return 2 * model(x) + add

    graph, x = compiled(twice, model), np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    for _ in range(3):
        model.set_weights([weight + 1 for weight in model.get_weights()])
        kernel, bias = model.get_weights()
        np.testing.assert_allclose(graph(x, np.float32(0.5)), 2 * (x @ kernel + bias) + 0.5, rtol=1e-5)
    assert len(traced) == 1
