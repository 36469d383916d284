"""Style transfer: time and peak memory of the command.

* a pair of 5 s mono, 100 iterations of `lil_data`: under 30 s and 2 GB on 2 cores, start and imports included;
* 3 minutes of content in the memory of 30 s (5 iterations each: memory does not depend on them).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from training.cli import run


@dataclass(frozen=True)
class Options:
    """What is measured."""

    features: str = "lil_data"
    """Features of the command: the shipped classifier, or the directory of a run."""


def measured(arguments: list[str]) -> tuple[float, float]:
    """(seconds, peak resident GB) of `python -m transfer.nst` with these arguments."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "transfer.nst", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"transfer.nst {' '.join(arguments)} failed")
    return time.perf_counter() - start, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9


def main(options: Options) -> None:
    """Print the table."""
    from spectro.audio import write
    from spectro.demo import compose

    with tempfile.TemporaryDirectory() as folder:
        style = Path(folder, "style.wav")
        write(style, compose("future_bass", 0, 5.0)[0], 22_050)
        print("| content | iterations | seconds | peak GB |\n|---|---|---|---|")
        for seconds, iterations in ((5, 100), (30, 5), (180, 5)):
            content = Path(folder, f"{seconds}.wav")
            write(content, compose("lo_fi", 0, float(seconds))[0], 22_050)
            taken, memory = measured(
                [
                    "--content",
                    str(content),
                    "--style",
                    str(style),
                    "--features",
                    options.features,
                    "--iterations",
                    str(iterations),
                    "--output",
                    str(Path(folder, f"{seconds}-out.wav")),
                ]
            )
            print(f"| {seconds} s mono | {iterations} | {taken:.1f} | {memory:.2f} |", flush=True)


if __name__ == "__main__":
    run(main, Options)
