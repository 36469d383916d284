"""Every model in every format, each file run in a fresh process that knows its runtime alone, against Keras.

The fresh processes are isolated (python -I): nothing of this project is in them, for ONNX and LiteRT neither TensorFlow nor
Keras. Each file also has to hold its labels, codec or setting, and to serve batches of another size than the
first. What a format has no way to write is told with the reason.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.cli import log, run
from training.errors import InputError

if TYPE_CHECKING:
    from tests.reliability.models import Case

FOREIGN = ("spectro", "midi", "training", "classifiers", "generators", "transfer")
"""What no fresh process may hold; for ONNX and LiteRT neither TensorFlow nor Keras, which TensorFlow itself loads."""


@dataclass(frozen=True)
class Options:
    """What is written."""

    preset: str = "quick"
    """Preset of the models."""
    models: tuple[str, ...] = ()
    """Models by name; by default all."""
    write: bool = False
    """Write the table into docs/reliability.md, under Export."""


@dataclass
class Cell:
    """One model in one format."""

    model: str
    format: str
    reason: str = ""
    """Why there is no file."""
    error: float = float("nan")
    """Largest difference from Keras in the fresh process."""
    megabytes: float = 0.0
    seconds: float = 0.0
    """That it took to write and check the file."""


def main(options: Options) -> None:
    """Print the table; exit with status 1 where a file differs from Keras or has lost its facts."""
    from tests.reliability.document import RELIABILITY, write_section
    from tests.reliability.models import every
    from training.exporting.exports import TOLERANCE

    with tempfile.TemporaryDirectory() as folder:
        cells = [cell for case in every(options.preset, options.models) for cell in written(case, Path(folder))]
        for name in FRESH:
            check([cell for cell in cells if cell.format == name and not cell.reason], name, Path(folder))
    text = f"{ABOUT.format(preset=options.preset)}\n\n{table(cells)}"
    print(text)
    if options.write:
        write_section(RELIABILITY, "Export", text)
    if wrong := [f"{cell.model} as {cell.format}" for cell in cells if not cell.reason and not cell.error <= TOLERANCE]:
        sys.exit(f"not what Keras gives: {', '.join(wrong)}")


ABOUT = """`make export-matrix` (`{preset}` presets). Largest difference of the outputs from Keras, in a fresh process
(`python -I`) with TensorFlow, onnxruntime or the LiteRT interpreter and nothing of this project; size of the file; a reason
where there is none. Inputs are drawn evenly from [0, 1), three samples, in batches of one and two (LiteRT: of one). Each
file was also asked for what it must tell: labels, codec or setting."""


def written(case: Case, folder: Path) -> list[Cell]:
    """The files of one model, PACKAGE.MODEL.FORMAT, with the inputs and Keras' outputs beside them as .npz."""
    import keras
    import numpy as np

    from training.exporting.exports import FORMATS, example_inputs, export, facts_of, output_names

    model = case.exported(case.build())
    name, inputs, cells = f"{case.package}.{case.name}", example_inputs(model), []
    made = keras.tree.flatten(model(inputs[0] if len(inputs) == 1 else inputs, training=False))
    arrays = {f"in {tensor.name}": array for tensor, array in zip(model.inputs, inputs, strict=True)}
    arrays |= {f"out {key}": np.asarray(array) for key, array in zip(output_names(model), made, strict=True)}
    np.savez(folder / f"{name}.npz", **arrays)
    for each, kind in FORMATS.items():
        begin, path = time.perf_counter(), folder / f"{name}.{each}{kind.suffix}"
        cell = Cell(name, each)
        try:
            export(model, path, each, inputs, facts_of(record_of(case), model))
        except InputError as error:
            cell.reason = str(error)
        else:
            files = [part for part in path.rglob("*") if part.is_file()] if path.is_dir() else [path]
            cell.megabytes = sum(part.stat().st_size for part in files) / 1e6
        cell.seconds = time.perf_counter() - begin
        cells.append(cell)
        log(f"{name} as {each}: {cell.reason or f'{cell.megabytes:.1f} MB'} ({cell.seconds:.0f} s)")
    return cells


def record_of(case: Case) -> dict[str, Any]:
    """What a run of the case would have in its config.json."""
    from midi.codecs import codec_named

    facts: dict[str, Any] = {"package": case.package, "model": case.name, "config": asdict(case.config)}
    if case.package == "classifiers":
        facts["labels"] = ["alto", "bass", "ünïcode"]
    if hasattr(case.config, "codec"):
        facts["codec"] = codec_named(case.config.codec).facts()
    if hasattr(case.config, "setting") and hasattr(case.config, "hop"):
        from generators.sounds.data import setting_of

        facts["setting"] = asdict(setting_of(case.config))
    return facts


