import numpy as np

from transfer.style.overview import MOST, Overview


def test_short_pictures_are_kept_and_channels_give_their_loudest():
    overview = Overview()
    pictures = np.random.default_rng(0).random((2, 5, 30), np.float32)
    for first in range(0, 30, 7):
        overview.add(pictures[..., first : first + 7])
    np.testing.assert_array_equal(overview.picture, pictures.max(axis=0))


def test_long_pictures_are_pooled_by_their_loudest():
    overview = Overview()
    picture = np.random.default_rng(0).random((1, 3, 3 * MOST + 5), np.float32)
    for first in range(0, picture.shape[-1], 631):
        overview.add(picture[..., first : first + 631])
    assert overview.pooled == 4
    padded = np.pad(picture[0], [(0, 0), (0, -picture.shape[-1] % 4)])
    np.testing.assert_array_equal(overview.picture, padded.reshape(3, -1, 4).max(axis=2))
