"""Windows of a strip and back: inverse for any hop, gaps, tails, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midi.stitch import cut, join
from training.errors import InputError

few = settings(max_examples=60, deadline=None)


@st.composite
def strips(draw):
    """(a strip of distinct values where it has fewer than 2^16, columns of a window, hop)."""
    rows, length, channels = draw(st.integers(1, 4)), draw(st.integers(0, 40)), draw(st.integers(1, 4))
    columns = draw(st.integers(1, 12))
    strip = 1 + np.arange(rows * length * channels, dtype=np.uint16).reshape(rows, length, channels)
    return strip, columns, draw(st.integers(1, columns))


@given(strips())
@few
def test_joined_windows_are_the_strip(case):
    strip, columns, hop = case
    joined = join(cut(strip, columns, hop), hop=hop)
    length = strip.shape[1]
    np.testing.assert_array_equal(joined[:, :length], strip)
    assert not joined[:, length:].any()
    assert joined.shape[1] - length < max(hop, columns - length + 1)


@given(strips())
@few
def test_windows_are_slices_of_the_strip(case):
    strip, columns, hop = case
    for place, window in enumerate(cut(strip, columns, hop, tail="drop")):
        np.testing.assert_array_equal(window, strip[:, place * hop : place * hop + columns])


@given(strips())
@few
def test_the_tail_is_the_only_difference(case):
    strip, columns, hop = case
    padded, dropped = cut(strip, columns, hop), cut(strip, columns, hop, tail="drop")
    whole = max(0, (strip.shape[1] - columns) // hop + 1)
    assert len(dropped) == whole
    assert len(padded) - len(dropped) in (0, 1)
    np.testing.assert_array_equal(padded[:whole], dropped)


@given(strips(), st.data())
@few
def test_places_without_a_window_are_zero(case, data):
    strip, columns, _ = case
    images = cut(strip, columns)
    some = sorted(data.draw(st.sets(st.integers(0, len(images) - 1), min_size=1)))
    joined = join(images[some], np.array(some))
    assert joined.shape[1] == (some[-1] + 1) * columns
    expected = images[: some[-1] + 1].copy()
    expected[[place for place in range(len(expected)) if place not in some]] = 0
    np.testing.assert_array_equal(cut(joined, columns), expected)


@given(strips(), st.data())
@few
def test_some_windows_are_those_of_all(case, data):
    strip, columns, hop = case
    images = cut(strip, columns, hop)
    some = np.array(sorted(data.draw(st.sets(st.integers(0, len(images) - 1)))), int)
    np.testing.assert_array_equal(cut(strip, columns, hop, places=some), images[some])


def test_where_windows_overlap_the_earlier_counts():
    images = np.array([[1, 1, 1, 1], [2, 2, 2, 2], [3, 3, 3, 3]])[:, None, :, None]
    assert join(images, hop=3)[0, :, 0].tolist() == [1, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert join(images, np.array([0, 1, 3]), hop=2)[0, :, 0].tolist() == [1, 1, 1, 1, 2, 2, 3, 3, 3, 3]


def test_no_windows():
    assert join(np.zeros((0, 3, 4, 2))).shape == (3, 0, 2)
    assert cut(np.zeros((3, 2, 1)), 4, 2, tail="drop").shape == (0, 3, 4, 1)


def test_windows_are_one_block_of_memory():
    for hop in (2, 4):
        for places in (None, np.array([0, 2])):
            assert cut(np.zeros((3, 12, 2)), 4, hop, places=places).flags.c_contiguous


@pytest.mark.parametrize("hop", [0, 5, -1])
def test_hops_that_leave_gaps_or_stand_still(hop):
    for call in (lambda: cut(np.zeros((1, 8, 1)), 4, hop), lambda: join(np.zeros((2, 1, 4, 1)), hop=hop)):
        with pytest.raises(InputError, match=f"1 to 4 columns apart; received {hop}"):
            call()


def test_unknown_tails():
    with pytest.raises(InputError, match="pad or drop; received 'keep'"):
        cut(np.zeros((1, 8, 1)), 4, tail="keep")


@pytest.mark.parametrize("windows", [[0], [1, 1], [2, 1], [-1, 0], [0.0, 1.0], [[0, 1]]])
def test_places_that_are_none(windows):
    with pytest.raises(InputError, match="ascending places of 2 windows"):
        join(np.zeros((2, 1, 4, 1)), np.array(windows))
