"""Orders of cells: every cell once, neighbours one step apart, time by rising pitch, layouts there and back."""

import numpy as np
import pytest
from keras import ops

from generators.layers.orders import FLIP_COLUMNS, FLIP_ROWS, SYMMETRIES, TRANSPOSE, Layout, checked_ranks, layout_of, ranks
from midi.codecs import codec_named
from midi.codecs.registry import CODECS
from midi.notes import make_piece, note_table
from training.errors import InputError

ORDERS = ("rows", "time", "s-curve", "hilbert", "random")


def steps(found):
    """Distance in rows and columns from every cell to the next one of the order."""
    places = np.argwhere(found >= 0)[np.argsort(found, axis=None)]
    return np.abs(np.diff(places, axis=0)).sum(axis=1)


@pytest.mark.parametrize("symmetry", range(SYMMETRIES))
@pytest.mark.parametrize("order", ORDERS)
def test_every_cell_comes_once_in_every_symmetry(order, symmetry):
    height, width = (8, 8) if order == "hilbert" else (6, 10)
    found = ranks(order, height, width, seed=3, symmetry=symmetry)
    np.testing.assert_array_equal(checked_ranks(found, height, width), found)
    if order in ("s-curve", "hilbert"):
        assert set(steps(found)) == {1}


def test_known_orders():
    np.testing.assert_array_equal(ranks("rows", 2, 3), [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(ranks("time", 2, 3), [[0, 2, 4], [1, 3, 5]])
    np.testing.assert_array_equal(ranks("s-curve", 3, 3), [[0, 1, 2], [5, 4, 3], [6, 7, 8]])
    np.testing.assert_array_equal(ranks("hilbert", 4, 4), [[5, 6, 9, 10], [4, 7, 8, 11], [3, 2, 13, 12], [0, 1, 14, 15]])
    np.testing.assert_array_equal(ranks("time", 2, 3, symmetry=FLIP_ROWS), [[1, 3, 5], [0, 2, 4]])
    np.testing.assert_array_equal(ranks("rows", 2, 3, symmetry=FLIP_COLUMNS), [[2, 1, 0], [5, 4, 3]])
    np.testing.assert_array_equal(ranks("rows", 2, 3, symmetry=TRANSPOSE), ranks("time", 2, 3))


def test_symmetries_differ_and_random_orders_go_by_their_seed():
    every = {ranks("s-curve", 4, 4, symmetry=symmetry).tobytes() for symmetry in range(SYMMETRIES)}
    assert len(every) == SYMMETRIES
    np.testing.assert_array_equal(ranks("random", 4, 5, seed=1), ranks("random", 4, 5, seed=1))
    assert (ranks("random", 4, 5, seed=1) != ranks("random", 4, 5, seed=2)).any()


@pytest.mark.parametrize("sides", [(12, 12), (8, 16), (1, 1)])
def test_hilbert_takes_squares_of_powers_of_two(sides):
    with pytest.raises(InputError, match="power of two; received"):
        ranks("hilbert", *sides)


@pytest.mark.parametrize("wrong", [np.zeros((2, 3), int), np.arange(6), np.arange(1, 7).reshape(2, 3), np.zeros((0, 3))])
def test_an_order_of_ones_own_has_every_cell_once(wrong):
    with pytest.raises(InputError, match=r"every number from 0 to 5 once; received"):
        checked_ranks(wrong, 2, 3)


@pytest.mark.parametrize("layout", [Layout(), Layout(True), Layout(True, True), Layout(False, True)])
@pytest.mark.parametrize("kind", [np.asarray, ops.convert_to_tensor])
def test_layouts_there_and_back(layout, kind):
    pictures = np.random.default_rng(0).random((2, 3, 5, 4), np.float32)
    scans = layout.to_scan(kind(pictures))
    assert tuple(scans.shape) == ((2, 5, 3, 4) if layout.transposed else (2, 3, 5, 4))
    np.testing.assert_array_equal(layout.from_scan(scans), pictures)


@pytest.mark.parametrize("name", ["roll64", "roll96"])
def test_time_goes_by_rising_pitch(name):
    """Of a chord of three notes and a later, lower one."""
    codec, begin = codec_named(name), np.array([0, 0, 0, 480])
    piece = make_piece(note_table(4, pitch=np.array([64, 60, 67, 50]), start=begin, end=begin + 480))
    scan = layout_of("time", codec).to_scan(codec.encode(piece).images)
    on = [tuple(place[1:3]) for place in np.argwhere(scan > 0)]
    assert [codec.low + row for _, row in on[:3]] == [60, 64, 67]
    assert codec.low + on[-1][1] == 50


def test_rows_that_are_no_pitches_have_no_time():
    with pytest.raises(InputError, match="rows of interleaved32 are none: choose order rows"):
        layout_of("time", CODECS["interleaved32"])
    assert layout_of("rows", CODECS["interleaved32"]) == Layout()
