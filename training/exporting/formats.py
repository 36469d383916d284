"""SavedModel, ONNX, LiteRT: how each is written, with what its user must know inside, and run by its own runtime.

Inputs and outputs have the same names in all of them. The facts stand in the file itself: in a SavedModel as
`assets.extra/facts.json`, in ONNX as metadata (`metadata_props`), at the end of a LiteRT file as an entry of a ZIP archive,
which readers of the model pass over (the place that TensorFlow Lite's own metadata gives to files that go with a model).
"""

from __future__ import annotations

import json
import logging
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from training.files import write_json
from training.fitting.keras_internals import prepare_tf2onnx

Named = dict[str, np.ndarray]
"""Arrays by the names of a model's inputs or outputs."""
FACTS = "facts.json"
"""Name of the facts in SavedModel and LiteRT."""
SIGNATURE = "serving_default"
"""What model servers ask for."""


@dataclass(frozen=True)
class Format:
    """How one format is written and run, and what that needs beyond TensorFlow."""

    suffix: str
    extra: str
    packages: tuple[str, ...]
    batch: int | None
    write: Callable[[keras.Model, Path, dict[str, Any]], None]
    run: Callable[[Path, Named], Named]


def output_names(model: keras.Model) -> list[str]:
    """The model's own names, sorted as Keras does; of one without: "output", and "STATE_after" for each state that the last
    inputs bring and the last outputs take away again."""
    if isinstance(model.output, dict):
        return sorted(model.output)
    states = model.inputs[len(model.inputs) - len(model.outputs) + 1 :]
    if [state.shape for state in states] == [state.shape for state in model.outputs[1:]]:
        return ["output", *(f"{state.name}_after" for state in states)]
    return [f"output_{number}" for number in range(len(model.outputs))]


def _write_saved_model(model: keras.Model, path: Path, facts: dict[str, Any]) -> None:
    _save(model, path, batch=None)
    write_json(path / "assets.extra" / FACTS, facts)


def _run_saved_model(path: Path, inputs: Named) -> Named:
    import tensorflow as tf

    with tf.device("CPU:0"):
        serve = tf.saved_model.load(path).signatures[SIGNATURE]
        return _any_batch(lambda arrays: serve(**{name: tf.constant(array) for name, array in arrays.items()}), inputs)


def _write_onnx(model: keras.Model, path: Path, facts: dict[str, Any]) -> None:
    import onnx
    import tf2onnx

    prepare_tf2onnx()
    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)  # warns of shortcuts that it passed over, with a traceback
    function = _served(model, batch=None).serve
    written, _ = tf2onnx.convert.from_function(function, function.input_signature)
    onnx.helper.set_model_props(written, {key: _text(value) for key, value in facts.items()})
    onnx.save(written, path)


def _run_onnx(path: Path, inputs: Named) -> Named:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_outputs()]
    return _any_batch(lambda arrays: dict(zip(names, session.run(None, arrays), strict=True)), inputs)


def _write_litert(model: keras.Model, path: Path, facts: dict[str, Any]) -> None:
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        _save(model, Path(folder), batch=1)
        path.write_bytes(tf.lite.TFLiteConverter.from_saved_model(folder).convert())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(FACTS, json.dumps(facts, indent=2))


def _run_litert(path: Path, inputs: Named) -> Named:
    from ai_edge_litert.interpreter import Interpreter

    run = Interpreter(str(path)).get_signature_runner(SIGNATURE)
    count = len(next(iter(inputs.values())))
    rows = [run(**{name: array[row : row + 1] for name, array in inputs.items()}) for row in range(count)]
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}


FORMATS = {
    "saved_model": Format("", "", (), None, _write_saved_model, _run_saved_model),
    "onnx": Format(".onnx", "onnx", ("tf2onnx", "onnx", "onnxruntime"), None, _write_onnx, _run_onnx),
    "litert": Format(".tflite", "litert", ("ai_edge_litert",), 1, _write_litert, _run_litert),
}
"""Name -> format."""


def _save(model: keras.Model, path: Path, batch: int | None) -> None:
    import tensorflow as tf

    module = _served(model, batch)
    tf.saved_model.save(module, path, signatures={SIGNATURE: module.serve.get_concrete_function()})


def _served(model: keras.Model, batch: int | None) -> Any:
    """A `tf.Module` that holds the weights; its `serve` takes named inputs and gives named outputs.

    Not by Keras' export: that leaves open whether a network within the model is being trained, so that the batch norms of
    `resnet50` would go by the batch.
    """
    import tensorflow as tf

    names = output_names(model)
    specs = [tf.TensorSpec((batch, *tensor.shape[1:]), tensor.dtype, name=tensor.name) for tensor in model.inputs]

    def serve(*arrays: Any) -> dict[str, Any]:
        made = model(arrays[0] if len(arrays) == 1 else list(arrays), training=False)
        return dict(zip(names, keras.tree.flatten(made), strict=True))

    module = tf.Module()
    module.weights = [variable.value for variable in model.variables]
    module.serve = tf.function(serve, input_signature=specs, autograph=False)
    return module


def _any_batch(run: Callable[[Named], Named], inputs: Named) -> Named:
    """Run a batch of one and a batch of the rest, so that a file tied to one batch size fails here."""
    parts = [{name: array[rows] for name, array in inputs.items()} for rows in (slice(1), slice(1, None))]
    outputs = [run(part) for part in parts if len(next(iter(part.values())))]
    return {name: np.concatenate([np.asarray(output[name]) for output in outputs]) for name in outputs[0]}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
