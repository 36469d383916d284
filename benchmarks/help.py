"""How long `--help` of every command takes: the smallest of several runs, since help should never wait for Keras."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from training.cli import run

PACKAGES = ("spectro", "midi", "classifiers", "generators", "transfer", "training", "studio")


@dataclass(frozen=True)
class Options:
    """How much is measured."""

    runs: int = 5
    """Runs of each command."""


def main(options: Options) -> None:
    """Print the table."""
    print("| command | --help, seconds |\n|---|---|")
    for path in sorted(path for package in PACKAGES for path in Path(package).rglob("*.py")):
        if '__name__ == "__main__"' not in path.read_text():
            continue
        module = ".".join(path.with_suffix("").parts).removesuffix(".__main__")
        times = []
        for _ in range(options.runs):
            started = time.perf_counter()
            subprocess.run([sys.executable, "-m", module, "--help"], check=True, capture_output=True)
            times.append(time.perf_counter() - started)
        print(f"| {module} | {min(times):.2f} |")


if __name__ == "__main__":
    run(main, Options)
