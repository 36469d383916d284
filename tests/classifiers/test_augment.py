"""SpecAugment hides bands in training and nothing otherwise."""

import numpy as np

from classifiers.augment import SpecAugment

PICTURE = np.ones((16, 40, 50, 1), np.float32)


def test_nothing_happens_outside_training():
    np.testing.assert_array_equal(SpecAugment(3, seed=0)(PICTURE), PICTURE)


def test_bands_are_whole_bounded_and_differ_between_pictures():
    hidden = np.array(SpecAugment(1, 0.25, 0.2, seed=0)(PICTURE, training=True))[..., 0] == 0
    rows, columns = hidden.all(axis=2), hidden.all(axis=1)
    np.testing.assert_array_equal(hidden, rows[:, :, None] | columns[:, None, :])
    assert rows.sum(axis=1).max() <= 10
    assert columns.sum(axis=1).max() <= 10
    assert rows.any()
    assert columns.any()
    assert len({row.tobytes() for row in rows}) > 8
    assert all(np.abs(np.diff(row.astype(int))).sum() <= 2 for row in rows)


def test_config_comes_back():
    layer = SpecAugment(3, 0.3, 0.4, seed=7)
    assert SpecAugment.from_config(layer.get_config()).get_config() == layer.get_config()
