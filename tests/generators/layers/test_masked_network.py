"""Networks of any order: no cell sees a later one, draws are what the whole network says, holes come last."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from generators.layers.masked_network import DILATIONS, MaskedNetwork
from generators.layers.orders import TRANSPOSE, checked_ranks, ranks
from training.errors import InputError


def network(shape=(5, 6, 1), outputs=2, **options):
    """A small network of which every weight is at work, with or without its random numbers' state."""
    keras.utils.set_random_seed(0)
    made = MaskedNetwork(shape, outputs, **{"filters": 5, "blocks": 1} | options)
    made.build()
    rng = np.random.default_rng(0)
    for weight in made.trainable_variables:
        weight.assign(weight + 0.1 * rng.normal(size=weight.shape))
    return made


def reached(order):
    """(cells, cells): which cells the masks let a cell see through all convolutions, worked out step by step."""
    height, width = order.shape
    places = [(y, x) for y in range(height) for x in range(width)]

    def seen(dilation, itself):
        steps = [(dilation * y, dilation * x) for y in (-1, 0, 1) for x in (-1, 0, 1)]
        found = np.zeros((len(places), len(places)), bool)
        for cell, (y, x) in enumerate(places):
            near = [(y + down, x + right) for down, right in steps if (y + down, x + right) in places]
            for place in near:
                found[cell, places.index(place)] = order[place] < order[y, x] or (itself and place == (y, x))
        return found

    total = seen(1, itself=False)
    for dilation in (*DILATIONS, *reversed(DILATIONS)):
        for _ in range(2):
            total = seen(dilation, itself=True) @ total
    return total


ORDERS = {
    "rows": {"order": "rows"},
    "time": {"order": "time"},
    "s-curve": {"order": "s-curve", "symmetry": TRANSPOSE},
    "hilbert": {"order": "hilbert", "shape": (4, 4, 1)},
    "random": {"order": "random", "seed": 3},
    "any": {"order": "any"},
}


@pytest.mark.parametrize("name", ORDERS)
def test_a_cell_sees_cells_before_it_and_no_other(name):
    """The Jacobian of all cells by one backward pass: the i-th copy of a picture is asked for its i-th cell."""
    made = network(**ORDERS[name])
    height, width, _ = made.shape
    count = height * width
    picture = np.random.default_rng(1).uniform(-1, 1, (1, height, width, 1)).astype(np.float32)
    copies = tf.constant(np.repeat(picture, count, axis=0))
    with tf.GradientTape() as tape:
        tape.watch(copies)
        each = tf.linalg.diag_part(tf.reshape(tf.reduce_sum(made(copies), axis=-1), (count, count)))
    jacobian = np.reshape(tape.gradient(each, copies), (count, count))
    order = made.own_ranks(height, width)
    np.testing.assert_array_equal(jacobian != 0, reached(order))
    before = order.ravel()[None] < order.ravel()[:, None]
    assert not jacobian[~before].any()
    if name in ("s-curve", "hilbert", "any"):
        assert jacobian[before].all()


def compiled(made, **options):
    """Draws by real numbers, so that differences show: a cell is tanh of its numbers, and something of its own."""

    def choose(params, uniform):
        return tf.tanh(params[:, : uniform.shape[1]]) + uniform - 0.5

    return tf.function(lambda *arrays: made.draw(choose, *arrays, **options), autograph=False)


def arrays(shape, count=3, seed=2):
    rng = np.random.default_rng(seed)
    given, uniform = (rng.uniform(-1, 1, (count, *shape)).astype(np.float32) for _ in range(2))
    return given, np.zeros((count, *shape), bool), uniform


def expected(made, drawn, uniform, **options):
    """What the whole network says of each cell of what was drawn: the cells before it are the same."""
    return np.tanh(np.asarray(made(drawn, **options))[..., : drawn.shape[-1]]) + uniform - 0.5


def test_what_is_drawn_is_what_the_whole_network_says():
    """Of two channels, with labels, wider than the training's pictures, along an S-curve from its first cell on."""
    made = network((4, 6, 2), classes=3, bar=4, symmetry=TRANSPOSE)
    given, mask, uniform = arrays((4, 11, 2))
    labels = np.array([0, 2, 3], np.int32)
    drawn = np.asarray(compiled(made)(given, mask, uniform, labels))
    np.testing.assert_allclose(drawn, expected(made, drawn, uniform, labels=labels), atol=1e-5)
    assert np.abs(drawn - given).min() > 1e-6


@pytest.fixture(scope="module")
def fills():
    """(network, what draws): of an order in which what is given comes first."""
    made = network(order="any")
    return made, compiled(made)


def holes(kind, shape):
    """True where a cell is given: of each picture another part."""
    mask = np.ones((3, *shape), bool)
    if kind == "columns":
        mask[0, :, 2:4] = mask[1, :, :3] = mask[2, :, 5:] = False
    elif kind == "rows":
        mask[0, 1:3] = mask[1, :1] = mask[2, 4:] = False
    elif kind == "scattered":
        mask = np.random.default_rng(4).random(mask.shape) < 0.6
    return mask


