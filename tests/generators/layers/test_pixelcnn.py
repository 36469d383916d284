"""The two-stream network: published counts, the reference's order of layers, what a cell may know, and draws."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from generators.layers.pixelcnn import PixelStreams
from training.errors import InputError

SHAPE, CLASSES, BATCH = (8, 12, 2), 2, 3
RNG = np.random.default_rng(0)


def network_of(shape=SHAPE, outputs=4, filters=4, blocks=1, **options):
    """A built network whose biases are not 0, so that zeros at the borders are told from a map's own values."""
    keras.utils.set_random_seed(1)
    network = PixelStreams(shape, outputs, filters, blocks, **options)
    network.build()
    for weight in network.weights:
        if weight.name == "bias":
            weight.assign(RNG.normal(size=weight.shape))
    return network


def choose(outputs, uniform):
    """Cells that follow every change of the outputs."""
    return ops.tanh(outputs[..., : uniform.shape[-1]]) / 2 + uniform - 0.5


@pytest.fixture(scope="module")
def network():
    return network_of(classes=CLASSES)


@pytest.fixture(scope="module")
def draw(network):
    """One compiled draw for all tests: (given, mask, uniform, labels) -> cells."""
    compiled = tf.function(lambda *inputs: network.draw(choose, *inputs), autograph=False)
    return lambda *inputs: compiled(*map(tf.constant, inputs)).numpy()


@pytest.fixture(scope="module")
def inputs():
    """given, mask, uniform and labels; the first rows and some cells are known."""
    given, uniform = (RNG.random((BATCH, *SHAPE), np.float32) for _ in range(2))
    mask = RNG.random((BATCH, *SHAPE)) < 0.2
    mask[:, :2] = True
    return given, mask, uniform, np.array([0, 1, CLASSES], np.int32)


@pytest.mark.parametrize(
    ("sizes", "count", "without_gains"),
    [
        ((30, 160, 5), 53_644_220, 53_603_870),
        ((30, 80, 5), 13_433_340, None),
        ((15, 32, 2), 971_262, 967_503),
        ((1, 32, 2), 970_786, None),
    ],
)
def test_it_has_as_many_parameters_as_the_reference(sizes, count, without_gains):
    network = PixelStreams((64, 64, 1), *sizes)
    with keras.StatelessScope(initialize_variables=False):  # shapes are enough
        network.build()
    counts = {
        name: sum(int(np.prod(w.shape)) for w in network.weights if (w.name == "gain") == name) for name in (True, False)
    }
    assert sum(counts.values()) == count
    assert without_gains in (None, counts[False])


def test_layers_follow_each_other_as_in_the_reference():
    """Against its two lists, pushed and popped, written out."""
    network = network_of(blocks=2)
    x = RNG.normal(size=(2, *SHAPE)).astype(np.float32)
    read = ops.concatenate([x, ops.ones_like(x[..., :1])], axis=-1)
    u_blocks, ul_blocks = iter(network.down.stack), iter(network.right.stack)

    def down(x):
        return ops.concatenate([ops.zeros_like(x[:, :1]), x[:, :-1]], axis=1)

    def right(x):
        return ops.concatenate([ops.zeros_like(x[:, :, :1]), x[:, :, :-1]], axis=2)

    def nonlinearity(x):
        return ops.concatenate([ops.elu(x), ops.elu(-x)], axis=-1)

    def resnet(block, x, a=None):
        c1 = block.first(nonlinearity(x))
        if a is not None:
            c1 = c1 + block.side(nonlinearity(a))
        p, q = ops.split(block.second(nonlinearity(c1)), 2, axis=-1)
        return x + p * ops.sigmoid(q)

    us, uls = [down(network.rows_above(read))], [down(network.row_above(read)) + right(network.left(read))]
    levels = []  # blocks of each level on the way up, which come later
    for level in range(3):
        for _ in range(2):
            us.append(resnet(next(u_blocks), us[-1]))
            uls.append(resnet(next(ul_blocks), uls[-1], us[-1]))
        levels.append([(next(u_blocks), next(ul_blocks)) for _ in range(2 + (level < 2))])
        if level < 2:
            us.append(network.down.halves[level](us[-1]))
            uls.append(network.right.halves[level](uls[-1]))
    u, ul = us.pop(), uls.pop()
    for level in (2, 1, 0):
        for u_block, ul_block in levels[level]:
            u = resnet(u_block, u, us.pop())
            ul = resnet(ul_block, ul, ops.concatenate([u, uls.pop()], axis=-1))
        if level:
            u, ul = network.down.doubles[level - 1](u), network.right.doubles[level - 1](ul)
    assert not us
    assert not uls
    np.testing.assert_allclose(network(x), network.output_layer(ops.elu(ul)), atol=1e-5)


