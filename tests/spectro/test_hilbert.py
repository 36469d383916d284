"""Every sample has its pixel, its neighbour in time beside it, and comes back to the bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectro.hilbert import HilbertSetting, from_unit, to_unit
from training.errors import InputError


def test_golden_4_by_4():
    picture = HilbertSetting(side=4).encode(np.arange(16, dtype=np.int16))[0]
    assert picture.tolist() == [[5, 6, 9, 10], [4, 7, 8, 11], [3, 2, 13, 12], [0, 1, 14, 15]]
    assert HilbertSetting(side=2).encode(np.arange(4, dtype=np.int16))[0].tolist() == [[1, 2], [0, 3]]


@pytest.mark.parametrize("side", [2, 4, 8, 16, 256])
def test_the_curve_steps_to_a_neighbour_from_corner_to_corner(side):
    numbers = np.arange(side * side) % 32768
    picture = HilbertSetting(side=side).encode(numbers.astype(np.int16))[0].astype(int)
    order = np.empty((side * side, 2), int)
    if side <= 181:
        for row in range(side):
            for column in range(side):
                order[picture[row, column]] = row, column
        assert (np.abs(np.diff(order, axis=0)).sum(axis=1) == 1).all()
        assert order[0].tolist() == [side - 1, 0]
        assert order[-1].tolist() == [side - 1, side - 1]
    else:
        assert picture[side - 1, 0] == 0
        assert picture[side - 1, side - 1] == 32767
        steps = np.stack([np.abs(np.diff(picture, axis=axis)).min() for axis in (0, 1)])
        assert (steps <= 1).all()


def test_quarters_are_the_smaller_curve_turned_as_published():
    small = HilbertSetting(side=8).encode(np.arange(64, dtype=np.int16))[0]
    large = HilbertSetting(side=16).encode(np.arange(256, dtype=np.int16))[0]
    np.testing.assert_array_equal(large[8:, :8], np.rot90(small, 2).T)  # anti-transposed
    np.testing.assert_array_equal(large[:8, :8], small + 64)
    np.testing.assert_array_equal(large[:8, 8:], small + 128)
    np.testing.assert_array_equal(large[8:, 8:], small.T + 192)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 300), st.sampled_from([2, 4, 8]), st.sampled_from([0.0, 0.2, 0.25, 0.5]),
       st.sampled_from(["hilbert", "raster"]), st.integers(0, 2**32 - 1))  # fmt: skip
def test_round_trip_to_the_bit(length, side, overlap, order, seed):
    signal = np.random.default_rng(seed).integers(-32768, 32768, length).astype(np.int16)
    setting = HilbertSetting(side, order, overlap)
    pictures = setting.encode(signal)
    assert pictures.shape == (setting.count(length), side, side)
    np.testing.assert_array_equal(setting.decode(pictures, length), signal)
    np.testing.assert_array_equal(from_unit(to_unit(pictures)), pictures)


def test_fading_leaves_no_step():
    setting = HilbertSetting(side=16, overlap=0.25)
    pictures = setting.encode(np.zeros(600, np.int16))
    pictures[1] = 1000
    signal = setting.decode(pictures).astype(int)
    assert np.abs(np.diff(signal)).max() <= 1000 / setting.fade + 1
    assert np.abs(np.diff(HilbertSetting(side=16).decode(pictures).astype(int))).max() == 1000


def test_an_output_of_one_does_not_overflow():
    assert from_unit(np.array([0.0, 0.5, 1.0, 1.5, -1.0])).tolist() == [-32768, 0, 32767, 32767, -32768]


def test_bad_input_is_one_line():
    with pytest.raises(InputError, match="power of two"):
        HilbertSetting(side=100)
    with pytest.raises(InputError, match="the overlap"):
        HilbertSetting(overlap=0.7)
    with pytest.raises(InputError, match="one channel"):
        HilbertSetting().encode(np.zeros((2, 10), np.int16))
    with pytest.raises(InputError, match="int16"):
        HilbertSetting(side=4).decode(np.zeros((1, 4, 4), np.float32))
