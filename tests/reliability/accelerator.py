"""The JAX backend against TensorFlow, for every model; and where a GPU is at hand, how near training comes to its limit.

Each model is built once, its weights handed to both backends: what its exported part gives, one step of gradient descent on
the same batch with the same noise, what it gives then, and what TensorFlow gives with the weights that JAX saved. JAX runs
in a process of its own, by the interpreter after --python, which may be one without TensorFlow.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from training.cli import run
from training.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

TOLERANCE = 1e-4
"""Largest difference of an output, relative to the largest one (at least 1), and of a weight."""


@dataclass(frozen=True)
class Options:
    """What is compared."""

    python: Path = Path(sys.executable)
    """Interpreter with this project and JAX: pip install 'spectro-music[jax]'."""
    models: tuple[str, ...] = ()
    """Models by name; by default all."""
    write: bool = False
    """Write the tables into docs/reliability.md, under Accelerator."""


def main(options: Options) -> None:
    """Print the tables; exit with status 1 if the backends differ."""
    from tests.reliability.document import RELIABILITY, write_section
    from tests.reliability.throughput import throughput

    with tempfile.TemporaryDirectory() as folder:
        for backend in ("tensorflow", "jax", "tensorflow"):
            python = options.python if backend == "jax" else Path(sys.executable)
            _step(python, backend, Path(folder), options.models)
        rows = compared(Path(folder))
    text = f"{ABOUT}\n\n{table(rows)}\n\n{throughput()}"
    print(text)
    if options.write:
        write_section(RELIABILITY, "Accelerator", text)
    if wrong := [name for name, *values in rows if not all(value <= TOLERANCE for value in values[:4])]:
        sys.exit(f"the backends differ: {', '.join(wrong)}")


ABOUT = """`make accelerator` (quick presets, float32, 2 CPU cores). JAX against TensorFlow, largest differences: of what
`exported(model)` gives; of the weights after one step of gradient descent (batch of 8, dropout 0, the same noise), beside
how far that step moved a weight; of what the exported part gives then; and of what TensorFlow gives with the weights that
JAX saved. Outputs relative to the largest one, at least 1. The step is 0.01, for dtn 0.001 and for resnet50 0.00001: batch
norms of few numbers make their gradients large, and rounding with them. With 0.01 the backends differ by 0.03 in a weight of
resnet50; on TensorFlow alone, sound that differs by 1e-7 makes as much of a difference.

The JAX backend trains on one accelerator (`KERAS_BACKEND=jax`), with the same callbacks, backups and history.

In mixed bfloat16 every model trains: weights, spectra, heads and losses stay float32, and its first loss is that of float32
within 5 % (resnet50: 20 %; `tests/training/devices/test_precision.py`). Exports of such runs compute in float32."""


def compared(folder: Path) -> list[tuple[str, float, float, float, float, float]]:
    """(model, exported before, weights, exported after, TensorFlow with JAX's weights, largest move) of each model."""
    import numpy as np

    rows = []
    for path in sorted(folder.glob("*-jax.npz")):
        name = path.name.removesuffix("-jax.npz")
        with (
            np.load(path, allow_pickle=False) as jax,
            np.load(folder / f"{name}-tensorflow.npz", allow_pickle=False) as flow,
        ):
            weights = max(float(np.abs(flow[key] - jax[key]).max(initial=0)) for key in jax if key.startswith("weight "))
            rows.append((
                name, difference(flow, jax, "before"), weights, difference(flow, jax, "after"),
                difference(flow, jax, "with jax", "after"), float(flow["moved"]),
            ))  # fmt: skip
    return rows


def difference(
    ours: Mapping[str, np.ndarray], theirs: Mapping[str, np.ndarray], kind: str, other: str | None = None
) -> float:
    """The largest difference of all outputs called `kind` from those called `other`, relative to the largest, at least 1."""
    import numpy as np

    pairs = [
        (ours[key].astype(float), theirs[key.replace(kind, other or kind)].astype(float))
        for key in ours
        if key.startswith(kind)
    ]
    largest = max(1.0, *(float(np.abs(one).max()) for one, _ in pairs))
    return max(float(np.abs(one - two).max()) for one, two in pairs) / largest


def table(rows: list[tuple[str, float, float, float, float, float]]) -> str:
    """Markdown."""
    head = "| model | exported | weights after a step | step moved | exported after it | TensorFlow with JAX's weights |"
    lines = [
        f"| {name} | {before:.1g} | {weights:.1g} | {moved:.1g} | {after:.1g} | {carried:.1g} |"
        for name, before, weights, after, carried, moved in rows
    ]
    return "\n".join([head, "|---|---|---|---|---|---|", *lines])


def _step(python: Path, backend: str, folder: Path, models: tuple[str, ...]) -> None:
    """One run of `tests.reliability.one_step`."""
    done = subprocess.run(
        [python, "-m", "tests.reliability.one_step", folder, *models],
        env={**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"},
        cwd=Path(__file__).parents[2],
        stderr=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        raise InputError(f"{python} with KERAS_BACKEND={backend} failed: {done.stderr.strip().rpartition(chr(10))[2]}")


if __name__ == "__main__":
    run(main, Options)