@pytest.mark.parametrize("kind", ["columns", "rows", "scattered", "nothing missing"])
def test_holes_are_filled_in_by_all_that_is_given(fills, kind):
    made, draw = fills
    given, _, uniform = arrays(made.shape)
    mask = holes(kind, made.shape)
    drawn = np.asarray(draw(given, mask, uniform))
    np.testing.assert_array_equal(drawn[mask], given[mask])
    order = made.own_ranks(*made.shape[:2]) + 100 * ~mask[..., 0]
    assert np.abs(drawn - expected(made, drawn, uniform, ranks=order))[~mask].max(initial=0) < 1e-5


def test_a_picture_does_not_depend_on_its_batch_mates(fills):
    made, draw = fills
    given, _, uniform = arrays(made.shape)
    mask = holes("columns", made.shape)
    together = np.asarray(draw(given, mask, uniform))
    mask[1:], given[1:] = False, 0
    np.testing.assert_array_equal(np.asarray(draw(given, mask, uniform))[0], together[0])


def test_in_training_each_picture_has_an_order_of_its_own_whose_hole_comes_last():
    made = network((5, 6, 1), order="any")
    drawn = np.asarray(made._random_ranks(200, 5, 6))
    curves = [ranks("s-curve", 5, 6, symmetry=symmetry) for symmetry in range(8)]
    holes = drawn >= 30
    assert all(any((drawn[i] % 30 == curve).all() for curve in curves) for i in range(200))
    for hole in holes:
        rows, columns = hole.any(axis=1), hole.any(axis=0)
        np.testing.assert_array_equal(hole, rows[:, None] & columns)
        assert np.count_nonzero(np.diff(rows)) <= 2
        assert np.count_nonzero(np.diff(columns)) <= 2
    every, none = holes.all(axis=(1, 2)), ~holes.any(axis=(1, 2))
    assert 0.15 < (every | none).mean() < 0.5
    assert 0.1 < (holes.any(axis=1).all(axis=1) & ~every).mean() < 0.4
    assert 0.1 < (holes.any(axis=2).all(axis=1) & ~every).mean() < 0.4


def test_orders_change_in_training_only():
    made = network(order="any")
    cells = arrays(made.shape)[0]
    first, second = (np.asarray(made(cells, training=True)) for _ in range(2))
    assert (first != second).any()
    np.testing.assert_array_equal(made(cells), made(cells))


def test_an_order_of_ones_own():
    """Given by its ranks, it is the network's of that order."""
    made, other = network(order="rows"), network(order="random", seed=8)
    cells = arrays(made.shape)[0]
    order = checked_ranks(ranks("random", 5, 6, seed=8), 5, 6)
    np.testing.assert_array_equal(made(cells, ranks=order), other(cells))
    assert np.abs(np.asarray(made(cells) - other(cells))).max() > 1e-3


def test_wide_pictures_begin_as_narrow_ones():
    made = network((5, 6, 1), order="s-curve", symmetry=TRANSPOSE, bar=4)
    cells = arrays((5, 14, 1))[0]
    np.testing.assert_allclose(np.asarray(made(cells))[:, :, :6], made(cells[:, :, :6]), atol=1e-5)


def test_bars_tell_where_in_them_a_cell_is():
    """Far from the border, cells of an empty picture differ by their place in the bar alone."""
    made = network((1, 80, 1), bar=4)
    found = np.asarray(made(np.zeros((1, 1, 80, 1), np.float32)))[0, 0]
    np.testing.assert_allclose(found[60:64], found[64:68], atol=1e-5)
    assert np.abs(found[60:63] - found[61:64]).min() > 1e-4


def test_labels():
    made = network(classes=2)
    cells = np.repeat(arrays(made.shape, 1)[0], 3, axis=0)
    found = np.asarray(made(cells, np.array([0, 1, 2], np.int32)))
    np.testing.assert_allclose(made(cells)[0], found[2], atol=1e-6)
    assert min(np.abs(found[0] - found[1]).max(), np.abs(found[1] - found[2]).max()) > 1e-3


@pytest.mark.parametrize("shape", [(12, 12, 1), (8, 16, 1)])
def test_hilbert_needs_a_side_of_a_power_of_two(shape):
    with pytest.raises(InputError, match="power of two; received"):
        MaskedNetwork(shape, 1, order="hilbert")


def test_a_network_is_made_again_of_its_config():
    options = {"classes": 2, "blocks": 2, "dropout": 0.3, "order": "random", "symmetry": 5, "seed": 7, "bar": 3}
    made = network((5, 6, 2), **options)
    again = MaskedNetwork.from_config(made.get_config())
    again.build()
    again.set_weights(made.get_weights())
    cells = arrays(made.shape)[0]
    np.testing.assert_array_equal(made(cells), again(cells))


def test_bfloat16_draws_what_it_says():
    made = network(order="any", dtype="mixed_bfloat16")
    given, _, uniform = arrays(made.shape)
    mask = holes("rows", made.shape)
    drawn = compiled(made)(given, mask, uniform)
    assert drawn.dtype == "float32"
    np.testing.assert_array_equal(np.asarray(drawn)[mask], given[mask])
    order = made.own_ranks(*made.shape[:2]) + 100 * ~mask[..., 0]
    np.testing.assert_allclose(
        drawn, np.where(mask, given, expected(made, np.asarray(drawn), uniform, ranks=order)), atol=0.05
    )
