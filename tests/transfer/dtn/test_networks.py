"""The networks of the domain transfer network: published sizes, any size of picture."""

import keras
import numpy as np
import pytest

from training.exporting.exports import FORMATS, example_inputs, export
from training.family import Context
from transfer.dtn import model as dtn
from transfer.dtn.networks import discriminator, extractor, generator


def trainable(model: keras.Model) -> int:
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def pictures(count, shape):
    """Noise in [-1, 1]."""
    return np.random.default_rng(0).uniform(-1, 1, (count, *shape)).astype(np.float32)


def test_the_networks_have_as_many_parameters_as_published():
    shape = (32, 32, 3)
    assert trainable(extractor(shape, 64, 128, skips=True)) == 896_384
    assert trainable(generator(shape, 64, 128, skips=True)) == 3_269_187
    assert trainable(generator(shape, 64, 128, skips=False)) == 2_529_283
    assert trainable(discriminator(shape, 64, 1)) == 1_488_897
    assert trainable(discriminator(shape, 64, 3)) == 1_505_283


@pytest.mark.parametrize("skips", [True, False])
@pytest.mark.parametrize("shape", [(64, 64, 1), (96, 96, 1), (20, 13, 2)])
def test_networks_fit_any_size(shape, skips):
    told = keras.tree.flatten(extractor(shape, 2, 5, skips)(pictures(3, shape)))
    assert told[0].shape == (3, 1, 1, 5)
    assert len(told) == (4 if skips else 1)
    assert np.abs(told[0]).max() <= 1
    made = np.asarray(generator(shape, 2, 5, skips)(told))
    assert made.shape == (3, *shape)
    assert np.abs(made).max() <= 1
    assert discriminator(shape, 2, 3)(made).shape == (3, 3)


def test_what_fills_a_picture_is_silence():
    shape, silent = (20, 13, 1), -np.ones((1, 20, 13, 1), np.float32)
    filled = keras.Model(*(lambda net: (net.input, net.get_layer("extractor_filled").output))(extractor(shape, 2, 5, True)))
    np.testing.assert_array_equal(filled(silent), -np.ones((1, 24, 16, 1)))


@pytest.mark.parametrize("name", ["onnx", "litert"])
def test_it_leaves_the_house(name, tmp_path):
    for package in FORMATS[name].packages:
        pytest.importorskip(package)
    network = dtn.exported(dtn.build(dtn.PRESETS["quick"], Context()))
    assert export(network, tmp_path / f"model{FORMATS[name].suffix}", name, example_inputs(network)) < 1e-4
