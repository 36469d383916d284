import keras
import numpy as np
import pytest

from spectro.stft import SETTINGS
from training.errors import InputError
from transfer.style.features import vgg19 as module
from transfer.style.features.vgg19 import CONTENT_LAYER, STYLE_LAYERS, VggInput, vgg19
from transfer.style.gatys import OptimisedPicture


def test_input_is_what_keras_preprocessing_expects():
    picture = np.random.default_rng(0).random((1, 4, 5, 1), np.float32)
    prepared = np.asarray(VggInput()(picture))
    np.testing.assert_allclose(prepared, picture * 255 - np.array([103.939, 116.779, 123.68]), rtol=1e-4, atol=1e-3)


def test_structure_and_one_step_with_random_weights():
    extractor = vgg19(None, SETTINGS["quick"])
    assert tuple(extractor.style_layers) == STYLE_LAYERS
    assert extractor.network.output[CONTENT_LAYER].shape[1:] == (4, 3, 512)
    model = OptimisedPicture(extractor.network, extractor.style_layers, CONTENT_LAYER, 100.0, 1000.0)
    model.compile(keras.optimizers.Adam(0.01))
    random = np.random.default_rng(0).random((2, 65, 63), np.float32)
    model.set_style(extractor.style_statistics([(random[0], 1.0)]))
    model.begin(random[1])
    model.optimise(1)
    assert (model.picture() != random[1]).mean() > 0.5


def test_a_file_of_something_else_is_refused(tmp_path):
    with pytest.raises(InputError, match="not found"):
        vgg19(tmp_path / "absent.h5")
    (tmp_path / "text.h5").write_text("no weights")
    with pytest.raises(InputError, match="does not hold weights"):
        vgg19(tmp_path / "text.h5", SETTINGS["quick"])


def test_offline_one_line_says_what_to_do(monkeypatch):
    def fail(**given):
        raise Exception("URL fetch failure on https://storage.googleapis.com: None -- no route")

    monkeypatch.setattr(module.keras.applications, "VGG19", fail)
    with pytest.raises(InputError, match=r"cannot be downloaded .*--vgg-weights FILE, or use --features lil_data") as error:
        vgg19("imagenet", SETTINGS["quick"])
    assert "\n" not in str(error.value)
