"""The generators' commands, each in a process of its own, start-up included: samples to disk, and evaluation.

The models are `ours`, trained for one epoch on the demo pieces: what they make is not music yet, but takes as long.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass

from benchmarks._command import measured
from training.cli import run


@dataclass(frozen=True)
class Options:
    """How much is measured."""

    counts: tuple[int, ...] = (1_000, 10_000, 100_000)
    """Samples of the models of `large`; of the others the first of these."""
    large: tuple[str, ...] = ("vae", "dcgan")
    """Models of which all counts are made."""
    models: tuple[str, ...] = ("vae", "dcgan", "gan", "wgan", "wgan_gp", "stylegan2")
    """Models."""


def main(options: Options) -> None:
    """Print the table."""
    print(f"Load average when started: {os.getloadavg()[0]:.1f}\n")
    print("| command | seconds | peak memory, MB |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in options.models:
            trained = f"{folder}/{name}"
            row(f"train {name}, one epoch of the demo pieces", "train", name, "--output", trained, "--epochs", "1")
            for count in options.counts if name in options.large else options.counts[:1]:
                made = f"{folder}/{name}-{count}"
                row(f"sample {name}, {count:,} MIDI files", "sample", trained, "--count", str(count), "--output", made)
            row(f"evaluate {name}, 1,000 samples", "evaluate", trained, "--count", "1000")


def row(title: str, verb: str, *arguments: str) -> None:
    """Run `python -m generators.VERB`, print its row."""
    used = measured(f"generators.{verb}", *arguments)
    print(f"| {title} | {used.seconds:.1f} | {used.megabytes:.0f} |", flush=True)


if __name__ == "__main__":
    run(main, Options)
