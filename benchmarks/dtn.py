"""Applying a domain transfer network: whole commands on MIDI files, start-up included; time and peak memory.

* a file of 3 minutes under 10 s;
* memory that does not grow with the length.

The network has the size of `ours` and has learned nothing, which takes as long. The files are demo pieces.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks._command import measured
from training.cli import run
from training.family import Context


@dataclass(frozen=True)
class Options:
    """What is measured."""

    minutes: tuple[int, ...] = (3, 30)
    """Lengths of the files."""
    codecs: tuple[str, ...] = ("roll64", "interleaved32")
    """Codecs of the networks."""


def main(options: Options) -> None:
    """Print the table."""
    print(f"Load average when started: {os.getloadavg()[0]:.1f}\n")
    print("| codec | file | notes | seconds | peak memory, MB |\n|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        files = [(minutes, *song(Path(folder, f"{minutes}.mid"), minutes)) for minutes in options.minutes]
        for codec in options.codecs:
            trained = untrained(Path(folder, codec), codec)
            for minutes, path, notes in files:
                used = measured("transfer.apply", trained, path, "--output", f"{folder}/{codec}-{minutes}.mid")
                figures = f"{used.seconds:.1f} | {used.megabytes:.0f}"
                print(f"| {codec} | {minutes} minutes | {notes:,} | {figures} |", flush=True)


def song(path: Path, minutes: int) -> tuple[Path, int]:
    """Write a rock piece of 4/4 at 120 beats a minute, that many minutes long; (path, its notes)."""
    from dataclasses import replace

    import numpy as np

    from midi.demo import compose
    from midi.files.writing import write
    from midi.notes import TEMPO

    piece = replace(compose("rock", 0, 30 * minutes), tempos=np.array([(0, 500_000)], TEMPO))
    write(path, piece)
    return path, len(piece)


def untrained(folder: Path, codec: str) -> Path:
    """A run of a network of the size of `ours`, as `transfer.train` leaves one."""
    from dataclasses import replace

    from midi.codecs import codec_named
    from training.files import write_json
    from training.runs import FORMAT
    from transfer.dtn import model as dtn
    from transfer.dtn.pieces import OCTAVES, PROGRAMS

    config = replace(dtn.PRESETS["ours"], codec=codec)
    facts = {"package": "transfer", "model": "dtn", "config": asdict(config), "codec": codec_named(codec).facts()}
    write_json(folder / "config.json", {"format": FORMAT, **facts})
    write_json(folder / PROGRAMS, [0] * OCTAVES)
    dtn.build(config, Context()).save(folder / "model.keras")
    return folder


if __name__ == "__main__":
    run(main, Options, keras=True)
