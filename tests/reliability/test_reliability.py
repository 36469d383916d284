"""The sweeps over all models that docs/reliability.md has tables of."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.reliability.accelerator import TOLERANCE, compared, table
from tests.reliability.export_matrix import Cell, check, written
from tests.reliability.models import every
from tests.reliability.throughput import _of, operations, unrolled
from training.exporting import exports

ROOT = Path(__file__).parents[2]
EVERY = tuple(f"{case.package}.{case.name}" for case in every())


@pytest.fixture(autouse=True)
def extras():
    for package in ("tf2onnx", "onnxruntime", "ai_edge_litert"):
        pytest.importorskip(package)


@pytest.mark.slow
def test_the_matrix_of_two_models(tmp_path):
    cells = [cell for case in every(names=("softmax", "hilbert_autoencoder")) for cell in written(case, tmp_path)]
    assert [cell.reason for cell in cells] == [""] * 6
    for name in ("onnx", "litert"):
        check([cell for cell in cells if cell.format == name], name, tmp_path)
    assert all(cell.error < 1e-5 for cell in cells if cell.format != "saved_model")


def test_a_format_that_cannot_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr(exports, "TOLERANCE", -1.0)
    (case,) = every(names=("softmax",))
    (onnx,) = [cell for cell in written(case, tmp_path) if cell.format == "onnx"]
    assert "differ from Keras by" in onnx.reason
    assert isinstance(onnx, Cell)


@pytest.mark.slow
def test_operations_are_counted():
    (case,) = every(names=("softmax",))
    model = case.build()
    pixels, classes = model.layers[-1].kernel.shape
    assert operations(model, case) == pytest.approx(2 * 2 * pixels * classes)  # forward, and the kernel's gradient
    (case,) = every(names=("lstm",))
    step = sum(layer.cell.kernel.shape[0] * layer.cell.kernel.shape[1] + layer.units * 4 * layer.units
               for layer in case.build().stack)  # fmt: skip
    assert operations(unrolled(case.build()), case) > 2 * case.config.window * step
    assert _of.__doc__


def test_differences_are_found(tmp_path):
    arrays = {"before 0": np.zeros(3), "weight 0": np.ones(2), "after 0": np.ones(3), "moved": 0.1}
    np.savez(tmp_path / "a.b-jax.npz", **arrays, loss=1.0)
    np.savez(tmp_path / "a.b-tensorflow.npz", **arrays | {"weight 0": np.ones(2) + 0.5, "with jax 0": np.ones(3) * 3})
    ((name, before, weights, after, carried, moved),) = rows = compared(tmp_path)
    assert (name, before, weights, after, carried, moved) == ("a.b", 0, 0.5, 0, 2 / 3, 0.1)
    assert "| a.b | 0 | 0.5 | 0.1 | 0 | 0.7 |" in table(rows)


@pytest.mark.slow
def test_every_model_leaves_the_house():
    done = subprocess.run(
        [sys.executable, "-m", "tests.reliability.export_matrix"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert all(f"| {name} |" in done.stdout for name in EVERY)


@pytest.mark.slow
def test_every_model_is_the_same_on_jax():
    if importlib.util.find_spec("jax") is None:
        pytest.skip("JAX is absent (pip install 'spectro-music[jax]')")
    done = subprocess.run([sys.executable, "-m", "tests.reliability.accelerator"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert all(f"| {name} |" in done.stdout for name in EVERY)
    assert TOLERANCE == 1e-4
