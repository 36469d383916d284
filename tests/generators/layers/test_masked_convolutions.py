"""Masked convolutions against sums over neighbours, written out; of pictures and of single cells alike."""

import numpy as np
import pytest
from keras import ops

from generators.layers.cell_walk import neighbours_of, rows_of
from generators.layers.masked_convolutions import NEIGHBOURS, MaskedConvolution, masks_of

HEIGHT, WIDTH, FEATURES, FILTERS = 4, 5, 2, 3


def elu(x):
    return np.where(x > 0, x, np.expm1(x))


def some(dilation, centre):
    """(layer, pictures, ranks of each one's own)."""
    layer = MaskedConvolution(FILTERS, dilation=dilation, centre=centre)
    layer.build((None, HEIGHT, WIDTH, FEATURES))
    generator = np.random.default_rng(0)
    for weight in layer.weights:
        weight.assign(generator.normal(size=weight.shape))
    ranks = np.stack([generator.permutation(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH) for _ in range(2)])
    return layer, generator.normal(size=(2, HEIGHT, WIDTH, FEATURES)).astype(np.float32), ranks.astype(np.int32)


@pytest.mark.parametrize(("dilation", "centre"), [(1, True), (1, False), (2, True), (4, True)])
def test_a_cell_is_the_sum_over_neighbours_that_come_before_it(dilation, centre):
    layer, pictures, ranks = some(dilation, centre)
    kernel, seen, bias = layer.get_weights()
    expected = np.tile(bias, (2, HEIGHT, WIDTH, 1))
    for picture, y, x in np.ndindex(2, HEIGHT, WIDTH):
        for place, (down, right) in enumerate(NEIGHBOURS):
            row, column = y + dilation * down, x + dilation * right
            if not (0 <= row < HEIGHT and 0 <= column < WIDTH) or ((down, right) == (0, 0) and not centre):
                continue
            if ranks[picture, row, column] <= ranks[picture, y, x]:
                both = np.append(pictures[picture, row, column], -pictures[picture, row, column])
                expected[picture, y, x] += elu(both) @ kernel[:, place] + seen[place]
    masks = masks_of(ranks, dilation, "float32")
    np.testing.assert_allclose(layer(pictures, masks), expected, atol=1e-4)
    cells = ops.take(rows_of(pictures[:1]), neighbours_of(HEIGHT, WIDTH, dilation), axis=0)
    np.testing.assert_allclose(layer(cells, rows_of(masks[:1])), expected[0].reshape(-1, FILTERS), atol=1e-4)
