"""Copies are found, also transposed ones, and others are not."""

import numpy as np

from generators.copies import nearest
from midi.codecs import codec_named

ROLL = codec_named("roll64")


def pictures(count, seed):
    on = np.random.default_rng(seed).random((count, 64, 64, 1)) < 0.05
    on[:, :8] = on[:, -8:] = False
    return (on * 255).astype(np.uint8)


def test_copies_transposed_or_not_are_found():
    data = pictures(40, 0)
    samples = np.stack([data[7], np.roll(data[30], 5, axis=0), np.roll(data[2], -8, axis=0)])
    found = nearest(samples, data, ROLL)
    assert found.index.tolist() == [7, 30, 2]
    np.testing.assert_allclose(found.distance, 0, atol=1e-6)
    assert found.copies == 1


def test_distance_is_jaccards():
    data, other = pictures(5, 0), pictures(1, 1)
    both, either = (data > 0) & (other > 0), (data > 0) | (other > 0)
    expected = 1 - both.sum(axis=(1, 2, 3)) / either.sum(axis=(1, 2, 3))
    found = nearest(other, data, ROLL)
    assert found.distance[0] <= expected.min() + 1e-6
    assert found.copies == 0


def test_black_pictures_are_equal():
    black = np.zeros((2, 64, 64, 1), np.uint8)
    assert nearest(black, black, ROLL).distance.tolist() == [0, 0]
