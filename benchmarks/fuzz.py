"""Damaged MIDI files by the thousand through reader and codecs: nothing may crash, hang or eat the memory.

Real files, with bytes flipped, cut, doubled or inserted, lengths of tracks and of meta events changed and delta times made
longer, are read, made into roll96 and lossless pictures, and these into notes again, which must be the same. It is done in
subprocesses of limited memory, which end if one file takes a second: a crash of a library is seen and counted too. Not
among the benchmarks that run by themselves.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from training.cli import bar, run

if TYPE_CHECKING:
    import numpy as np

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
    count: int = 20_000
    """Damaged files."""
    seed: int = 0
    """Of all that is random."""
    first: int | None = None
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
        command = [sys.executable, "-m", "benchmarks.fuzz", str(options.folder), "--seed", str(options.seed)]
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
    from midi.reading import read
    from training.cli import InputError

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
    from midi.fidelity import exact
    from training.cli import InputError

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


def damaged(data: bytes, generator: np.random.Generator) -> bytes:
    """`data` with one or more damages of any kind, mostly few."""
    found = bytearray(data)
    for _ in range(generator.geometric(0.4)):
        kind = DAMAGES[int(generator.integers(len(DAMAGES)))]
        kind(found, generator)
    return bytes(found)


def _flip(data: bytearray, generator: np.random.Generator) -> None:
    """A bit, or a whole byte, becomes another."""
    if data:
        place = _place(data, generator)
        data[place] ^= 1 << int(generator.integers(8)) if generator.integers(2) else int(generator.integers(1, 256))


def _overwrite(data: bytearray, generator: np.random.Generator) -> None:
    place, noise = _place(data, generator), _noise(generator)
    data[place : place + len(noise)] = noise


def _insert(data: bytearray, generator: np.random.Generator) -> None:
    place = _place(data, generator)
    data[place:place] = _noise(generator)


def _double(data: bytearray, generator: np.random.Generator) -> None:
    """A block stands twice, or once more somewhere else."""
    place, length = _place(data, generator), int(generator.integers(1, 300))
    there = place if generator.integers(2) else _place(data, generator)
    data[there:there] = data[place : place + length]


def _cut(data: bytearray, generator: np.random.Generator) -> None:
    place = _place(data, generator)
    del data[place : place + int(generator.integers(1, 40))]


def _cut_off(data: bytearray, generator: np.random.Generator) -> None:
    """The end is missing; seldom, since little can be damaged afterwards."""
    if generator.integers(4) == 0:
        del data[_place(data, generator) :]


def _change_track_length(data: bytearray, generator: np.random.Generator) -> None:
    place = _one_of(data, b"MTrk", generator)
    if place >= 0:
        choices = (0, 1, 0xFFFFFFFF, 0x7FFFFFFF, int(generator.integers(1 << 32)), int(generator.integers(1 << 12)))
        data[place + 4 : place + 8] = choices[int(generator.integers(len(choices)))].to_bytes(4, "big")


def _change_meta_length(data: bytearray, generator: np.random.Generator) -> None:
    place = _one_of(data, b"\xff", generator)
    if 0 <= place < len(data) - 2:
        choices = (b"\0", b"\x7f", b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff\x7f", _noise(generator)[:1])
        data[place + 2 : place + 3] = choices[int(generator.integers(len(choices)))]


def _change_header(data: bytearray, generator: np.random.Generator) -> None:
    """Another header length, format, number of tracks or division."""
    if len(data) >= 14:
        data[int(generator.integers(4, 14))] = int(generator.integers(256))


def _lengthen_delta(data: bytearray, generator: np.random.Generator) -> None:
    """Up to four bytes more in front of the delta time of a note (a fourth is one too many)."""
    place = _one_of(data, bytes([int(generator.choice([0x80, 0x90])) | int(generator.integers(10))]), generator)
    if place > 0:
        data[place - 1 : place - 1] = bytes([int(generator.integers(0x80, 0x100))]) * int(generator.integers(1, 5))


DAMAGES: tuple[Callable[[bytearray, np.random.Generator], None], ...] = (
    _flip, _flip, _overwrite, _insert, _double, _cut, _cut_off, _change_track_length, _change_meta_length, _change_header,
    _lengthen_delta,
)  # fmt: skip
"""Kinds of damage, as often as they are chosen."""


def _place(data: bytearray, generator: np.random.Generator) -> int:
    """Any place in the data."""
    return int(generator.integers(max(1, len(data))))


def _noise(generator: np.random.Generator) -> bytes:
    return generator.bytes(int(generator.integers(1, 33)))


def _one_of(data: bytearray, wanted: bytes, generator: np.random.Generator) -> int:
    """The first `wanted` behind any place, or else in the data; -1 if there is none."""
    found = data.find(wanted, _place(data, generator))
    return found if found >= 0 else data.find(wanted)


if __name__ == "__main__":
    run(main, Options)
