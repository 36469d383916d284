"""Waveforms are rolled and mixed with their labels; SpecAugment hides bands in training and nothing otherwise."""

import numpy as np

from classifiers.augment import Mixing, SpecAugment

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


def test_nothing_is_mixed_by_default():
    clips, targets = np.ones((2, 8), np.float32), np.eye(2, dtype=np.float32)
    mixed, labels = Mixing()(clips, targets, np.random.default_rng(0))
    np.testing.assert_array_equal(mixed, clips)
    np.testing.assert_array_equal(labels, targets)


def test_shifts_roll_and_mixup_mixes_equally_loud_clips_and_their_labels():
    generator = np.random.default_rng(0)
    clips = generator.standard_normal((6, 100)).astype(np.float32) * np.array([[0.001], [1], [1], [1], [1], [1]], np.float32)
    targets = np.eye(6, dtype=np.float32)
    rolled, _ = Mixing(time_shift=0.5)(clips, targets, np.random.default_rng(1))
    np.testing.assert_allclose(np.sort(rolled), np.sort(clips))
    assert any(not np.array_equal(a, b) for a, b in zip(rolled, clips, strict=True))
    mixed, labels = Mixing(mixup=1.0)(clips.copy(), targets, np.random.default_rng(1))
    np.testing.assert_allclose(labels.sum(axis=1), 1, atol=1e-6)
    unit = clips / np.abs(clips).max(axis=1, keepdims=True)
    np.testing.assert_allclose(mixed, labels @ unit, atol=1e-5)
