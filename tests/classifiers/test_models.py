"""The contract of a model module, over every classifier."""

import importlib
from dataclasses import replace

import keras
import numpy as np
import pytest

from classifiers import MODELS, lil_data, resnet50
from training.errors import InputError
from training.family import Context

PARAMETERS = {"lil_data": 103_736, "music_vgg": 609_548, "resnet50": 23_604_104, "softmax": 3_185_296}


@pytest.fixture(scope="module", params=MODELS)
def module(request):
    return importlib.import_module(f"classifiers.{request.param}")


@pytest.fixture(scope="module")
def model(module):
    keras.utils.set_random_seed(0)
    return module.build(module.PRESETS["quick"], Context(3, 10))


@pytest.fixture(scope="module")
def clips(model):
    return np.random.default_rng(0).standard_normal((4, model.input_shape[1])).astype(np.float32)


def test_the_paper_has_as_many_parameters_as_specified(module):
    config = module.PRESETS["paper"]
    if hasattr(config, "weights"):
        config = replace(config, weights="none")
    assert module.build(config, Context(8)).count_params() == PARAMETERS[module.__name__.split(".")[1]]


def test_sound_in_probabilities_out(model, clips):
    probabilities = np.array(model(clips, training=False))
    assert probabilities.shape == (4, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_called_plainly_it_predicts(model, clips):
    before = model.get_weights()
    np.testing.assert_array_equal(model(clips), model(clips, training=False))
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_one_fit_learns(module, model, clips):
    before = model.get_weights()
    model.run_eagerly = module is resnet50  # its graph takes half a minute to build; the slow sweeps train it as it comes
    history = model.fit(clips, np.eye(3)[[0, 1, 2, 0]], epochs=2, verbose=0)
    assert all(np.isfinite(history.history["loss"]))
    assert any(not np.array_equal(old, new) for old, new in zip(before, model.get_weights(), strict=True))


def test_reloads_without_custom_objects(model, clips, tmp_path):
    model.save(tmp_path / "model.keras")
    copy = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    np.testing.assert_array_equal(model(clips, training=False), copy(clips, training=False))


def test_the_exported_twin_agrees(module, model, clips):
    np.testing.assert_allclose(model(clips, training=False), module.exported(model)(clips, training=False), atol=5e-3)


def test_weights_that_cannot_be_had_are_one_line(tmp_path):
    (tmp_path / "bad.weights.h5").write_bytes(b"nothing")
    with pytest.raises(InputError, match="could not be loaded"):
        resnet50.backbone(str(tmp_path / "bad.weights.h5"), 32)


def test_options_of_lil_data_make_their_layers():
    model = lil_data.build(
        replace(lil_data.PRESETS["quick"], mel_bands=20, mel_pool=2, batch_norm=True, masks=2), Context(3)
    )
    assert model.get_layer("mel").output.shape == (None, 20, 31, 1)
    assert {"norm_1", "norm_4", "masks", "conv_1", "conv_4"} <= {layer.name for layer in model.layers}
