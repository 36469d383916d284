"""Transcription of long recordings: CPU time and peak memory of the command, start and imports included.

Demo pieces, one after the other, rendered at 16,000 Hz and repeated to the length. Memory should not grow with it.
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
from training.options import Count

if TYPE_CHECKING:
    import numpy as np

RATE = 16_000
"""Hz of the recordings."""
STYLES = ("waltz", "chorale", "folk", "ragtime")
"""Of the pieces."""


@dataclass(frozen=True)
class Options:
    """What is measured."""

    minutes: tuple[Count, ...] = (2, 10, 20, 60)
    """Lengths of the recordings."""


def main(options: Options) -> None:
    """Print the table."""
    import numpy as np

    from midi.demo import compose
    from midi.synthesis.rendering import sound_of

    music = np.concatenate([sound_of(compose(style, 0, 16), rate=RATE).mean(axis=0) for style in STYLES])
    print("| minutes | CPU s | CPU s a minute | peak MB |\n|---|---|---|---|")
    for minutes in options.minutes:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "long.wav")
            _write(source, music, minutes)
            seconds, memory = _measured([str(source), "--output", str(Path(folder, "long.mid"))])
        print(f"| {minutes} | {seconds:.0f} | {seconds / minutes:.1f} | {memory:.0f} |", flush=True)


def _write(path: Path, music: np.ndarray, minutes: int) -> None:
    """So many minutes of it, repeated."""
    import soundfile

    left = minutes * 60 * RATE
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as file:
        while left > 0:
            file.write(music[:left])
            left -= len(music)


def _measured(arguments: list[str]) -> tuple[float, float]:
    """(CPU seconds, peak resident MB) of `python -m transfer.transcribe` with these arguments."""
    command = [sys.executable, "-m", "transfer.transcribe", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


if __name__ == "__main__":
    run(main, Options)
