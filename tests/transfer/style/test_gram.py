import numpy as np
import pytest

from transfer.style.gram import channel_products, style_distance


def random_maps(width: int, seed: int, channels: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).random((1, 7, width, channels), np.float32)


def test_style_distance_is_the_papers_formula():
    ours, theirs = random_maps(9, 1), random_maps(9, 2)
    n_h, n_w, n_c = ours.shape[1:]
    grams = [np.einsum("hwi,hwj->ij", maps[0], maps[0]) for maps in (ours, theirs)]
    expected = np.sum((grams[0] - grams[1]) ** 2) / (2 * n_h * n_w * n_c) ** 2
    found = style_distance(channel_products(ours), channel_products(theirs))
    assert float(found) == pytest.approx(expected, rel=1e-4)


def test_the_statistic_does_not_know_how_long_the_sound_is():
    maps = random_maps(8, 3)
    twice = np.concatenate([maps, maps], axis=2)
    np.testing.assert_allclose(channel_products(twice), channel_products(maps), rtol=1e-5)


def test_padding_is_left_out():
    maps = random_maps(8, 4)
    padded = np.concatenate([maps[:, :, :6], np.full((1, 7, 2, 5), 9.0, np.float32)], axis=2)
    np.testing.assert_allclose(channel_products(padded, 0.75), channel_products(maps[:, :, :6]), rtol=1e-5)


def test_one_column_always_counts():
    maps = random_maps(8, 5)
    np.testing.assert_allclose(channel_products(maps, 0.001), channel_products(maps[:, :, :1]), rtol=1e-5)
