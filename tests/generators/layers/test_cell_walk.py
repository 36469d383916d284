"""A walk over cells: each unknown one after those before it, whatever other pictures do, and given ones as they were."""

import numpy as np
import tensorflow as tf
from keras import ops

from generators.layers.cell_walk import CellWalk
from generators.layers.masked_convolutions import NEIGHBOURS, masks_of

HEIGHT, WIDTH, DILATION = 4, 5, 2
OTHERS = np.array([step != (0, 0) for step in NEIGHBOURS], np.float32)[:, None]


class Greatest:
    """Of the neighbours that are seen the greatest, the cell itself aside; in place of a network's first convolution."""

    dilation = DILATION

    def __call__(self, seen, masks, training=False):
        return ops.max(seen * masks[..., None] * OTHERS, axis=1)


def expected(ranks, unknown, given):
    """1 more than the greatest of the neighbours that come before a cell, cell by cell in order."""
    cells = given.copy()
    for place in np.argsort(ranks, axis=None):
        y, x = divmod(int(place), WIDTH)
        if unknown[y, x]:
            near = [(y + DILATION * down, x + DILATION * right) for down, right in NEIGHBOURS]
            inside = [(row, column) for row, column in near if 0 <= row < HEIGHT and 0 <= column < WIDTH]
            cells[y, x] = 1 + max((cells[at] for at in inside if ranks[at] < ranks[y, x]), default=0)
    return cells


def test_cells_are_drawn_in_each_pictures_own_order_over_those_before():
    generator = np.random.default_rng(0)
    count = HEIGHT * WIDTH
    ranks = np.stack([generator.permutation(count).reshape(HEIGHT, WIDTH) for _ in range(3)]).astype(np.int32)
    unknown = np.stack([ranks[0] >= 0, ranks[1] >= 13, ranks[2] >= count])  # all, some, none
    given = np.where(unknown, 0, generator.integers(0, 9, ranks.shape)).astype(np.float32)
    greatest = Greatest()

    def cell(rows, places, over):
        return 1 + over(greatest, ops.zeros((3, 1)))

    @tf.function(autograph=False)
    def walked(ranks, unknown, rows):
        return CellWalk(ranks, unknown, {DILATION: masks_of(ranks, DILATION, "float32")}).fill(cell, rows, [rows])

    drawn = np.array(walked(ranks, unknown, given.reshape(-1, 1))).reshape(ranks.shape)
    for number in range(2):
        np.testing.assert_array_equal(drawn[number], expected(ranks[number], unknown[number], given[number]))
    done = ranks[2] < count - 1  # where nothing is asked for, the last cell is done again
    np.testing.assert_array_equal(drawn[2][done], given[2][done])