def test_a_cell_is_predicted_by_all_before_it_and_nothing_else(network):
    """The whole Jacobian by one backward pass over a copy of the picture for each cell."""
    cells = SHAPE[0] * SHAPE[1]
    x = tf.constant(np.repeat(RNG.normal(size=(1, *SHAPE)).astype(np.float32), cells, axis=0))
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = tf.reshape(network(x), (cells, cells, -1))
        own = tf.reduce_sum(tf.square(tf.linalg.diag_part(tf.transpose(outputs, (2, 0, 1)))))
    jacobian = np.abs(tape.gradient(own, x).numpy()).reshape(cells, cells, -1).sum(axis=-1)
    assert np.triu(jacobian).max() == 0.0
    assert (jacobian[np.tril_indices(cells, -1)] > 0).mean() > 0.95


def test_a_draw_is_what_the_whole_network_gives_cell_by_cell(network, draw, inputs):
    """A cell follows from those before it alone: the finished picture gives the outputs that each was drawn by."""
    given, mask, uniform, labels = inputs
    cells = draw(*inputs)
    expected = choose(network(cells, labels), uniform)
    np.testing.assert_allclose(cells, np.where(mask, given, expected), atol=1e-5)
    np.testing.assert_array_equal(cells[mask], given[mask])
    assert cells[~mask].std() > 0.2


def test_a_draw_does_not_depend_on_what_else_is_drawn(draw, inputs):
    cells = draw(*inputs)
    others = [np.concatenate([x[:1], x[:0:-1] / 2 if x.dtype == np.float32 else x[:0:-1]]) for x in inputs]
    np.testing.assert_array_equal(draw(*others)[0], cells[0])


def test_no_label_is_the_last_one(network, inputs):
    cells = inputs[0]
    alone = np.asarray(network(cells))
    np.testing.assert_array_equal(alone, network(cells, np.full(BATCH, CLASSES, np.int32)))
    assert np.abs(alone - network(cells, np.zeros(BATCH, np.int32))).max() > 1e-3


def test_maps_may_have_less_precision_than_weights_and_cells():
    network = network_of((4, 4, 1), filters=8, dtype="mixed_bfloat16")
    uniform = RNG.random((2, 4, 4, 1), np.float32)
    cells = network.draw(choose, uniform, np.zeros_like(uniform), uniform)
    outputs = network(cells)
    assert {weight.dtype for weight in network.weights} == {"float32"}
    assert (keras.backend.standardize_dtype(cells.dtype), keras.backend.standardize_dtype(outputs.dtype)) == ("float32",) * 2
    assert network.down.compute_dtype == "bfloat16"
    np.testing.assert_allclose(cells, choose(outputs, uniform), atol=0.05)


def test_pictures_of_another_size_are_drawn():
    network = network_of(filters=2)
    uniform = RNG.random((1, 4, 8, SHAPE[2]), np.float32)
    cells = network.draw(choose, uniform, np.zeros_like(uniform), uniform)
    np.testing.assert_allclose(cells, choose(network(cells), uniform), atol=1e-5)


def test_it_is_made_again_of_its_config():
    options = {"filters": 2, "blocks": 2, "dropout": 0.25, "classes": CLASSES}
    network = network_of(**options)
    again = PixelStreams.from_config(network.get_config())
    again.build()
    assert {name: again.get_config()[name] for name in options} == options
    assert [weight.shape for weight in again.weights] == [weight.shape for weight in network.weights]


def test_sides_that_cannot_be_halved_twice_are_refused():
    with pytest.raises(InputError, match="multiples of 4, received 30 x 64"):
        PixelStreams((30, 64, 1), 1)
    network = PixelStreams((4, 4, 1), 1, 2, 1)
    with pytest.raises(InputError, match="received 4 x 6"):
        network.draw(choose, *np.zeros((3, 1, 4, 6, 1)))
