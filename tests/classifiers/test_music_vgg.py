"""The VGG of musicnn: equal to the checkpoint's own graph where the package is installed; one line where it is not."""

import importlib.util
import sys
from dataclasses import replace

import keras
import numpy as np
import pytest

from classifiers import music_vgg
from classifiers.music_vgg import PRESETS, build, checkpoint, convolutions, names_of_blocks, read_weights, set_weights
from training.errors import InputError
from training.family import Context

COLUMNS, BANDS = 187, 96
"""Three seconds, which the graph is tied to."""
LAST = "model/5CNN/Relu"

needs_musicnn = pytest.mark.skipif(importlib.util.find_spec("musicnn") is None, reason=music_vgg.INSTALL)


def by_its_own_graph(tags, pictures):
    """What the checkpoint's graph, as it was trained, makes of pictures (batch, COLUMNS, BANDS)."""
    import tensorflow as tf
    from tensorflow.core.protobuf import meta_graph_pb2

    path = f"{checkpoint(tags)}/"
    saved = meta_graph_pb2.MetaGraphDef()
    with open(f"{path}.meta", "rb") as file:
        saved.ParseFromString(file.read())
    wanted = tf.compat.v1.graph_util.extract_sub_graph(saved.graph_def, [LAST, "save/restore_all"])
    for node in wanted.node:
        node.attr.pop("_output_shapes", None)
        node.device = ""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.import_graph_def(wanted, name="")
        session.run("save/restore_all", {"save/Const:0": path})
        return session.run(f"{LAST}:0", {"model/Placeholder:0": pictures, "model/Placeholder_2:0": False})


@needs_musicnn
@pytest.mark.parametrize("tags", ["msd", "mtt"])
def test_the_convolutions_are_those_of_the_checkpoint(tags):
    pictures = 3 * np.random.default_rng(0).random((2, COLUMNS, BANDS), np.float32)
    log_mel = keras.Input((COLUMNS, BANDS, 1))
    network = keras.Model(log_mel, convolutions(log_mel, tags))
    assert [layer.name for layer in network.layers if layer.weights] == names_of_blocks()
    assert network.count_params() == 607_030 - (256 * 50 + 50)
    set_weights(network, read_weights(tags))
    inside = keras.Model(log_mel, network.get_layer("conv_5").output)
    np.testing.assert_allclose(inside(pictures[..., None], training=False), by_its_own_graph(tags, pictures), atol=1e-4)
    assert "musicnn" not in sys.modules


@needs_musicnn
def test_a_run_starts_from_them():
    model = build(replace(PRESETS["quick"], weights="mtt"), Context(3))
    np.testing.assert_array_equal(model.get_layer("conv_3").get_weights()[0], read_weights("mtt")["conv_3"][0])


@pytest.mark.parametrize("fine_tune", [False, True])
def test_the_convolutions_learn_if_told_to(fine_tune):
    keras.utils.set_random_seed(0)
    model = build(replace(PRESETS["quick"], fine_tune=fine_tune), Context(3))
    model.run_eagerly = True  # its graph takes longer to build than the step
    before = {layer.name: layer.get_weights() for layer in model.layers}
    clips = np.random.default_rng(0).standard_normal((4, model.input_shape[1])).astype(np.float32)
    model.fit(clips, np.eye(3)[[0, 1, 2, 0]], verbose=0)

    def moved(name):
        return any((old != new).any() for old, new in zip(before[name], model.get_layer(name).get_weights(), strict=True))

    assert moved("genre")
    assert all(moved(name) == fine_tune for name in names_of_blocks())


def test_absent_weights_are_one_line(tmp_path, monkeypatch):
    def of(folder):
        spec = importlib.util.spec_from_loader("musicnn", None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
        return spec

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install --no-deps musicnn==0\.1\.0") as error:
        build(PRESETS["paper"], Context(3))
    assert "\n" not in str(error.value)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: of(tmp_path))
    with pytest.raises(InputError, match="not at hand"):
        read_weights("msd")
    (tmp_path / "MSD_vgg").mkdir()
    with pytest.raises(InputError, match="does not hold musicnn's VGG"):
        read_weights("msd")
