"""The lines of docs/export.md do what the document says, without this project."""

import re
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from classifiers.pretrained import path as pretrained
from tests.reliability.models import every
from training.exporting.exports import example_inputs, export, facts_of
from training.runs import load, model_module, read_run

DOCUMENT = Path(__file__).parents[2] / "docs" / "export.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A recording, the shipped classifier, and an LSTM as ONNX, by the names that the document gives them."""
    for package in ("tf2onnx", "onnxruntime", "ai_edge_litert"):
        pytest.importorskip(package)
    folder, record = tmp_path_factory.mktemp("elsewhere"), read_run(pretrained())
    model = model_module(record).exported(load(pretrained()))
    for name, kind in (("lil_data.onnx", "onnx"), ("lil_data.tflite", "litert")):
        export(model, folder / name, kind, example_inputs(model, 2), facts_of(record, model))
    (case,) = every(names=("lstm",))
    step = case.exported(case.build())
    export(step, folder / "lstm.onnx", "onnx", example_inputs(step))
    with wave.open(str(folder / "song.wav"), "wb") as file:
        file.setparams((1, 2, 22_050, 0, "NONE", ""))
        file.writeframes((3e4 * np.sin(np.arange(110_250) / 9)).astype(np.int16).tobytes())
    return folder


def run_lines(folder, *numbers):
    """(label, per cent) as the blocks print them, the last line, the modules loaded in the end."""
    script = "\n".join(BLOCKS[number] for number in numbers) + '\nimport sys\nprint("modules", *sys.modules)'
    done = subprocess.run([sys.executable, "-I", "-c", script], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    *told, modules = done.stdout.splitlines()
    return re.findall(r"^(\w[\w ]*): (\d+)%$", "\n".join(told), re.MULTILINE), told[-1], set(modules.split())


@pytest.mark.slow
def test_the_lines_run_without_tensorflow(folder):
    named, last, modules = run_lines(folder, 1, 2, 3)
    assert named[:3] == named[3:]
    assert {label for label, _ in named} <= set(read_run(pretrained())["labels"])
    assert 0 < float(last) < 1
    assert not {"keras", "tensorflow", "spectro", "training", "classifiers"} & modules


@pytest.mark.slow
def test_the_lines_run_with_tensorflow(folder):
    record = read_run(pretrained())
    model = model_module(record).exported(load(pretrained()))
    export(model, folder / "lil_data", "saved_model", example_inputs(model, 2), facts_of(record, model))
    named, _, modules = run_lines(folder, 0)  # TensorFlow itself loads Keras
    assert named == run_lines(folder, 1)[0]
    assert not {"spectro", "training", "classifiers"} & modules


def test_every_model_is_in_the_document():
    text = DOCUMENT.read_text()
    assert [case.name for case in every() if case.package != "classifiers" and f" {case.name}" not in text] == []
