"""Activations against what non-negative factorisation is known to give, and each rule by itself."""

import numpy as np
import pytest

from transfer.style.mosaic.activations import DIAGONAL, POLYPHONY, REPETITION, activations

ROWS, GRAINS = 40, 60


def grains(seed: int = 0) -> np.ndarray:
    """Sparse, so that no sum of others is near one of them."""
    random = np.random.default_rng(seed)
    return (random.random((ROWS, GRAINS)) * (random.random((ROWS, GRAINS)) < 0.2) + 1e-3).astype(np.float32)


def found(magnitude: np.ndarray, dictionary: np.ndarray, iterations: int = 30, follows=None, watch=lambda loss: False):
    follows = np.zeros(dictionary.shape[1] - 1, bool) if follows is None else follows
    return activations(magnitude, dictionary, follows, iterations, watch)


def test_a_column_is_made_of_the_grain_that_it_is():
    order = np.random.default_rng(1).permutation(GRAINS)[:20]
    activity = found(2 * grains()[:, order], grains())
    np.testing.assert_array_equal(activity.argmax(axis=0), order)
    np.testing.assert_allclose(grains() @ activity, 2 * grains()[:, order], atol=0.1)


def test_the_divergence_falls_and_is_kullback_and_leiblers():
    magnitude, seen = np.random.default_rng(1).random((ROWS, 30)).astype(np.float32), []
    activity = found(magnitude, grains(), 12, watch=lambda loss: seen.append(loss))
    made = grains() @ activity
    expected = np.sum(magnitude * np.log(magnitude / made) - magnitude + made) / magnitude.sum()
    assert len(seen) == 12
    assert seen[-1] < 0.7 * seen[0]
    assert expected < 1.05 * seen[-1]


def test_no_more_than_so_many_grains_sound_at_once_and_none_begins_again_at_once():
    activity = found(np.random.default_rng(1).random((ROWS, 30)).astype(np.float32), grains())
    sounding = activity > 1e-6 * activity.max()
    assert sounding.sum(axis=0).max() <= POLYPHONY
    for lag in range(1, REPETITION + 1):
        assert not (sounding[:, lag:] & sounding[:, :-lag]).any()
        assert not (sounding[lag:] & sounding[:-lag]).any()


def test_grains_that_follow_each_other_are_kept_together():
    """Two grains alike: the one that was played after the grain before it is taken, unless there is a cut between them."""
    dictionary = grains()
    dictionary[:, 41] = dictionary[:, 11]
    magnitude = dictionary[:, [10, 11, 12]]
    together = found(magnitude, dictionary, follows=np.ones(GRAINS - 1, bool))[[11, 41], 1]
    assert together[0] > 2 * together[1]
    apart = found(magnitude, dictionary)[[11, 41], 1]
    assert apart[0] == pytest.approx(apart[1], rel=1e-3)
    assert DIAGONAL >= 1


def test_silence_has_no_grains_and_silent_grains_are_not_taken():
    dictionary = grains()
    dictionary[:, 5] = 0
    magnitude = grains()[:, :20].copy()
    magnitude[:, 3:8] = 0
    activity = found(magnitude, dictionary)
    assert np.isfinite(activity).all()
    assert not activity[:, 3:8].any()
    assert not activity[5].any()
    assert not found(np.zeros_like(magnitude), dictionary).any()


def test_few_grains_and_one_column():
    assert found(grains()[:, :1], grains()[:, :1]) == pytest.approx(1, rel=1e-4)


def test_it_ends_when_it_is_told_to():
    seen = []
    found(grains(), grains(), 10, watch=lambda loss: seen.append(loss) or len(seen) == 3)
    assert len(seen) == 3
