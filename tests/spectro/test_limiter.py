"""Nothing above the ceiling, nothing touched far from it, and blocks leave no trace."""

import numpy as np
import pytest

import spectro.limiter
from spectro.limiter import limit

RATE = 8000


@pytest.fixture
def sound():
    return np.random.default_rng(0).standard_normal((2, 20_000)).astype(np.float32) * 0.3


def test_quiet_sounds_are_left_alone(sound):
    quiet = sound / np.abs(sound).max() * 0.5
    copy = quiet.copy()
    assert limit(copy, RATE, 0.5) == 1.0
    np.testing.assert_array_equal(copy, quiet)


def test_peaks_are_lowered_and_the_rest_is_not(sound):
    sound *= 0.5
    sound[0, 10_000] = 3.0
    limited = sound.copy()
    assert limit(limited, RATE, 0.9) == pytest.approx(0.3, rel=1e-5)
    assert np.abs(limited).max() <= 0.9 + 1e-6
    far = np.abs(np.arange(20_000) - 10_000) > 0.005 * RATE + 1
    np.testing.assert_array_equal(limited[:, far & (np.abs(sound).max(axis=0) < 0.5)],
                                  sound[:, far & (np.abs(sound).max(axis=0) < 0.5)])  # fmt: skip
    ratio = limited / sound
    np.testing.assert_allclose(ratio[0], ratio[1], rtol=1e-5)  # the stereo image stays
    assert np.abs(np.diff(ratio[0])).max() < 0.05  # the gain glides


def test_blocks_equal_one_piece(sound, monkeypatch):
    whole, pieces = sound * 4, sound * 4
    limit(whole, RATE, 0.9)
    monkeypatch.setattr(spectro.limiter, "BLOCK", 777)
    limit(pieces, RATE, 0.9)
    np.testing.assert_allclose(pieces, whole, rtol=1e-6)
