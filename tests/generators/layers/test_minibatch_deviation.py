"""The deviation in groups of pictures against NumPy, whatever the batch."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from generators.layers.minibatch_deviation import MinibatchDeviation


def normal(*shape: int) -> np.ndarray:
    """Unit normal numbers."""
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def test_groups_of_pictures_that_follow_each_other_are_compared():
    x, layer = normal(8, 3, 5, 2), MinibatchDeviation()
    made = np.asarray(layer(x))
    np.testing.assert_array_equal(made[..., :2], x)
    expected = [x[first : first + 4].std(axis=0).mean() for first in (0, 4)]
    np.testing.assert_allclose(made[..., 2], np.repeat(expected, 4)[:, None, None] * np.ones((8, 3, 5)), rtol=1e-5)
    np.testing.assert_array_equal(made, np.concatenate([layer(x[:4]), layer(x[4:])]))  # as two devices find it


@pytest.mark.parametrize(("batch", "group"), [(1, 1), (2, 2), (6, 3), (10, 2), (7, 1), (12, 4)])
def test_batches_that_the_group_does_not_divide_are_compared_by_fewer(batch, group):
    x = normal(batch, 3, 5, 2)
    model = keras.Sequential([keras.Input((3, 5, 2)), MinibatchDeviation()])
    expected = x.reshape(-1, group, 3, 5, 2).std(axis=1).mean(axis=(1, 2, 3))
    for made in (model(x), model.predict(x, batch_size=batch, verbose=0)):
        np.testing.assert_allclose(made[:, 0, 0, 2], np.repeat(expected, group), atol=2e-4)


def test_equal_pictures_do_not_differ():
    made = np.asarray(MinibatchDeviation()(np.repeat(normal(1, 3, 5, 2), 8, axis=0)))
    assert 0 <= made[..., 2].min() <= made[..., 2].max() <= 1.001e-4
