"""Networks of cells against what is known exactly: pictures of known entropy, and the probabilities of all pictures."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
from keras import ops

from generators.layers.cell_heads import Binary, LogisticMixture
from generators.layers.column_network import ColumnNetwork
from generators.layers.pixelcnn import PixelStreams
from tests.generators.layers.enumeration import drawn, frequencies, probabilities
from tests.generators.layers.xor_pictures import TURNED, bits, breaks, entropy, xor_pictures

SIDE, STEPS, BATCH, RATE = 8, 150, 64, 5e-3
JUDGED, DRAWN, DRAWS = 1_024, 512, 4_096


class Cells(keras.Model):
    """A network and its head, trained by the bits of their cells."""

    def __init__(self, network: keras.Layer, head: keras.Layer) -> None:
        super().__init__()
        self.network, self.head = network, head

    def build(self, shape=None) -> None:
        self.network.build(shape)
        self.built = True

    def call(self, pictures, training=False):
        cost = self.cost(pictures, training)
        self.add_loss(ops.mean(cost))
        return cost

    def cost(self, pictures, training=False):
        """(batch,) bits a pixel."""
        return ops.mean(self.head.nll(self.network(pictures, training=training), pictures), axis=(1, 2)) / np.log(2)


def head_of(name: str) -> keras.Layer:
    return Binary(1, [0, 255]) if name == "binary" else LogisticMixture(1, [0, 255], 3)


def network_of(name: str, side: int, outputs: int) -> keras.Layer:
    if name == "columns":
        return ColumnNetwork((side, side, 1), outputs, units=(64,), hidden=16)
    return PixelStreams((side, side, 1), outputs, filters=24, blocks=1, dropout=0.0)


def compiled_draw(model: Cells):
    """(given, mask, uniform) -> pictures."""
    return tf.function(lambda *arrays: drawn(model.network, model.head, *arrays), autograph=False)


@pytest.fixture(scope="module", params=["binary", "logistic"])
def learned(request) -> Cells:
    """The two streams, trained on exclusive ors for STEPS steps."""
    keras.utils.set_random_seed(0)
    head = head_of(request.param)
    model = Cells(network_of("streams", SIDE, head.size), head)
    model.build()
    model.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(RATE, STEPS, alpha=0.01)))
    model.fit(xor_pictures(STEPS * BATCH), batch_size=BATCH, verbose=0)
    return model


def test_the_pictures_are_what_they_say():
    pictures = xor_pictures(2_000, seed=1)
    assert entropy() == pytest.approx(0.4536, abs=1e-4)
    assert bits(pictures).mean() == pytest.approx(entropy(), abs=0.005)
    assert breaks(pictures).mean() == pytest.approx(TURNED, abs=0.005)
    assert (pictures > 0).mean(axis=0) == pytest.approx(0.5, abs=0.05)
    cells = pictures.reshape(len(pictures), -1)
    assert np.abs(np.corrcoef(cells.T) - np.eye(SIDE**2)).max() < 0.1, "no cell tells another by itself"


@pytest.mark.slow
def test_exclusive_ors_are_learned_and_never_beaten(learned):
    """Against the pictures' own probabilities, so that it does not matter how many of them break the rule."""
    pictures = xor_pictures(JUDGED, seed=2)
    above = ops.convert_to_numpy(learned.cost(pictures)) - bits(pictures)
    assert above.mean() < 0.01
    assert above.mean() > -3 * above.std() / np.sqrt(JUDGED)


@pytest.mark.slow
def test_what_is_drawn_keeps_the_rule_as_often(learned):
    uniform = np.random.default_rng(0).random((DRAWN, SIDE, SIDE, 1), np.float32)
    nothing = np.zeros((SIDE, SIDE, 1))
    draws = compiled_draw(learned)(nothing.astype(np.float32), nothing > 0, uniform).numpy()
    assert breaks(draws).mean() == pytest.approx(TURNED, abs=0.01)
    assert (draws > 0).mean() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    ("network", "side", "free", "head"),
    [("streams", 4, 5, "binary"), ("columns", 2, 4, "binary"), ("columns", 4, 5, "logistic")],
)
def test_pictures_are_drawn_as_often_as_they_are_probable(network, side, free, head):
    """All pictures of 2 x 2, and of 4 x 4 all with some cells given; the weights are far from their start, and from 1/2."""
    keras.utils.set_random_seed(1)
    rng, head = np.random.default_rng(1), head_of(head)
    model = Cells(network_of(network, side, head.size), head)
    model.build()
    for weight in model.trainable_variables:
        weight.assign(weight + 0.2 * rng.standard_normal(weight.shape))
    given = rng.choice(np.array([-1, 1], np.float32), (side, side, 1))
    mask = np.ones((side**2,), bool)
    mask[rng.choice(side**2, free, replace=False)] = False
    mask = mask.reshape(side, side, 1)
    expected = probabilities(model.network, head, given, mask)
    assert expected.sum() == pytest.approx(1, abs=1e-5)
    assert np.abs(2.0**free * expected - 1).max() > 0.3, "not all alike"
    uniform = rng.random((DRAWS, side, side, 1), np.float32)
    found = frequencies(compiled_draw(model)(given, mask, uniform).numpy(), given, mask)
    assert scipy.stats.chisquare(found, DRAWS * expected / expected.sum()).pvalue > 1e-3


def test_counting_finds_draws_that_changed_what_was_given():
    given, mask = np.ones((2, 2, 1), np.float32), np.array([[True, False], [False, False]])[..., None]
    draws = np.ones((3, 2, 2, 1), np.float32)
    assert frequencies(draws, given, mask).tolist() == [0] * 7 + [3]
    draws[1, 0, 0] = -1
    with pytest.raises(ValueError, match="1 draws are no completion"):
        frequencies(draws, given, mask)
