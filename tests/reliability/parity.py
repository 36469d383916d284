"""Does every model train on two devices, and on two workers, as on one? Weights and losses of the same tiny training.

Each model's `quick` preset, by gradient descent, without dropout, with equal noise for equal items; validation ends with a
ragged batch (`tests.reliability.parity_cases`). An error is relative to the largest weight of its array, or to 1 where
that is smaller. Exit status 1 if one is above the tolerance, or a model hardly moved, so that it proves nothing.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from training.cli import run

if TYPE_CHECKING:
    import numpy as np

TOLERANCE = 1e-5
"""Largest error of a weight, and of a loss."""
WAYS = {"2 devices": "cpu:2", "2 workers": "1"}
"""What is compared with one device, and what its processes take as devices."""
ON_WORKERS = (
    "classifiers.lil_data, batch norm", "generators.vae, columns", "generators.dcgan, R1 and R2",
    "generators.lstm, gradients shortened", "generators.spectrogram_lstm", "transfer.hilbert_autoencoder", "transfer.dtn",
)  # fmt: skip
"""The cases that two workers train: a model of each kind."""
ABOUT = """One device against two logical CPU devices, and against two workers on loopback, in the same training: 2 epochs of
2 batches of 8, gradient descent, no dropout, equal noise for equal items, 14 items of validation in batches of 4. The
largest error of a weight, relative to the largest of its array (or to 1), and of loss and val_loss. "Moved" is how far
the weights went on one device. resnet50, dcgan with batch norm, dtn and transcription train in float64 here: their
batch norms of few numbers make so much of float32's rounding that it alone comes to 1e-4 and more. Made by `make parity`."""


@dataclass(frozen=True)
class Options:
    """What is compared."""

    write: bool = False
    """Put the table into docs/reliability.md."""
    cases: tuple[str, ...] = ()
    """Cases, as the table calls them; by default all."""


def main(options: Options) -> None:
    """Print the table, or write it."""
    from tests.reliability.document import RELIABILITY, write_section
    from tests.reliability.parity_cases import CASES

    names = list(options.cases or CASES)
    found = compare(names, [name for name in names if name in ON_WORKERS])
    lines = table(found)
    print("\n".join(lines))
    if options.write:
        write_section(RELIABILITY, "Parity", f"{ABOUT}\n\n" + "\n".join(lines))
    if wrong := [name for name, ways in found.items() if not holds(ways)]:
        sys.exit(f"no parity: {', '.join(wrong)}")


def compare(names: list[str], on_workers: list[str]) -> dict[str, dict[str, tuple[float, float]]]:
    """Case -> way -> (error of weights, error of losses); way "moved": how far its weights went."""
    found: dict[str, dict[str, tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        one = pool.submit(trained, names, "1", Path(folder, "one"))
        two = pool.submit(trained, names, WAYS["2 devices"], Path(folder, "two"))
        one, others = one.result(), {"2 devices": two.result()}
        if on_workers:
            others["2 workers"] = trained(on_workers, WAYS["2 workers"], Path(folder, "workers"), workers=2)
    for name in names:
        found[name] = {"moved": (float(one[name]["moved"]), 0.0)}
        found[name] |= {way: errors(one[name], other[name]) for way, other in others.items() if name in other}
    return found


def trained(names: list[str], devices: str, folder: Path, workers: int = 1) -> dict[str, dict[str, np.ndarray]]:
    """Train the cases in one process, or in one for each of the workers."""
    import numpy as np

    from tests.reliability.parity_cases import ALL

    folder.mkdir()
    addresses = free_addresses(workers)
    command = [sys.executable, "-m", "tests.reliability.parity_cases", devices, str(folder), *names]
    processes = []
    for index in range(workers):
        cluster = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        environment = (
            os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | ({"TF_CONFIG": json.dumps(cluster)} if workers > 1 else {})
        )
        with Path(folder, f"{index}.log").open("w") as log:
            processes.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
    if sum(process.wait() != 0 for process in processes):
        logs = "".join(Path(folder, f"{index}.log").read_text()[-3000:] for index in range(workers))
        sys.exit(f"training on {devices} failed: {logs}")
    return {name: dict(np.load(folder / f"{list(ALL).index(name)}.npz")) for name in names}


def free_addresses(count: int) -> list[str]:
    """As many addresses of this machine with free ports."""
    doors = [socket.create_server(("localhost", 0)) for _ in range(count)]
    addresses = [f"localhost:{door.getsockname()[1]}" for door in doors]
    for door in doors:
        door.close()
    return addresses


def errors(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> tuple[float, float]:
    """Largest errors (of weights, of losses)."""
    import numpy as np

    arrays = [name for name in one if name.isdigit()]
    weights = [np.abs(one[name] - other[name]).max(initial=0) / max(1, np.abs(one[name]).max(initial=0)) for name in arrays]
    losses = np.abs(one["losses"] - other["losses"]) / np.maximum(1, np.abs(one["losses"]))
    return float(max(weights)), float(losses.max())


def holds(ways: dict[str, tuple[float, float]]) -> bool:
    """Whether a case has parity, and moved far enough to show it."""
    compared = [error for way, pair in ways.items() if way != "moved" for error in pair]
    return max(compared) <= TOLERANCE and ways["moved"][0] >= 10 * TOLERANCE


def table(found: dict[str, dict[str, tuple[float, float]]]) -> list[str]:
    """Markdown."""
    lines = ["| model | moved | " + " | ".join(f"{way}: weights | losses" for way in WAYS) + " |"]
    lines.append("|---" * (2 + 2 * len(WAYS)) + "|")
    for name, ways in found.items():
        cells = [f"{error:.1e}" for way in WAYS for error in ways.get(way, ())]
        cells += [""] * (2 * len(WAYS) - len(cells))
        lines.append(f"| {name} | {ways['moved'][0]:.1e} | " + " | ".join(cells) + " |")
    return lines


if __name__ == "__main__":
    run(main, Options)
