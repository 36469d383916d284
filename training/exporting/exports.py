"""Exports of a model: SavedModel, ONNX or LiteRT, each run and compared with Keras before it gets its name."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from training.errors import InputError
from training.exporting.formats import FORMATS, Format, Named, output_names
from training.files import atomic, fsync, refuse_existing, write_json
from training.fitting.keras_internals import all_layers
from training.installation import DISTRIBUTION, versions

TOLERANCE = 1e-3
"""Largest difference from Keras, relative to the largest output (at least 1), at which a file is kept."""

FROM_RECORD = ("package", "model", "config", "labels", "codec", "representation", "setting")


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
    file's own runtime, on the CPU, to compare. SavedModel and ONNX take any batch size, LiteRT takes batches of one. A model
    that was trained in mixed precision computes in float32 there, as all formats know it.

        model = exported(load("runs/genres"))
        export(model, "genres.onnx", "onnx", example_inputs(model))

    `facts` (labels, codec, setting) stand in the file, with format, inputs, outputs and versions; `<path>.json` beside it
    tells the same and the error. Nothing is left behind on failure. Raises InputError for an unknown format, a suffix that
    does not fit, a missing extra, an existing `path` without `force`, a model that the format has no way to write, or a file
    that differs from Keras by more than `TOLERANCE`.
    """
    path, kind = Path(path), _checked(format)
    if path.suffix != kind.suffix and kind.suffix:
        raise InputError(f"{path}: {format} files end in {kind.suffix}; change --output")
    refuse_existing(path, force)
    arrays = [example] if isinstance(example, np.ndarray) else example
    inputs = {tensor.name: np.asarray(array, tensor.dtype) for array, tensor in zip(arrays, model.inputs, strict=True)}
    with in_float32(model):
        expected = _by_keras(model, inputs)
        about = {**(facts or {}), **_description(model, expected, format, kind)}
        with (atomic if kind.suffix else atomic_folder)(path) as temporary:
            error = _compare(path, expected, _written(model, temporary, format, about, inputs))
    write_json(path.with_name(path.name + ".json"), {**about, "file": path.name, "largest_error": error})
    return error


def example_inputs(model: keras.Model, count: int = 3, seed: int = 0) -> list[np.ndarray]:
    """`count` samples for every input of the functional `model`: seeded, even in [0, 1), whole numbers 0 or 1."""
    generator = np.random.default_rng(seed)
    return [
        generator.integers(2, size=(count, *tensor.shape[1:])).astype(tensor.dtype)
        if "int" in tensor.dtype
        else generator.random((count, *tensor.shape[1:]), np.float32)
        for tensor in model.inputs
    ]


def facts_of(record: dict[str, Any], model: keras.Model) -> dict[str, Any]:
    """What a run's record tells the user of its exported `model`: labels, codec, setting, config, whose model it is.

    The setting is that of the layer that makes the picture, where the record has none.
    """
    facts = {name: record[name] for name in FROM_RECORD if name in record}
    settings = [layer.get_config()["setting"] for layer in model.layers if hasattr(layer, "setting")]
    return ({"setting": settings[0]} if settings else {}) | facts


@contextlib.contextmanager
def in_float32(model: keras.Model) -> Iterator[None]:
    """All layers of `model`, trained in mixed precision or not, compute in float32 for as long as this lasts."""
    policies = [(layer, layer.dtype_policy) for layer in all_layers(model) if layer.compute_dtype != "float32"]
    for layer, _ in policies:
        layer.dtype_policy = "float32"
    try:
        yield
    finally:
        for layer, policy in policies:
            layer.dtype_policy = policy


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


def _checked(name: str) -> Format:
    """The format called `name`, if it is one and what it needs is installed."""
    if name not in FORMATS:
        raise InputError(f"--format {name}: expected one of {', '.join(FORMATS)}")
    kind = FORMATS[name]
    missing = [package for package in kind.packages if importlib.util.find_spec(package) is None]
    if missing:
        raise InputError(
            f"--format {name} needs {', '.join(missing)}, not installed: pip install '{DISTRIBUTION}[{kind.extra}]'"
        )
    if keras.backend.backend() != "tensorflow":
        raise InputError(
            f"--format {name} needs the TensorFlow backend, this is {keras.backend.backend()}; use KERAS_BACKEND=tensorflow"
        )
    return kind


def _written(model: keras.Model, path: Path, name: str, facts: dict[str, Any], inputs: Named) -> Named:
    """What the file, written to `path`, makes of `inputs`. InputError: the format has no way to write the model."""
    try:
        FORMATS[name].write(model, path, facts)
        return FORMATS[name].run(path, inputs)
    except OSError:
        raise
    except Exception as error:  # converters and runtimes have no common base for what they do not know
        raise InputError(f"{name} has no way to write this model: {' '.join(str(error).split())[:300]}") from error


def _by_keras(model: keras.Model, inputs: Named) -> Named:
    """Keras' own outputs, on the CPU: a GPU's TF32 convolutions differ by more than the formats do."""
    import tensorflow as tf

    arrays = list(inputs.values())
    with tf.device("CPU:0"):
        outputs = model(arrays[0] if len(arrays) == 1 else arrays, training=False)
    made = [keras.ops.convert_to_numpy(output) for output in keras.tree.flatten(outputs)]
    return dict(zip(output_names(model), made, strict=True))


def _compare(path: Path, expected: Named, received: Named) -> float:
    """The largest absolute difference; InputError where it is beyond `TOLERANCE`."""
    error = max(float(np.abs(ours - received[name]).max()) for name, ours in expected.items())
    largest = max(1.0, *(float(np.abs(ours).max()) for ours in expected.values()))
    if not error <= TOLERANCE * largest:
        raise InputError(
            f"{path} was not written: its outputs differ from Keras by {error:.3g}, more than "
            f"{TOLERANCE * largest:.3g} (rounding is below 1e-5); a layer of the model is not exported rightly"
        )
    return error


def _description(model: keras.Model, made: Named, name: str, kind: Format) -> dict[str, Any]:
    """What a user of the file must know, and what made it."""
    made_by = versions("keras", "tensorflow", "numpy", *(each.replace("_", "-") for each in kind.packages))
    inputs = [{"name": each.name, "shape": [kind.batch, *each.shape[1:]], "dtype": each.dtype} for each in model.inputs]
    outputs = [
        {"name": name, "shape": [kind.batch, *array.shape[1:]], "dtype": str(array.dtype)} for name, array in made.items()
    ]
    return {"format": name, "inputs": inputs, "outputs": outputs, "versions": made_by}
