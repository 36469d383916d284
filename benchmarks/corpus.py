"""Building a corpus of clips against bare decoding and resampling, and its memory from 10 to 10,000 files.

Bare: joblib over the same files, as many processes, soundfile and soxr, int16 clips thrown away. Both take turns; the
ratio is the median over rounds. Memory: the largest resident set of the process and its workers, in one process each.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from training.cli import run

MEMORY = """
import resource, sys
from spectro.clips import SUFFIXES, Clips
from training.corpora.build import build_corpus
from training.corpora.sources import find_sources
build_corpus(find_sources(sys.argv[1], SUFFIXES), Clips(seconds=1.0), sys.argv[2], jobs=1)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


@dataclass(frozen=True)
class Options:
    """How much is measured."""

    rounds: int = 5
    """Rounds of turns."""
    files: int = 64
    """Stereo files of 30 s at 44.1 kHz, FLAC, for the rate."""
    most: int = 10_000
    """Files of one second in the largest folder for the memory."""


def main(options: Options) -> None:
    """Print the two tables."""
    with tempfile.TemporaryDirectory() as folder:
        rate(Path(folder), options)
        memory(Path(folder), options)


def rate(folder: Path, options: Options) -> None:
    """Seconds of audio a second, both ways."""
    import numpy as np
    import soundfile

    from spectro.clips import SUFFIXES, Clips
    from training.corpora.build import build_corpus
    from training.corpora.sources import find_sources

    generator = np.random.default_rng(0)
    for number in range(options.files):
        noise = generator.standard_normal((30 * 44_100, 2)).cumsum(axis=0) * 1e-3
        soundfile.write(folder / f"{number}.flac", np.tanh(noise), 44_100)
    sources = find_sources(folder, SUFFIXES)
    bare, ours = [], []
    for number in range(options.rounds + 1):  # the first round starts the worker processes
        bare.append(timed(lambda: decode_all([source.path for source in sources])))
        output = folder / f"corpus{number}"
        ours.append(timed(lambda to=output: build_corpus(sources, Clips(), to)))
        shutil.rmtree(output)
    ratio = statistics.median(b / o for b, o in zip(bare[1:], ours[1:], strict=True))
    seconds = 30 * options.files
    print("| | seconds of audio a second |\n|---|---|")
    print(f"| bare decode and resample | {seconds / statistics.median(bare[1:]):.0f} |")
    print(f"| corpus (hash, decode, resample, cut, write) | {seconds / statistics.median(ours[1:]):.0f} |")
    print(f"| ratio | {ratio:.2f} |\n")
    for path in folder.glob("*.flac"):
        path.unlink()


def timed(work) -> float:
    """Seconds that `work()` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def decode_all(paths: list[Path]) -> None:
    """The bare work, over all cores."""
    from joblib import Parallel, delayed

    Parallel(n_jobs=-1, batch_size=1)(delayed(decode)(path) for path in paths)


def decode(path: Path) -> int:
    """One file: decode, mix down, resample, round; what comes out is thrown away."""
    import numpy as np
    import soundfile
    import soxr

    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = soxr.resample(samples.mean(axis=1), rate, 22_050)
    return len(np.clip(np.round(mono * 32768), -32768, 32767).astype(np.int16))


def memory(folder: Path, options: Options) -> None:
    """Peak memory by number of files."""
    import numpy as np
    import soundfile

    generator = np.random.default_rng(0)
    print("| files | peak memory, MB |\n|---|---|")
    made = 0
    for count in (10, 100, 1_000, options.most):
        data = folder / "data"
        data.mkdir(exist_ok=True)
        for number in range(made, count):
            soundfile.write(data / f"{number}.wav", generator.integers(-3000, 3000, 22_050).astype(np.int16), 22_050)
        made = count
        done = subprocess.run(
            [sys.executable, "-c", MEMORY, str(data), str(folder / "out")], capture_output=True, check=True
        )
        print(f"| {count} | {float(done.stdout):.0f} |")
        shutil.rmtree(folder / "out")


if __name__ == "__main__":
    run(main, Options)
