"""Going on with a recording by the pointer network that ships: whole commands, start-up included.

* 30 s after a recording of 3 minutes: under 10 s;
* memory that grows neither with what was heard nor with what is added.

The recordings are a minute of demo music again and again, stereo at 44,100 Hz.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks._command import measured
from training.cli import run

RATE = 44_100


@dataclass(frozen=True)
class Options:
    """What is measured."""

    minutes: tuple[int, ...] = (1, 3, 20)
    """Lengths of the recordings."""
    seconds: tuple[float, ...] = (30.0, 1_200.0)
    """What is added: the first of these to all recordings, the others to the last."""


def main(options: Options) -> None:
    """Print the table."""
    print(f"Load average when started: {os.getloadavg()[0]:.1f}\n")
    print("| recording | added | seconds | CPU seconds | peak memory, MB |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for minutes in options.minutes:
            recording = recorded(Path(folder, f"{minutes}.wav"), minutes)
            for added in options.seconds if minutes == options.minutes[-1] else options.seconds[:1]:
                output = recording.with_name(f"{minutes}-{added:g}")
                used = measured(
                    "generators.sample", "--primer", recording, "--seconds", added, "--count", 1, "--output", output
                )
                figures = f"{used.seconds:.1f} | {used.cpu_seconds:.1f} | {used.megabytes:.0f}"
                print(f"| {minutes} min | {added:g} s | {figures} |", flush=True)


def recorded(path: Path, minutes: int) -> Path:
    """Write so many minutes."""
    import soundfile
    import soxr

    from spectro.demo import compose

    minute = soxr.resample(compose("house", 0, 60.0).T, 22_050, RATE)
    with soundfile.SoundFile(path, "w", RATE, 2, "PCM_16") as file:
        for _ in range(minutes):
            file.write(minute)
    return path


if __name__ == "__main__":
    run(main, Options)
