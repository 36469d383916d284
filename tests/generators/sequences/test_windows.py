"""Windows: from every place once, rest before a piece, PAD after it, in an order that the seed and the epoch tell."""

import numpy as np

from generators.sequences.columns import Columns
from generators.sequences.data import BLOCK, Pieces, blocks_of
from generators.sequences.windows import Transposed, Windows, batches
from midi.codecs import codec_named
from midi.columns import PAD

BEATS = Columns(codec_named("beats88"))


def pieces_of(lengths, rows=88):
    columns = [np.random.default_rng(length).integers(0, 3, (length, rows)).astype(np.uint8) for length in lengths]
    blocks = [blocks_of(piece, PAD) for piece in columns]
    counts = np.array([len(block) for block in blocks])
    parts = {"train": np.arange(len(lengths)), "validation": np.arange(1), "test": np.arange(1)}
    names = tuple(map(str, lengths))
    return columns, Pieces(np.concatenate(blocks), np.cumsum(counts) - counts, np.array(lengths), parts, names, "")


def test_every_place_once_rest_before_and_pad_after():
    columns, pieces = pieces_of([5, BLOCK, 2 * BLOCK + 3])
    windows = Windows(pieces, "train", 9, BEATS)
    expected = []
    for piece in columns:
        padded = np.concatenate([np.zeros((1, 88)), piece, np.full((9, 88), PAD)])
        expected += [padded[place : place + 9] for place in range(len(piece))]
    assert len(windows) == len(expected)
    np.testing.assert_array_equal(windows[np.arange(len(windows))], expected)
    whole = windows[windows.whole]
    assert (whole[1:] != PAD).all()
    assert (whole[0] == PAD).any()  # the short piece, whose first window is all it has
    assert len(windows.every(4)) == sum(-(-len(piece) // 4) for piece in columns)


def test_the_order_is_a_function_of_seed_and_epoch():
    _, pieces = pieces_of([40, 50])

    def order(seed, epoch):
        feed = batches(pieces, "train", BEATS, 9, 8, apart=9, seed=seed, transpose=2, steps=3)
        feed.epoch = epoch
        return np.concatenate([feed[number][0] for number in range(3)])

    np.testing.assert_array_equal(order(1, 2), order(1, 2))
    assert (order(1, 2) != order(1, 3)).any()
    assert (order(1, 2) != order(2, 2)).any()


def test_transposition_moves_a_window_whole_or_not_at_all():
    window = np.zeros((500, 6, 20), np.uint8)
    window[:, 1, 3], window[:, 2, 17], window[:, 5] = 1, 2, PAD
    moved, _ = Transposed(5, BEATS)(window, None, np.random.default_rng(0))
    by = np.argmax(moved[:, 1] == 1, axis=1) - 3
    assert set(by) == {-3, -2, -1, 0, 1, 2}
    assert (moved[np.arange(500), 2, 17 + by] == 2).all()
    assert (moved[:, 5] == PAD).all()
    assert ((moved > 0) & (moved < PAD)).sum() == 1_000
