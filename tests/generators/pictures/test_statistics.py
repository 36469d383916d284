"""What simple predictions cost: counted cell by cell, and of music whose entropy is known."""

from __future__ import annotations

import numpy as np
import pytest

from generators.pictures.statistics import markov_nll


def after_one_another(pictures: np.ndarray, counted: np.ndarray) -> float:
    """Bits a pixel by counting pairs of cells one at a time."""

    def pairs(images):
        for (number, row, column), on in np.ndenumerate(images[..., 0] > 127):
            yield row, bool(column and images[number, row, column - 1, 0] > 127), bool(on)

    seen = list(pairs(counted))
    bits = []
    for row, before, on in pairs(pictures):
        here = [pair[2] for pair in seen if pair[:2] == (row, before)]
        share = np.clip(np.mean(here) if here else 0.0, 1e-6, 1 - 1e-6)
        bits.append(-np.log2(share if on else 1 - share))
    return float(np.mean(bits))


def test_the_pixel_before_in_the_row_predicts():
    images = (255 * (np.random.default_rng(0).random((9, 4, 5, 1)) < [[[0.2]], [[0.5]], [[0.8]], [[0.0]]])).astype(np.uint8)
    counted, judged = np.arange(6), np.arange(6, 9)
    expected = after_one_another(images[judged], images[counted])
    assert markov_nll(images, counted, judged) == pytest.approx(expected, rel=1e-6)


def test_rows_that_turn_with_a_known_probability_cost_its_entropy():
    """A cell differs from the one before it with probability 0.1: 0.469 bits; one probability a row would cost 1."""
    turns = np.random.default_rng(0).random((200, 8, 64, 1)) < 0.1
    images = (255 * (np.cumsum(turns, axis=2) % 2)).astype(np.uint8)
    entropy = -0.1 * np.log2(0.1) - 0.9 * np.log2(0.9)
    assert markov_nll(images, np.arange(100), np.arange(100, 200)) == pytest.approx(entropy, abs=0.01)


def test_grey_pixels_cost_what_their_draws_would():
    grey = np.full((2, 1, 2, 1), 51, np.uint8)  # 0.2 each: off or on whatever was before
    assert markov_nll(grey, np.arange(2), np.arange(2)) == pytest.approx(-0.2 * np.log2(0.2) - 0.8 * np.log2(0.8), abs=1e-6)
