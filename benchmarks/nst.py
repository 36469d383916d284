"""Style transfer: time and peak memory of the command, start and imports included, by features.

* a pair of 5 s: under 60 s and 2 GB on 2 cores;
* time grows with the content, memory does not: the last column is what a second more of content costs.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks._command import measured
from training.cli import run


@dataclass(frozen=True)
class Options:
    """What is measured."""

    features: tuple[str, ...] = ("texture", "mosaic", "hybrid")
    """Features of the command."""
    seconds: tuple[float, ...] = (5.0, 10.0, 20.0, 180.0)
    """Lengths of the contents, mono at 22,050 Hz; the style lasts 5 s."""
    iterations: int | None = None
    """Steps for each tile; by default the preset's."""


def main(options: Options) -> None:
    """Print the table."""
    from spectro.audio import write
    from spectro.demo import compose

    print(f"Load average when started: {os.getloadavg()[0]:.1f}\n")
    print("| features | content | seconds | CPU seconds | peak GB | CPU seconds a second of content |\n|" + "---|" * 6)
    more = [] if options.iterations is None else ["--iterations", options.iterations]
    with tempfile.TemporaryDirectory() as folder:
        style = Path(folder, "style.wav")
        write(style, compose("future_bass", 0, 5.0)[0], 22_050)
        contents = {seconds: Path(folder, f"{seconds:g}.wav") for seconds in options.seconds}
        for seconds, content in contents.items():
            write(content, compose("lo_fi", 0, seconds)[0], 22_050)
        for features in options.features:
            before = None
            for seconds, content in contents.items():
                pair = ["--content", content, "--style", style, "--output", content.with_suffix(f".{features}.wav")]
                used = measured("transfer.nst", *pair, "--features", features, *more)
                slope = "-" if before is None else f"{(used.cpu_seconds - before[1]) / (seconds - before[0]):.2f}"
                before = (seconds, used.cpu_seconds)
                figures = f"{used.seconds:.1f} | {used.cpu_seconds:.1f} | {used.megabytes / 1024:.2f} | {slope}"
                print(f"| {features} | {seconds:g} s mono | {figures} |", flush=True)


if __name__ == "__main__":
    run(main, Options)
