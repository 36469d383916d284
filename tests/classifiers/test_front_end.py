"""Feature maps after the spectrogram equal those inside the classifier; settings are told by name and by model."""

import keras
import numpy as np
import pytest

from classifiers import lil_data, softmax
from classifiers.front_end import features, setting_of_model
from training.errors import InputError
from training.family import Context


def test_picture_in_feature_maps_out():
    model = lil_data.build(lil_data.PRESETS["quick"], Context(3))
    clips = np.random.default_rng(0).standard_normal((2, model.input_shape[1])).astype(np.float32)
    maps = features(model)
    assert list(maps.output) == ["conv_1", "conv_2", "conv_3", "conv_4"]
    picture = model.get_layer("spectrogram")(clips)
    inside = keras.Model(model.input, model.get_layer("conv_3").output)
    np.testing.assert_allclose(maps(picture)["conv_3"], inside(clips), atol=1e-5)
    assert setting_of_model(model).rate == 8000


def test_models_without_what_is_asked_for_say_so():
    model = softmax.build(softmax.PRESETS["quick"], Context(3))
    with pytest.raises(InputError, match="no layer Conv2D"):
        features(model)
    with pytest.raises(InputError, match="no layer conv_9"):
        features(model, ("conv_9",))
    with pytest.raises(InputError, match="no Spectrogram layer"):
        setting_of_model(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]))
