"""Draws of one of several states: the nucleus, the coldest draw."""

import numpy as np

from generators.layers.categorical import drawn


def test_the_coldest_draw_is_the_most_probable_and_top_p_keeps_the_nucleus():
    logits = np.log(np.array([0.2, 0.5, 0.3], np.float32))
    logits = np.repeat(logits[None], 1_000, axis=0)
    uniform = np.linspace(0, 0.999, 1_000, dtype=np.float32)

    def fractions(temperature, top_p):
        found = drawn(logits, uniform, np.float32([temperature]), np.float32([top_p]))
        return np.bincount(np.asarray(found), minlength=3) / 1_000

    np.testing.assert_allclose(fractions(1, 1), [0.2, 0.5, 0.3], atol=2e-3)
    np.testing.assert_allclose(fractions(0, 1), [0, 1, 0])
    np.testing.assert_allclose(fractions(1, 0.6), [0, 0.625, 0.375], atol=2e-3)
    np.testing.assert_allclose(fractions(1, 0.4), [0, 1, 0])


def test_without_top_p_everything_is_drawn_from():
    logits = np.random.default_rng(0).normal(size=(500, 7)).astype(np.float32)
    uniform = np.random.default_rng(1).random(500, np.float32)
    temperature = np.float32([0.7])
    np.testing.assert_array_equal(drawn(logits, uniform, temperature), drawn(logits, uniform, temperature, np.float32([1])))
