"""What this project knows of Keras' inside, seen still to be so; and that no other file knows any of it."""

import ast
import threading
from pathlib import Path

import keras
import numpy as np
import pytest

from training.fitting import keras_internals
from training.fitting.keras_internals import (
    all_layers,
    losses_of_each_thread,
    moving_averages,
    prepare_tf2onnx,
    variables_in,
)

ROOT = Path(__file__).parents[3]
CHANGED = f"Keras {keras.__version__} has changed: look at training/fitting/keras_internals.py"


class Inner(keras.layers.Layer):
    def call(self, x):
        self.add_loss(keras.ops.sum(x))
        return x


class Outer(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.inner, self.dense = [Inner(name="in_a_list")], keras.layers.Dense(2, name="attribute")

    def call(self, x):
        return self.dense(self.inner[0](x))


@pytest.fixture
def model():
    inputs = keras.Input((None, 3))
    wrapped = keras.layers.Bidirectional(keras.layers.RNN(keras.layers.LSTMCell(2, name="cell")), name="both_ways")
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dropout(0.5, name="in_a_network")], name="network")
    return keras.Model(inputs, Outer()(network(wrapped(inputs))))


def test_every_layer_is_found_however_deep(model):
    found = all_layers(model)
    names = {layer.name for layer in found}
    assert found[0] is model, CHANGED
    assert {"network", "in_a_network", "both_ways", "attribute", "in_a_list"} <= names, CHANGED
    assert sum(isinstance(layer, keras.layers.LSTMCell) for layer in found) == 2, CHANGED
    assert "in_a_network" not in {layer.name for layer in model.layers}, f"{CHANGED}: model.layers may do now"
    assert len({id(layer) for layer in found}) == len(found), CHANGED


def test_losses_are_kept_apart_by_threads_and_as_before(model):
    plain = Inner()
    plain(np.ones((1, 2)))
    assert isinstance(plain._losses, list), CHANGED
    for layer in all_layers(model):
        losses_of_each_thread(layer)
    model(np.ones((1, 5, 3)))
    found = [len(model.losses)]

    def elsewhere():
        found.append(len(model.losses))
        model(np.ones((1, 5, 3)))
        found.append(len(model.losses))

    other = threading.Thread(target=elsewhere)
    other.start()
    other.join()
    assert found == [1, 0, 1], CHANGED
    model(np.ones((1, 5, 3)))
    assert len(model.losses) == 1, f"{CHANGED}: losses of an earlier call are not cleared"


def test_keras_uses_of_the_list_only_what_it_has(model):
    used = {name for name in vars(keras_internals._Own) if not name.startswith("_")} | {"__getitem__"}
    source = (Path(keras.__file__).parent / "src" / "layers" / "layer.py").read_text()
    calls = {
        node.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr == "_losses"
    }
    assert calls <= used, f"{CHANGED}: it uses {calls - used} of Layer._losses"


def test_a_keras_without_the_list_is_told():
    class Without:
        pass

    with pytest.raises(RuntimeError, match=r"keeps losses elsewhere .* keras_internals"):
        losses_of_each_thread(Without())


def test_moving_averages_are_what_the_weights_become():
    weights = [keras.Variable([1.0, 2.0]), keras.Variable([[3.0]])]
    optimizer = keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5)
    assert moving_averages(optimizer) == []
    for _ in range(3):
        optimizer.apply([np.ones((2,), np.float32), np.ones((1, 1), np.float32)], weights)
    averages = [average.numpy() for average in moving_averages(optimizer)]
    assert not any(np.array_equal(*pair) for pair in zip(averages, weights, strict=True)), CHANGED
    optimizer.finalize_variable_values(weights)
    assert all(np.array_equal(*pair) for pair in zip(averages, weights, strict=True)), CHANGED
    optimizer = keras.optimizers.SGD(0.1)
    optimizer.build(weights)
    assert moving_averages(optimizer) == []


def test_variables_keep_their_precision_within_a_call():
    seen = []

    class Reads(keras.layers.Dense):
        def call(self, x):
            seen.append(self.kernel.value.dtype)
            with variables_in("float32"):
                seen.append(self.kernel.value.dtype)
            seen.append(self.kernel.value.dtype)
            return super().call(x)

    Reads(2, dtype="mixed_bfloat16")(np.ones((1, 3), np.float32))
    assert [keras.backend.standardize_dtype(dtype) for dtype in seen] == ["bfloat16", "float32", "bfloat16"], CHANGED


def test_tf2onnx_is_prepared():
    pytest.importorskip("tf2onnx")
    prepare_tf2onnx()


def private_uses(path):
    """(line, name) of private names of others, of Keras' inner modules, and of classes that are exchanged."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("keras.src"):
            yield node.lineno, node.module
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__"):
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            if owner not in ("self", "cls", "os") and node.attr not in ("_replace", "_asdict", "_fields"):
                yield node.lineno, node.attr
        if isinstance(node, ast.Attribute) and node.attr == "__class__" and isinstance(node.ctx, ast.Store):
            yield node.lineno, "__class__"


def test_no_other_file_uses_what_is_private():
    own = {"_lbfgs_step"}
    """Names of ours that another function of the same file uses."""
    packages = ("spectro", "midi", "classifiers", "generators", "transfer", "training", "benchmarks", "tests/reliability")
    paths = [path for package in packages for path in (ROOT / package).rglob("*.py")]
    found = {path.relative_to(ROOT).as_posix(): [use for use in private_uses(path) if use[1] not in own] for path in paths}
    inside = found.pop("training/fitting/keras_internals.py")
    assert {name for _, name in inside} == {
        "_flatten_layers", "_losses", "_model_variables_moving_average", "keras.src.backend", "keras.src.export.tf2onnx_lib"
    }  # fmt: skip
    assert {name for _, name in found.pop("training/machine_code.py")} == {
        "_dump"
    }  # of numba, which has no hook for its files
    assert {path: uses for path, uses in found.items() if uses} == {}
