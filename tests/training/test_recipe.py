"""What every training does before it begins, whatever the model."""

import keras
import pytest

from training import recipe
from training.errors import InputError
from training.family import module_of
from training.recipe import train


@pytest.fixture
def begun(monkeypatch):
    """What would be trained, and in which precision: (config, dtype policy)."""
    seen = []
    monkeypatch.setattr("classifiers.training.ClassifierRecipe.__init__", recipe.Recipe.__init__)
    monkeypatch.setattr(
        recipe, "_train", lambda package, model, one: seen.append((one.config, keras.config.dtype_policy().name))
    )
    return seen


def test_the_options_name_the_preset_from_python_too(begun):
    presets = module_of("classifiers", "softmax").PRESETS
    for options in ({}, {"quick": True}, {"preset": "paper"}):
        train("classifiers", "softmax", **options)
    assert [config for config, _ in begun] == [presets["ours"], presets["quick"], presets["paper"]]
    with pytest.raises(InputError, match="--preset must be one of paper, ours, quick; received 'mine'"):
        train("classifiers", "softmax", preset="mine")


def test_precision_is_of_one_training(begun):
    before = keras.config.dtype_policy().name
    train("classifiers", "softmax", precision="mixed_bfloat16")
    train("classifiers", "softmax")
    assert [policy for _, policy in begun] == ["mixed_bfloat16", before]
    assert keras.config.dtype_policy().name == before


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"seed": -1}, "--seed must be from 0 to 4,294,967,295; received -1"),
        ({"source": "x"}, "unexpected keyword argument 'source'"),
        ({"worker_index": 0}, "--worker-index says which of --workers"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_data_are_read(begun, options, line):
    with pytest.raises((InputError, TypeError), match=line):
        train("classifiers", "softmax", **options)
    assert not begun


def test_data_that_a_model_does_not_take_are_refused():
    with pytest.raises(InputError, match="dtn takes --source FOLDER and --target FOLDER; received --data"):
        train("transfer", "dtn", data="x")


@pytest.mark.parametrize(
    ("package", "model", "line"),
    [("generators", "foo", "no model 'foo'; expected one of vae"), ("os", "path", "no package of models 'os'")],
)
def test_what_there_is_not_is_one_line(package, model, line):
    with pytest.raises(InputError, match=line):
        train(package, model)
