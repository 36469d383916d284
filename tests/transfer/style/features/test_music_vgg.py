import importlib.util
from dataclasses import replace

import keras
import pytest

from classifiers.music_vgg import INSTALL
from spectro.stft import SETTINGS
from training.errors import InputError
from transfer.style.features.music_vgg import CONTENT_LAYER, PRESETS, STYLE_LAYERS, music_vgg
from transfer.style.features.registry import open_method, settings_of
from transfer.style.methods import transfer_style


@pytest.fixture(scope="module")
def extractor():
    keras.utils.set_random_seed(0)
    return music_vgg(None, SETTINGS["quick"], bands=32)


def test_its_layers_have_the_roles_of_vgg19(extractor):
    assert tuple(extractor.style_layers) == STYLE_LAYERS
    assert (extractor.content_layer, extractor.setting.reference) == (CONTENT_LAYER, "file")
    assert extractor.network.output[CONTENT_LAYER].shape[1:] == (3, 2, 128)


@pytest.mark.parametrize("preset", ["paper", "ours"])
def test_every_preset_comes_nearer_to_the_style(extractor, noise, preset):
    settings = replace(PRESETS[preset], iterations=6, inversion_iterations=2)
    content = noise(0.5, 2)
    result = transfer_style(content, noise(0.5, seed=1), extractor, settings)
    assert result.sound.shape == content.shape
    assert result.histories[0][-1]["style"] < result.histories[0][0]["style"]


def test_absent_weights_are_one_line(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install --no-deps musicnn"):
        open_method("music_vgg", settings_of("music_vgg", "quick"))


@pytest.mark.skipif(importlib.util.find_spec("musicnn") is None, reason=INSTALL)
def test_they_are_opened_by_their_name(monkeypatch):
    monkeypatch.setattr("classifiers.prediction.Classifier", lambda path: "shipped")
    method, classifier = open_method("music_vgg", settings_of("music_vgg", "quick"))
    assert (method.setting.rate, method.setting.hop, classifier) == (16_000, 256, "shipped")