def check(cells: list[Cell], name: str, folder: Path) -> None:
    """Run all files of a format in one fresh process and fill in the errors. InputError: a file has lost its facts."""
    if not cells:
        return
    files = [path for cell in cells for path in (folder / f"{cell.model}.npz", _file(cell, folder))]
    done = subprocess.run(
        [sys.executable, "-I", "-c", COMMON + FRESH[name], *map(str, files)], capture_output=True, text=True, cwd=folder
    )
    if done.returncode:
        raise InputError(f"the fresh process for {name} failed: {done.stderr.strip().splitlines()[-1:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    own = {*FOREIGN, *(() if name == "saved_model" else ("tensorflow", "keras"))}
    if others := own & set(found["modules"]):
        raise InputError(f"the fresh process for {name} holds {', '.join(others)}")
    for cell, one in zip(cells, found["files"], strict=True):
        package, wanted = cell.model.split(".")[0], {"labels", "codec", "setting"}
        told = wanted & {key for key, value in one["facts"].items() if value}
        if not told and not (package == "transfer" and "rate" in one["facts"]["config"]):
            raise InputError(f"{cell.model} as {name} tells no labels, codec or setting")
        if package == "classifiers" and one["facts"]["labels"][-1] != "ünïcode":
            raise InputError(f"{cell.model} as {name} has other labels: {one['facts']['labels']}")
        cell.error = one["error"]


def _file(cell: Cell, folder: Path) -> Path:
    from training.exporting.exports import FORMATS

    return folder / f"{cell.model}.{cell.format}{FORMATS[cell.format].suffix}"


COMMON = """
import json, sys
import numpy as np

def compare(run, whole):
    found = []
    for data, path in zip(sys.argv[1::2], sys.argv[2::2]):
        arrays = np.load(data, allow_pickle=False)
        inputs = {key[3:]: arrays[key] for key in arrays if key.startswith("in ")}
        outputs = {key[4:]: arrays[key] for key in arrays if key.startswith("out ")}
        call, facts = run(path)
        parts = [slice(0, 1), slice(1, 3)] if whole else [slice(row, row + 1) for row in range(3)]
        made = [call({name: array[part] for name, array in inputs.items()}) for part in parts]
        error = 0.0
        for name, expected in outputs.items():
            received = np.concatenate([np.asarray(each[name]) for each in made])
            difference = np.abs(received.astype(float) - expected).max()
            error = float(np.maximum(error, difference / max(1.0, np.abs(expected).max())))  # max() would lose NaN
        found.append({"error": error, "facts": facts})
    print(json.dumps({"files": found, "modules": sorted({name.split(".")[0] for name in sys.modules})}))
"""

FRESH = {
    "saved_model": """
import pathlib
import tensorflow as tf

def run(path):
    serve = tf.saved_model.load(path).signatures["serving_default"]
    facts = json.loads(pathlib.Path(path, "assets.extra", "facts.json").read_text())
    return (lambda inputs: serve(**{name: tf.constant(array) for name, array in inputs.items()})), facts

compare(run, True)
""",
    "onnx": """
import onnxruntime

def run(path):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_outputs()]
    told = session.get_modelmeta().custom_metadata_map
    facts = {key: json.loads(value) if value[0] in "[{" else value for key, value in told.items()}
    return (lambda inputs: dict(zip(names, session.run(names, inputs)))), facts

compare(run, True)
""",
    "litert": """
import zipfile
from ai_edge_litert.interpreter import Interpreter

def run(path):
    interpreter = Interpreter(path)
    call = interpreter.get_signature_runner("serving_default")
    return (lambda inputs: call(**inputs)), json.loads(zipfile.ZipFile(path).read("facts.json"))

compare(run, False)
""",
}


def table(cells: list[Cell]) -> str:
    """Markdown: a line for each model, then the reasons."""
    lines = ["| model | SavedModel | ONNX | LiteRT |", "|---|---|---|---|"]
    for name in dict.fromkeys(cell.model for cell in cells):
        mine = {cell.format: cell for cell in cells if cell.model == name}
        shown = [
            "none, see below" if cell.reason else f"{cell.error:.1g} ({cell.megabytes:.1f} MB)"
            for cell in (mine[each] for each in ("saved_model", "onnx", "litert"))
        ]
        lines.append(f"| {name} | {' | '.join(shown)} |")
    lines += ["", *(f"* {cell.model} as {cell.format}: {cell.reason}" for cell in cells if cell.reason)]
    return "\n".join(lines).strip()


if __name__ == "__main__":
    run(main, Options, keras=True)
