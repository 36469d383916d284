"""The network of columns: what it may see, that it draws what it predicts, and what it learns."""

import keras
import numpy as np
import pytest
from keras import ops

from generators.layers.column_network import ColumnNetwork

SHAPE = (5, 4, 2)
"""Columns in time, pitches, channels."""


def network_of(shape=SHAPE, outputs=3, classes=0, seed=0, **sizes):
    """A network with weights so large that everything it sees tells."""
    network = ColumnNetwork(shape, outputs, classes, **{"units": (6, 5), "hidden": 3, "place": 2} | sizes)
    network.build()
    rng = np.random.default_rng(seed)
    network.set_weights([rng.normal(size=weight.shape) for weight in network.get_weights()])
    return network


def some_cells(count, shape=SHAPE, seed=1):
    return np.random.default_rng(seed).choice(np.float32([-1, 1]), (count, *shape))


def choose(numbers, uniform):
    """Of two numbers a cell (and one that is not used): on where the sigmoid of its own is above the uniform."""
    return ops.where(ops.sigmoid(numbers[:, : uniform.shape[1]]) > uniform, 1.0, -1.0)


def redrawn(network, given, mask, uniform, labels=None):
    """What `draw` gives, by the whole network for each cell."""
    cells = given.copy()
    for time, row in np.ndindex(*network.shape[:2]):
        found = np.asarray(choose(network(cells, labels)[:, time, row], uniform[:, time, row]))
        cells[:, time, row] = np.where(mask[:, time, row], given[:, time, row], found)
    return cells


def test_a_cell_depends_on_all_cells_before_it_and_on_no_other():
    network, places = network_of(), int(np.prod(SHAPE[:2]))
    cells = np.random.default_rng(0).normal(size=(1, *SHAPE)).astype(np.float32)
    found = np.asarray(network(cells)).reshape(places, -1)
    for place in range(places):
        other = cells.copy().reshape(places, -1)
        other[place] += 1
        changed = np.abs(np.asarray(network(other.reshape(cells.shape))).reshape(places, -1) - found).max(axis=1)
        assert (changed[: place + 1] == 0).all()
        assert (changed[place + 1 :] > 0).all()


@pytest.mark.parametrize("labels", [None, [0, 1, 2]])
def test_drawing_is_what_the_network_predicts_cell_after_cell_and_known_cells_stay(labels):
    network, rng = network_of(classes=0 if labels is None else 2), np.random.default_rng(2)
    labels = labels if labels is None else np.int32(labels)
    given, mask, uniform = some_cells(3), rng.random((3, *SHAPE)) < 0.3, rng.random((3, *SHAPE), np.float32)
    drawn = np.asarray(network.draw(choose, given, mask, uniform, labels))
    np.testing.assert_array_equal(drawn, redrawn(network, given, mask, uniform, labels))
    np.testing.assert_array_equal(drawn[mask], given[mask])
    assert 0 < (drawn[~mask] != given[~mask]).mean() < 1
    np.testing.assert_array_equal(network.draw(choose, given, np.ones_like(mask), uniform, labels), given)


def test_drawing_predicts_the_numbers_of_the_network():
    """Real numbers, so that no threshold hides a small difference."""
    network, uniform = network_of(outputs=2), np.zeros((2, *SHAPE), np.float32)
    drawn = network.draw(lambda numbers, uniform: ops.tanh(numbers), uniform, np.zeros_like(uniform), uniform)
    np.testing.assert_allclose(drawn, ops.tanh(network(drawn)), atol=1e-5)


def test_without_a_label_pictures_are_those_of_the_null_label():
    network, cells = network_of(classes=2), some_cells(3)
    found = [np.asarray(network(cells, labels)) for labels in (None, np.int32([2, 2, 2]), np.int32([0, 0, 0]))]
    np.testing.assert_array_equal(found[0], found[1])
    assert np.abs(found[0] - found[2]).min() > 0


def test_a_rule_of_two_cells_before_is_learned():
    """Each cell is the exclusive or of the one before it in time and the one below, flipped with probability 0.05.

    0.2864 bits a cell then, and 1 for the first row and column; nothing that is linear in them pays less than 1.
    """
    rng, side = np.random.default_rng(0), 8
    on = rng.random((2_000, side, side)) < 0.5
    flipped = rng.random(on.shape) < 0.05
    for time in range(1, side):
        for row in range(1, side):
            on[:, time, row] = on[:, time - 1, row] ^ on[:, time, row - 1] ^ flipped[:, time, row]
    cells = np.where(on, 1, -1).astype(np.float32)[..., None]
    keras.utils.set_random_seed(0)
    network = ColumnNetwork((side, side, 1), 1, units=(16,), hidden=8, place=4)
    model = keras.Sequential([keras.Input((side, side, 1)), network])
    model.compile(keras.optimizers.Adam(0.02), keras.losses.BinaryCrossentropy(from_logits=True))
    model.fit(cells, (cells + 1) / 2, batch_size=100, epochs=12, verbose=0)
    expected = ((side - 1) ** 2 * 0.2864 + 2 * side - 1) / side**2
    assert model.evaluate(cells, (cells + 1) / 2, verbose=0) / np.log(2) == pytest.approx(expected, abs=0.01)


def test_the_configuration_makes_the_same_network():
    network = network_of(classes=3, dropout=0.2)
    again = ColumnNetwork.from_config(network.get_config())
    again.build()
    again.set_weights(network.get_weights())
    labels = np.int32([0, 3])
    np.testing.assert_array_equal(again(some_cells(2), labels), network(some_cells(2), labels))
    assert again.get_config() == network.get_config()
