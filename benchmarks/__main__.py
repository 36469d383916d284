"""Benchmarks, one after the other; the tables go to stdout.

`benchmarks.fidelity` is not among them, since it asks for folders of MIDI files.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

import tyro

from training.cli import run
from training.errors import InputError

NAMES = (
    "help", "inversion", "corpus", "feed", "nst", "style_transfer", "devices", "midi", "midi_corpus", "generators",
    "sequences", "continuation", "pixelcnn", "dtn", "hilbert", "picture_likelihood", "binarised_mnist", "transcription",
    "transcription_length", "transcription_pedal", "studio",
)  # fmt: skip


@dataclass(frozen=True)
class Options:
    """Which."""

    names: tyro.conf.Positional[tuple[str, ...]] = NAMES
    """Benchmarks; by default all."""


def main(options: Options) -> None:
    """Run each in a process of its own."""
    if unknown := set(options.names) - set(NAMES):
        raise InputError(f"no benchmark {', '.join(sorted(unknown))}; expected some of {', '.join(NAMES)}")
    for name in options.names:
        print(f"\n## {name}\n", flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)


if __name__ == "__main__":
    run(main, Options)
