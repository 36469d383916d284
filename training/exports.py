"""A model leaves the house: SavedModel, ONNX or LiteRT, each run and compared with Keras before it gets its name."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import keras
import numpy as np

from training.cli import InputError
from training.files import atomic, fsync, refuse_existing, write_json

Arrays = list[np.ndarray]
TOLERANCE = 1e-3
"""Largest difference from Keras, relative to the largest output (at least 1), at which a file is kept."""


def export(
    model: keras.Model,
    path: str | os.PathLike,
    format: str,  # noqa: A002
    example: np.ndarray | Sequence[np.ndarray],
    facts: dict[str, Any] | None = None,
    force: bool = False,
) -> float:
    """Write the functional `model` to `path` as "saved_model" (a folder), "onnx" or "litert"; the largest absolute error.

    `example`: one array per input (or the array of the only input), shape (batch, ...): what is run by Keras and by the
    file's own runtime, on the CPU, to compare. SavedModel and ONNX take any batch size, LiteRT takes batches of one.
    `<path>.json` beside it tells format, inputs, outputs, versions and error, and `facts` (labels, setting).
    Nothing is left behind on failure. Raises InputError for an unknown format, a suffix that does not fit, a missing extra,
    an existing `path` without `force`, or a file that differs from Keras by more than `TOLERANCE`.
    """
    path, kind = Path(path), _checked(format)
    if path.suffix != kind.suffix and kind.suffix:
        raise InputError(f"{path}: {format} files end in {kind.suffix}; change --output")
    refuse_existing(path, force)
    arrays = [example] if isinstance(example, np.ndarray) else example
    inputs = [np.asarray(array, tensor.dtype) for array, tensor in zip(arrays, model.inputs, strict=True)]
    expected = _by_keras(model, inputs)  # before writing: Keras exports only a model that has been called
    with (atomic if kind.suffix else atomic_folder)(path) as temporary:
        kind.write(model, temporary)
        error = _compare(path, expected, kind.run(temporary, inputs, [tensor.name for tensor in model.inputs]))
    write_json(path.with_name(path.name + ".json"), {**(facts or {}), **_description(model, path, format, kind, error)})
    return error


def example_inputs(model: keras.Model, count: int = 3, seed: int = 0) -> Arrays:
    """`count` samples for every input of the functional `model`: seeded noise of deviation 0.1, zeros for labels."""
    generator = np.random.default_rng(seed)
    return [
        (0.1 * generator.standard_normal((count, *tensor.shape[1:]), np.float32)).astype(tensor.dtype)
        for tensor in model.inputs
    ]


@contextlib.contextmanager
def atomic_folder(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a temporary folder name beside `path`; on success everything in it is fsynced and it replaces `path`."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary, old = (path.with_name(f".{path.name}.{os.getpid()}.{state}") for state in ("tmp", "old"))
    try:
        yield temporary
        for entry in [*temporary.rglob("*"), temporary]:
            fsync(entry)
        if path.exists():
            path.rename(old)  # a folder that is not empty cannot be replaced in one step
        temporary.rename(path)
        fsync(path.parent)
    finally:
        if old.exists() and not path.exists():
            old.rename(path)
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _write_saved_model(model: keras.Model, path: Path) -> None:
    model.export(path, format="tf_saved_model", verbose=False)


def _run_saved_model(path: Path, inputs: Arrays, names: list[str]) -> Arrays:
    import tensorflow as tf

    with tf.device("CPU:0"):
        loaded = tf.saved_model.load(path)
        return _any_batch(lambda arrays: keras.tree.flatten(loaded.serve(arrays[0] if len(arrays) == 1 else arrays)), inputs)


def _write_onnx(model: keras.Model, path: Path) -> None:
    with warnings.catch_warnings():
        # Keras 3.15 asks NumPy for the `np.object` that tf2onnx wants
        warnings.filterwarnings("ignore", "In the future `np.object`", FutureWarning)
        model.export(path, format="onnx", verbose=False)


def _run_onnx(path: Path, inputs: Arrays, names: list[str]) -> Arrays:
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own have no base but this
        raise InputError(f"onnx has no way to write this model: {' '.join(str(error).split())[:300]}") from None
    given = [each.name for each in session.get_inputs()]
    return _any_batch(lambda arrays: session.run(None, dict(zip(given, arrays, strict=True))), inputs)


def _write_litert(model: keras.Model, path: Path) -> None:
    given = [keras.InputSpec(shape=(1, *tensor.shape[1:]), dtype=tensor.dtype, name=tensor.name) for tensor in model.inputs]
    model.export(path, format="litert", verbose=False, input_signature=given if len(given) == 1 else [given])


def _run_litert(path: Path, inputs: Arrays, names: list[str]) -> Arrays:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path))
    try:
        interpreter.allocate_tensors()
    except RuntimeError as error:
        raise InputError(f"litert has no way to write this model: {' '.join(str(error).split())[:300]}") from None
    given = sorted(interpreter.get_input_details(), key=lambda detail: _natural(detail["name"]))
    named = {detail["name"].removeprefix("serving_default_").split(":")[0]: detail for detail in given}
    given = [named[name] for name in names] if named.keys() == set(names) else given
    made = sorted(interpreter.get_output_details(), key=lambda detail: _natural(detail["name"]))
    rows = []
    for sample in range(len(inputs[0])):
        for detail, array in zip(given, inputs, strict=True):
            interpreter.set_tensor(detail["index"], array[sample : sample + 1])
        interpreter.invoke()
        rows.append([interpreter.get_tensor(detail["index"]) for detail in made])
    return [np.concatenate(row) for row in zip(*rows, strict=True)]


@dataclass(frozen=True)
class _Format:
    """How one format is written and run, and what that needs beyond TensorFlow."""

    suffix: str
    extra: str
    packages: tuple[str, ...]
    batch: int | None
    write: Callable[[keras.Model, Path], None]
    run: Callable[[Path, Arrays, list[str]], Arrays]


FORMATS = {
    "saved_model": _Format("", "", (), None, _write_saved_model, _run_saved_model),
    "onnx": _Format(".onnx", "onnx", ("tf2onnx", "onnx", "onnxruntime"), None, _write_onnx, _run_onnx),
    "litert": _Format(".tflite", "litert", ("ai_edge_litert",), 1, _write_litert, _run_litert),
}


def _checked(name: str) -> _Format:
    """The format called `name`, if it is one and what it needs is installed."""
    if name not in FORMATS:
        raise InputError(f"--format {name}: expected one of {', '.join(FORMATS)}")
    kind = FORMATS[name]
    missing = [package for package in kind.packages if importlib.util.find_spec(package) is None]
    if missing:
        raise InputError(f"--format {name} needs {', '.join(missing)}, not installed: pip install 'spectro[{kind.extra}]'")
    if keras.backend.backend() != "tensorflow":
        raise InputError(
            f"--format {name} needs the TensorFlow backend, this is {keras.backend.backend()}; use KERAS_BACKEND=tensorflow"
        )
    return kind


def _by_keras(model: keras.Model, inputs: Arrays) -> Arrays:
    """Keras' own outputs, on the CPU: a GPU's TF32 convolutions differ by more than the formats do."""
    import tensorflow as tf

    with tf.device("CPU:0"):
        outputs = model(inputs[0] if len(inputs) == 1 else inputs, training=False)
    return [keras.ops.convert_to_numpy(output) for output in keras.tree.flatten(outputs)]


def _any_batch(run: Callable[[Arrays], Sequence[Any]], inputs: Arrays) -> Arrays:
    """Run a batch of one and a batch of the rest, so that a file tied to one batch size fails here."""
    parts = [[array[:1] for array in inputs], [array[1:] for array in inputs]]
    outputs = [run(part) for part in parts if len(part[0])]
    return [np.concatenate([np.asarray(piece) for piece in pieces]) for pieces in zip(*outputs, strict=True)]


def _compare(path: Path, expected: Arrays, received: Arrays) -> float:
    """The largest absolute difference; InputError where it is beyond `TOLERANCE`."""
    pairs = list(zip(expected, received, strict=True))
    error = max(float(np.abs(ours - theirs).max()) for ours, theirs in pairs)
    largest = max(1.0, *(float(np.abs(ours).max()) for ours in expected))
    if not error <= TOLERANCE * largest:
        raise InputError(
            f"{path} was not written: its outputs differ from Keras by {error:.3g}, more than "
            f"{TOLERANCE * largest:.3g} (rounding is below 1e-5); a layer of the model is not exported rightly"
        )
    return error


def _description(model: keras.Model, path: Path, name: str, kind: _Format, error: float) -> dict[str, Any]:
    """What a user of the file must know, and what made it."""

    def told(tensors: Sequence[Any]) -> list[dict[str, Any]]:
        return [{"name": tensor.name, "shape": [kind.batch, *tensor.shape[1:]], "dtype": tensor.dtype} for tensor in tensors]

    packages = ["keras", "tensorflow", "numpy", *(package.replace("_", "-") for package in kind.packages)]
    found = {}
    for package in packages:
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return {
        "file": path.name,
        "format": name,
        "inputs": told(model.inputs),
        "outputs": told(model.outputs),
        "largest_error": error,
        "versions": found,
    }


def _natural(name: str) -> tuple[int, str]:
    """Sorts output_2 before output_10."""
    return len(name), name
