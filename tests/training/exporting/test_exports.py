"""Files that leave the house against Keras, where the extras are installed; their failures everywhere."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest
from keras import ops

from training.errors import InputError
from training.exporting import exports
from training.exporting.exports import FORMATS, atomic_folder, example_inputs, export

SAMPLES, WINDOW, HOP = 400, 32, 8


@pytest.fixture(scope="module")
def model() -> keras.Model:
    """Waveform (batch, 400) -> two probabilities; the front end is a DFT written as a convolution."""
    keras.utils.set_random_seed(0)
    waveform = keras.Input((SAMPLES,), name="waveform")
    transform = keras.layers.Conv1D(2 * (WINDOW // 2 + 1), WINDOW, HOP, use_bias=False, trainable=False, name="dft")
    real, imaginary = ops.split(transform(ops.expand_dims(waveform, -1)), 2, axis=-1)
    decibels = ops.log(ops.maximum(ops.square(real) + ops.square(imaginary), 1e-8))
    x = keras.layers.Conv2D(4, 3, activation="relu")(ops.expand_dims(decibels, -1))
    x = keras.layers.BatchNormalization()(keras.layers.MaxPooling2D(2)(x))
    model = keras.Model(waveform, keras.layers.Dense(2, activation="softmax")(keras.layers.Flatten()(x)))
    angles = 2 * np.pi * np.outer(np.arange(WINDOW), np.arange(WINDOW // 2 + 1)) / WINDOW
    transform.set_weights([np.concatenate([np.cos(angles), np.sin(angles)], axis=1)[:, None]])
    return model


def step_model() -> keras.Model:
    """One step of a recurrent model, its state as an input and an output of another width."""
    note, state = keras.Input((3,), name="note"), keras.Input((5,), name="state")
    new = keras.layers.Dense(5, "tanh")(ops.concatenate([note, state], axis=-1))
    return keras.Model([note, state], [keras.layers.Dense(3)(new), new])


@pytest.fixture(params=list(FORMATS))
def format(request) -> str:  # noqa: A001
    """Every format whose packages are here."""
    for package in FORMATS[request.param].packages:
        pytest.importorskip(package)
    return request.param


def test_a_written_file_computes_what_keras_computes(tmp_path, model, format):  # noqa: A002
    path = tmp_path / ("model" + FORMATS[format].suffix)
    error = export(model, path, format, example_inputs(model, 4), {"labels": ["house", "trap"]})
    assert error < 1e-6
    about = json.loads((tmp_path / (path.name + ".json")).read_text())
    assert about["labels"] == ["house", "trap"]
    assert about["largest_error"] == error
    assert about["inputs"] == [{"name": "waveform", "shape": [FORMATS[format].batch, SAMPLES], "dtype": "float32"}]
    assert {entry.name for entry in tmp_path.iterdir()} == {path.name, path.name + ".json"}


def test_several_inputs_and_outputs(tmp_path, format):  # noqa: A002
    network = step_model()
    assert export(network, tmp_path / ("step" + FORMATS[format].suffix), format, example_inputs(network)) < 1e-6


def test_labels_are_whole_numbers(tmp_path, format):  # noqa: A002
    label = keras.Input((1,), dtype="int32", name="label")
    network = keras.Model(label, keras.layers.Flatten()(keras.layers.Embedding(4, 3)(label)))
    path = tmp_path / ("model" + FORMATS[format].suffix)
    assert export(network, path, format, [np.array([[3], [0], [2]])]) < 1e-6
    assert json.loads((tmp_path / (path.name + ".json")).read_text())["inputs"][0]["dtype"] == "int32"


@pytest.mark.parametrize("name", ["onnx", "litert"])
def test_what_a_format_cannot_say_is_one_line(tmp_path, name):
    for package in FORMATS[name].packages:
        pytest.importorskip(package)
    numbers = keras.Input((4,), name="numbers")
    network = keras.Model(numbers, ops.cast(ops.argmax(numbers, axis=-1), "float32"))  # Keras looks at bits for -0.0
    with pytest.raises(InputError, match=f"{name} has no way to write this model"):
        export(network, tmp_path / ("model" + FORMATS[name].suffix), name, example_inputs(network))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_differs_is_not_kept(tmp_path, model, format, monkeypatch):  # noqa: A002
    real = exports._by_keras
    monkeypatch.setattr(exports, "_by_keras", lambda *given: {name: 1 - array for name, array in real(*given).items()})
    with pytest.raises(InputError, match="differ from Keras by"):
        export(model, tmp_path / ("model" + FORMATS[format].suffix), format, example_inputs(model))
    assert list(tmp_path.iterdir()) == []


def test_an_existing_output_needs_force(tmp_path, model):
    path = tmp_path / "model"
    export(model, path, "saved_model", example_inputs(model))
    with pytest.raises(InputError, match="exists already"):
        export(model, path, "saved_model", example_inputs(model))
    (path / "of_the_old_one").touch()
    export(model, path, "saved_model", example_inputs(model)[0], force=True)
    assert not (path / "of_the_old_one").exists()


def test_a_failed_write_leaves_the_old_folder(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "old").touch()
    folder = atomic_folder(tmp_path / "model")
    folder.__enter__().mkdir()
    with pytest.raises(OSError, match="disk full"):
        folder.gen.throw(OSError("disk full"))
    assert [path.name for path in tmp_path.rglob("*")] == ["model", "old"]


@pytest.mark.parametrize("name", ["onnx", "litert"])
def test_a_missing_extra_is_told(tmp_path, model, monkeypatch, name):
    monkeypatch.setattr("importlib.util.find_spec", lambda package: None)
    with pytest.raises(InputError, match=rf"pip install 'spectro-music\[{name}\]'"):
        export(model, tmp_path / ("model" + FORMATS[name].suffix), name, example_inputs(model))


def test_other_formats_and_suffixes_are_refused(tmp_path, model, monkeypatch):
    with pytest.raises(InputError, match="expected one of saved_model, onnx, litert"):
        export(model, tmp_path / "model.h5", "h5", example_inputs(model))
    monkeypatch.setattr("importlib.util.find_spec", lambda package: object())
    with pytest.raises(InputError, match=r"onnx files end in \.onnx"):
        export(model, tmp_path / "model.tflite", "onnx", example_inputs(model))


def test_another_backend_is_told(tmp_path, model, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(InputError, match="needs the TensorFlow backend"):
        export(model, tmp_path / "model", "saved_model", [np.zeros((1, SAMPLES))])


def test_examples_are_seeded_and_fit_the_inputs():
    first, second = (example_inputs(step_model(), count=2, seed=4) for _ in range(2))
    assert [array.shape for array in first] == [(2, 3), (2, 5)]
    assert all(np.array_equal(one, two) for one, two in zip(first, second, strict=True))
