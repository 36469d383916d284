"""Damaged MIDI files by the thousand through reader and codecs: nothing may crash, hang or eat the memory.

Real files, with bytes flipped, cut, doubled or inserted, lengths of tracks and of meta events changed and delta times made
longer, are read, made into roll96 and lossless pictures, and these into notes again, which must be the same. It is done in
subprocesses of limited memory, which end if one file takes a second: a crash of a library is seen and counted too.

    python -m tests.reliability.fuzz FOLDER
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import tyro

from training.cli import bar, run
from training.options import Count, Index, Seed

MEMORY = 500
"""MB that a file may take beside what the process needs for itself."""
SECONDS = 1.0
"""Of computing that a file may take."""
BATCH = 1000
"""Files for one subprocess."""
GOOD = ("read", "read leniently", "refused")
"""Outcomes that may be."""


@dataclass(frozen=True)
class Options:
    """What is damaged, and how often."""

    folder: tyro.conf.Positional[Path]
    """Where the MIDI files are; all folders below it count."""
    count: Count = 20_000
    """Damaged files."""
    seed: Seed = 0
    """Of all that is random."""
    first: Index | None = None
    """Used for the subprocess: the number of the first file of its batch."""


def main(options: Options) -> None:
    """Print the table of outcomes; exit with status 1 if there is one that must not be."""
    if options.first is not None:
        _batch(options)
        return
    outcomes: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    slowest, memory = (0.0, -1), 0
    for number, seconds, megabytes, outcome, reason in bar(_results(options), options.count):
        outcomes[outcome] += 1
        reasons[f"{outcome}: {reason}" if reason else outcome] += 1
        slowest, memory = max(slowest, (seconds, number)), max(memory, megabytes)
        if outcome not in GOOD:
            print(f"number {number}: {outcome} {reason}", file=sys.stderr)
    for title, counts in (("outcome", outcomes), ("with reason", reasons)):
        print(f"| {title} | files |\n|---|---|")
        print("\n".join(f"| {name} | {count:,} |" for name, count in counts.most_common()) + "\n")
    print(f"slowest: {slowest[0]:.2f} s of computing (number {slowest[1]}); peak memory of a process {memory:,} MB")
    sys.exit(any(name not in GOOD for name in outcomes))


def _results(options: Options) -> Iterator[tuple[int, float, int, str, str]]:
    """(number, seconds, megabytes, outcome, reason) of every file, one subprocess after the other."""
    number = 0
    while number < options.count:
        last = min(options.count, (number // BATCH + 1) * BATCH)
        command = [sys.executable, "-m", "tests.reliability.fuzz", str(options.folder), "--seed", str(options.seed)]
        command += ["--count", str(last), "--first", str(number)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        for line in done.stdout.splitlines():
            _, seconds, megabytes, outcome, reason = line.split("\t")
            yield number, float(seconds), int(megabytes), outcome, reason
            number += 1
        if number < last:
            yield number, 0.0, 0, "hung" if done.returncode in _ALARMS else "crashed", f"status {done.returncode}"
            number += 1


_ALARMS = (-14, -27)
"""Exit statuses of a process that SIGALRM or SIGPROF ended."""


def _batch(options: Options) -> None:
    """Print number, seconds, megabytes, outcome and reason of every file of a batch, each before the next is tried."""
    import resource
    import signal
    import tempfile
    import time

    import numpy as np

    from tests.reliability.damage import damaged

    sources = sorted(path for path in options.folder.rglob("*") if path.suffix.lower() in (".mid", ".midi"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.mid")
        path.write_bytes(sources[0].read_bytes())
        outcome_of(path)  # compiles
        limit = _address_space() + MEMORY * 1_000_000
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        for number in range(options.first, options.count):
            generator = np.random.default_rng((options.seed, number))
            path.write_bytes(damaged(sources[generator.integers(len(sources))].read_bytes(), generator))
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            signal.setitimer(signal.ITIMER_REAL, 30 * SECONDS)  # one that waits instead of computing
            began = time.process_time()
            outcome, reason = outcome_of(path)
            seconds = time.process_time() - began
            signal.setitimer(signal.ITIMER_PROF, 0)
            megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 // 1_000_000
            print(number, f"{seconds:.3f}", megabytes, outcome, reason, sep="\t", flush=True)


def _address_space() -> int:
    """Bytes of address space that this process has taken."""
    import resource

    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def outcome_of(path: Path) -> tuple[str, str]:
    """What came of a file, and why, in words that are the same for all files of a kind."""
    from midi.files.reading import read
    from training.errors import InputError

    told: list[str] = []
    try:
        piece = read(path, note=told.append)
        pictures = [_there_and_back(piece, name) for name in ("roll96", "lossless")]
    except InputError as error:
        return "refused", _without_figures(str(error).removeprefix(str(path)))
    except MemoryError:
        return "out of memory", ""
    except Exception as error:
        return "raised", f"{type(error).__name__}: {_without_figures(str(error))}"
    if "changed" in pictures:
        return "came back changed", ""
    return "read leniently" if told else "read", ", ".join(pictures)


def _there_and_back(piece, name: str) -> str:
    """Encode and decode; "changed" if lossless pictures give other notes. InputError is a reason like any other."""
    from midi.codecs import codec_named
    from midi.measures.fidelity import exact
    from training.errors import InputError

    codec = codec_named(name)
    try:
        encoded = codec.encode(piece, keep_empty=False)
    except InputError as error:
        return f"no {name} ({_without_figures(str(error))})"
    back = codec.decode(encoded.images, encoded.windows, encoded.layers)
    return name if name != "lossless" or exact(piece, back)[0] == 1 else "changed"


def _without_figures(message: str) -> str:
    """A message without the words that differ from file to file."""
    return " ".join(word for word in message.split() if not set(word) & set("0123456789'\\"))


if __name__ == "__main__":
    run(main, Options)
