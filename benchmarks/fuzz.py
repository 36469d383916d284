"""Damaged MIDI files by the thousand through reader and codec: nothing may crash, hang or eat the memory.

Real files, with bytes changed, cut out, doubled, inserted or cut off at random, are read and made into roll96 pictures in
subprocesses, so that a crash of a library is seen and counted. Not among the benchmarks that run by themselves.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from training.cli import bar, run


@dataclass(frozen=True)
class Options:
    """What is damaged, and how often."""

    folder: Path
    """Where the MIDI files are; all folders below it count."""
    files: int = 20_000
    """Damaged files."""
    seed: int = 0
    """Of all that is random."""
    batch: int = 1000
    """Damaged files for one subprocess."""
    first: int | None = None
    """Used for the subprocess: the number of the first file of its batch."""


def main(options: Options) -> None:
    """Print the table of outcomes; exit with status 1 after a crash."""
    from collections import Counter

    if options.first is not None:
        _batch(options)
        return
    outcomes: Counter[str] = Counter()
    crashes, slowest, memory = [], (0.0, -1), 0
    for first in bar(range(0, options.files, options.batch), -(-options.files // options.batch), "batches"):
        done = first
        while done < min(first + options.batch, options.files):
            lines = _subprocess(options, done, first + options.batch)
            for line in lines:
                number, seconds, megabytes, outcome = line.split("\t")
                outcomes[outcome] += 1
                slowest = max(slowest, (float(seconds), int(number)))
                memory = max(memory, int(megabytes))
                done = int(number) + 1
            if done < min(first + options.batch, options.files):
                crashes.append(done)
                done += 1
    print("| outcome | files |\n|---|---|")
    for outcome, count in outcomes.most_common():
        print(f"| {outcome} | {count:,} |")
    print(f"| crashed or hung | {len(crashes)} |")
    print(f"\nslowest: {slowest[0]:.2f} s of computing (number {slowest[1]}); peak memory {memory:,} MB; crashes: {crashes}")
    sys.exit(bool(crashes))


def _subprocess(options: Options, first: int, last: int) -> list[str]:
    """The lines of a subprocess that reads the files from `first`; fewer than asked for if it crashed or hung."""
    command = [sys.executable, "-m", "benchmarks.fuzz", "--folder", str(options.folder), "--seed", str(options.seed)]
    command += ["--first", str(first), "--batch", str(last - first), "--files", str(options.files)]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=600)
        return done.stdout.splitlines()
    except subprocess.TimeoutExpired as hung:
        return (hung.stdout or b"").decode().splitlines()


def _batch(options: Options) -> None:
    """Print number, seconds, megabytes and outcome of every file of a batch, each before the next is tried."""
    import resource
    import tempfile
    import time

    import numpy as np

    sources = sorted(path for path in options.folder.rglob("*") if path.suffix.lower() in (".mid", ".midi"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.mid")
        for number in range(options.first, min(options.first + options.batch, options.files)):
            generator = np.random.default_rng((options.seed, number))
            path.write_bytes(_damaged(sources[generator.integers(len(sources))].read_bytes(), generator))
            started = time.process_time()
            outcome = _outcome(path)
            seconds = time.process_time() - started
            megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(number, f"{seconds:.3f}", megabytes, outcome, sep="\t", flush=True)


def _damaged(data: bytes, generator) -> bytes:
    """`data` with one to eight damages."""
    damaged = bytearray(data)
    for _ in range(generator.integers(1, 9)):
        place, length = int(generator.integers(len(damaged) + 1)), int(generator.integers(1, 9))
        noise = generator.integers(0, 256, length, "uint8").tobytes()
        kind = generator.integers(6)
        if kind <= 1:
            damaged[place : place + 1] = noise[:1]
        elif kind == 2:
            damaged[place : place + length] = noise
        elif kind == 3:
            del damaged[place : place + length]
        elif kind == 4:
            damaged[place:place] = damaged[place : place + 16 * length]
        elif generator.integers(8) == 0:
            del damaged[place:]
        else:
            damaged[place:place] = noise
    return bytes(damaged)


def _outcome(path: Path) -> str:
    """What came of a file, in words that are the same for all files of a kind."""
    from midi.codecs import codec_named
    from midi.reading import read
    from training.cli import InputError

    notes: list[str] = []
    try:
        piece = read(path, note=notes.append)
    except InputError as error:
        return "refused: " + " ".join(word for word in str(error).split(" ")[1:] if not set(word) & set("0123456789'\\"))
    how = "read leniently" if notes else "read fast"
    try:
        codec_named("roll96").encode(piece)
    except InputError as error:
        return f"{how}, no picture: {'too long' if 'columns are made' in str(error) else 'no note with a row'}"
    return f"{how}, pictures made"


if __name__ == "__main__":
    run(main, Options)
