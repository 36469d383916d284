"""Copies are found, also transposed ones, and others are not."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from generators.pictures.evaluation.copies import nearest
from midi.codecs import codec_named

ROLL = codec_named("roll64")


def pictures(count, seed):
    on = np.random.default_rng(seed).random((count, 64, 64, 1)) < 0.05
    on[:, :8] = on[:, -8:] = False
    return (on * 255).astype(np.uint8)


@pytest.mark.parametrize("block", [7, 100])
def test_copies_transposed_or_not_are_found(block):
    data = pictures(40, 0)
    samples = np.stack([data[7], np.roll(data[30], 5, axis=0), np.roll(data[2], -8, axis=0)])
    found = nearest(samples, [data[place : place + block] for place in range(0, 40, block)], ROLL)
    assert found.index.tolist() == [7, 30, 2]
    np.testing.assert_array_equal(found.distance, 0)
    assert found.copies == found.record()["exact"] == 1


def test_distance_is_jaccards_of_the_best_alignment():
    data, others = pictures(30, 0), pictures(4, 1)
    others[2:, :40] = 0  # other rows in use
    others[1, 8:16] = 0
    found = nearest(others, [data], ROLL)
    expected = np.min(
        [cdist(one, two, "jaccard") for one, two in zip(alignments(others), alignments(data), strict=True)], axis=0
    )
    np.testing.assert_allclose(found.distance, expected.min(axis=1), atol=1e-6)
    np.testing.assert_array_equal(found.index, expected.argmin(axis=1))
    assert found.copies == 0
    assert found.closest(2).tolist() == np.argsort(found.distance)[:2].tolist()


def alignments(images):
    """Flat pictures as they are, pushed to the first row, pushed to the last one: picture by picture."""
    on = images[..., 0] > 0
    used = [np.flatnonzero(picture.any(axis=1)) for picture in on]
    up = [np.roll(picture, -rows[0], axis=0) for picture, rows in zip(on, used, strict=True)]
    down = [np.roll(picture, 63 - rows[-1], axis=0) for picture, rows in zip(on, used, strict=True)]
    return [np.stack(moved).reshape(len(on), -1) for moved in (list(on), up, down)]


def test_a_near_copy_counts_and_a_half_does_not():
    data = pictures(10, 0)
    near, half = data[3].copy(), data[4].copy()
    near[12, :2] = 255
    half[:, :32] = 0
    found = nearest(np.stack([near, half]), [data], ROLL)
    assert found.index.tolist() == [3, 4]
    assert found.copies == 0.5
    assert found.record()["exact"] == 0


def test_black_pictures_are_equal_to_each_other_alone():
    black = np.zeros((2, 64, 64, 1), np.uint8)
    assert nearest(black, [black], ROLL).distance.tolist() == [0, 0]
    assert nearest(black, [pictures(3, 0)], ROLL).distance.tolist() == [1, 1]
