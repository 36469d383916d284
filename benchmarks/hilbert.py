"""The Hilbert map beside a copy of memory, and the autoencoder's `transfer.apply`, start and imports included.

Targets: 100 million samples a second per core each way once the index is there; applying `ours` faster than the music plays,
in memory that does not grow with its length. The model is trained for an epoch on half a minute of noise: what it makes is
not music, but takes as long.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks._command import Used, measured
from training.cli import run


@dataclass(frozen=True)
class Options:
    """How much is measured."""

    sides: tuple[int, ...] = (128, 256, 1024)
    """Sides of the pictures."""
    minutes: tuple[float, ...] = (1.0, 10.0)
    """Lengths of the recordings, mono at 22,050 Hz."""
    run: Path | None = None
    """A run of the autoencoder; without it one of `ours` is made."""


def main(options: Options) -> None:
    """Print both tables."""
    print(f"Load average when started: {os.getloadavg()[0]:.1f}\n")
    print("| samples a second, millions | to pictures | back | a copy |\n|---|---|---|---|")
    for side in options.sides:
        print(f"| side {side} | {' | '.join(f'{speed / 1e6:.0f}' for speed in map_speeds(side))} |", flush=True)
    print("\n| transfer.apply | seconds | a second of sound | peak memory, MB |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        directory = options.run or trained(Path(folder))
        for minutes in options.minutes:
            used = applied(directory, Path(folder), minutes)
            each = used.seconds / minutes / 60
            print(f"| {minutes:g} min | {used.seconds:.1f} | {each:.4f} | {used.megabytes:.0f} |", flush=True)


def map_speeds(side: int) -> tuple[float, float, float]:
    """Samples a second into pictures, back, and copied, on one core: the best of five, of 16 million samples or so."""
    import numpy as np

    from spectro.hilbert import HilbertSetting

    setting = HilbertSetting(side)
    count = max(1, (1 << 24) // setting.samples)
    signal = np.random.default_rng(0).integers(-32768, 32768, count * setting.samples).astype(np.int16)
    made = setting.encode(signal)
    return tuple(
        len(signal) / best(action) for action in (lambda: setting.encode(signal), lambda: setting.decode(made), signal.copy)
    )


def best(action: Callable[[], object], times: int = 5) -> float:
    """Seconds of the fastest."""
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def trained(folder: Path) -> Path:
    """A run of `ours` that has seen half a minute of noise."""
    import numpy as np

    from spectro.audio import write

    for number in range(3):
        write(folder / "noise" / f"{number}.wav", 0.1 * np.random.default_rng(number).standard_normal(220_500), 22_050)
    command = ["--data", folder / "noise", "--output", folder / "run", "--cache", folder / "cache"]
    measured("transfer.train", "hilbert_autoencoder", *command, "--epochs", 1)
    return folder / "run"


def applied(directory: Path, folder: Path, minutes: float) -> Used:
    """The command on so many minutes."""
    import numpy as np

    from spectro.audio import write

    source = folder / f"{minutes:g}.wav"
    write(source, 0.1 * np.random.default_rng(0).standard_normal(round(minutes * 60 * 22_050)), 22_050)
    return measured("transfer.apply", directory, source, "--output", folder / f"{minutes:g}-out.wav")


if __name__ == "__main__":
    run(main, Options)
