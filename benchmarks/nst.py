"""Style transfer: time and peak memory of the command, by default with `texture` as it comes.

* a pair of 5 s: under 60 s and 2 GB on 2 cores, start and imports included;
* time grows with the content, memory does not: the last column is what a second more of content costs.
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

    features: str = "texture"
    """Features of the command."""
    iterations: int | None = None
    """Steps for each tile; by default the preset's."""


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
        more = [] if options.iterations is None else ["--iterations", str(options.iterations)]
        print("| content | seconds | peak GB | seconds a second of content |\n|---|---|---|---|")
        before = None
        for seconds in (5, 30, 180):
            content, output = Path(folder, f"{seconds}.wav"), Path(folder, f"{seconds}-out.wav")
            write(content, compose("lo_fi", 0, float(seconds))[0], 22_050)
            pair = ["--content", str(content), "--style", str(style), "--output", str(output)]
            taken, memory = measured([*pair, "--features", options.features, *more])
            slope = "-" if before is None else f"{(taken - before[1]) / (seconds - before[0]):.2f}"
            before = (seconds, taken)
            print(f"| {seconds} s mono | {taken:.1f} | {memory:.2f} | {slope} |", flush=True)


if __name__ == "__main__":
    run(main, Options)
