"""Griffin-Lim against librosa's on 5-second clips of 631 x 631 bins, as a markdown table.

The contestants take turns within each round, so that whatever else the machine does strikes all of them; times are
medians over rounds, ratios medians of the rounds' ratios. Clips come from the folder SPECTRO_DATA (default
../shared/data) or, when it is absent, are synthesised.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from training.cli import run

if TYPE_CHECKING:
    import numpy as np

    from spectro.stft import SpectrogramSetting

REAL_CLIPS = [f"loops/{name}.flac" for name in ("ambi_piano", "arovane_beat_a", "bass_voxy_c", "ambi_choir")] + [
    f"recordings/{name}.ogg" for name in ("brahms_strings", "fishin_folk", "nutcracker_orchestra", "trumpet", "vibeace_jazz")
]
TRIED = (0, 1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 50, 64, 80, 100)
"""Iterations from the heap start among which the fewest that reach librosa's error are looked for."""
FIRST_CALL = """
import time, numpy
begin = time.perf_counter()
from spectro.inversion import griffin_lim
from spectro.stft import SpectrogramSetting
griffin_lim(numpy.ones((631, 9)), SpectrogramSetting(), iterations=1)
print(time.perf_counter() - begin)
"""


@dataclass(frozen=True)
class Options:
    rounds: int = 7
    """Rounds of turns for the times of an iteration."""
    clips: int = 9
    """Clips, at most, for the errors."""


def main(options: Options) -> None:
    from spectro.stft import SETTINGS

    setting = SETTINGS["lil_data"]
    sounds, origin = clips(setting, options.clips)
    print(f"{machine()}; {origin}\n")
    print_speed(setting, next(iter(sounds.values())), options.rounds)
    print_compile_time()
    print_convergence(setting, sounds)


def print_speed(setting: SpectrogramSetting, sound: np.ndarray, rounds: int) -> None:
    """ms an iteration of everyone, with their ratios to librosa and to the FFTs that an iteration cannot do without."""
    import numpy as np

    magnitude = np.abs(setting.analyse(sound))
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    turns = {"librosa, fast": lambda n: librosa_sound(magnitude, setting, len(sound), n)}
    for workers in sorted({1, count}):
        turns[f"bare FFT passes, threads: {workers}"] = bare_passes(setting, workers)
        for name, momentum in (("plain", 0), ("fast", 0.99)):
            turns[f"ours {name}, threads: {workers}"] = our_sound(
                magnitude, setting, len(sound), workers=workers, momentum=momentum
            )
    for turn in turns.values():
        turn(1)
    times = {name: [] for name in turns}
    for _ in range(rounds):
        for name, turn in turns.items():
            times[name].append(1000 * (seconds(turn, 32) - seconds(turn, 2)) / 30)
    print("| an iteration | ms | times librosa's speed | times the bare FFTs' time |\n|---|---|---|---|")
    for name, own in times.items():
        bare = times.get("bare FFT passes, " + name.partition(", ")[2], times["bare FFT passes, threads: 1"])
        faster, slower = np.divide(times["librosa, fast"], own), np.divide(own, bare)
        print(f"| {name} | {np.median(own):.2f} | {np.median(faster):.2f} | {np.median(slower):.2f} |")


def print_compile_time() -> None:
    """The first call of a process, import of numba and SciPy included, with an empty and with a filled cache."""
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
        first, second = (
            float(
                subprocess.run(
                    [sys.executable, "-c", FIRST_CALL], check=True, capture_output=True, text=True, env=environment
                ).stdout
            )
            for _ in range(2)
        )
    print(f"\nFirst call in a process, imports included: {first:.1f} s compiling, {second:.1f} s with numba's cache.\n")


def print_convergence(setting: SpectrogramSetting, sounds: dict[str, np.ndarray]) -> None:
    """Errors in dB after 32 and 100 iterations, and the time to librosa's error after 100."""
    import numpy as np

    print(
        "| clip | librosa 32 | 100 | ours, same start 32 | 100 | ours heap 0 | 32 | 100 | needed | ms | librosa ms | share |"
    )
    print("|" + "---|" * 12)
    rows = [convergence(setting, sound) for sound in sounds.values()]
    for name, row in [*zip(sounds, rows, strict=True), ("median", list(np.median(rows, axis=0)))]:
        errors, (needed, own, theirs, share) = row[:7], row[7:]
        print(
            f"| {name} | "
            + " | ".join(f"{error:.1f}" for error in errors)
            + f" | {needed:.0f} | {1000 * own:.0f} | {1000 * theirs:.0f} | {share:.3f} |"
        )
    print(
        "\nneeded: iterations from the heap start to librosa's error after 100; share: their time (start included) "
        "over librosa's."
    )


def convergence(setting: SpectrogramSetting, sound: np.ndarray) -> list[float]:
    """One clip's row: seven errors, iterations needed, our time, librosa's time, their ratio."""
    import numpy as np

    from spectro.inversion import inversion_error

    magnitude = np.abs(setting.analyse(sound))

    def error(candidate: np.ndarray) -> float:
        return inversion_error(candidate, magnitude, setting)

    same = 2 * np.pi * np.random.RandomState(0).random_sample(magnitude.shape)  # what librosa draws from the same state
    random, heap = (our_sound(magnitude, setting, len(sound), start=start) for start in (same, "heap"))
    theirs = [error(librosa_sound(magnitude, setting, len(sound), n)) for n in (32, 100)]
    errors = [*theirs, *(error(random(n)) for n in (32, 100)), *(error(heap(n)) for n in (0, 32, 100))]
    needed = next((n for n in TRIED if error(heap(n)) <= theirs[1]), None)
    if needed is None:
        return [*errors, np.nan, np.nan, np.nan, np.nan]
    pairs = [
        (seconds(heap, needed), seconds(lambda n: librosa_sound(magnitude, setting, len(sound), n), 100)) for _ in range(3)
    ]
    own, other = np.median(pairs, axis=0)
    return [*errors, needed, own, other, float(np.median([mine / their for mine, their in pairs]))]


def our_sound(magnitude: np.ndarray, setting: SpectrogramSetting, length: int, **options: object) -> Callable:
    """A function from iterations to our sound."""
    from spectro.inversion import griffin_lim

    return lambda n: griffin_lim(magnitude, setting, length=length, iterations=n, **options)


def librosa_sound(magnitude: np.ndarray, setting: SpectrogramSetting, length: int, iterations: int) -> np.ndarray:
    import inspect

    import numpy as np

    from spectro.libraries import librosa

    name = "rng" if "rng" in inspect.signature(librosa.griffinlim).parameters else "random_state"  # before librosa 1.0
    return librosa.griffinlim(
        magnitude,
        n_iter=iterations,
        hop_length=setting.hop,
        n_fft=setting.n_fft,
        length=length,
        window=setting.window,
        pad_mode="constant",
        momentum=0.99,
        **{name: np.random.RandomState(0)},
    )


def bare_passes(setting: SpectrogramSetting, workers: int) -> Callable[[int], None]:
    """A function that does the two transforms of an iteration a number of times and nothing else."""
    import numpy as np
    import scipy.fft

    frames = np.random.default_rng(0).normal(size=(setting.columns, setting.n_fft)).astype(np.float32)

    def passes(iterations: int) -> None:
        for _ in range(iterations):
            scipy.fft.irfft(scipy.fft.rfft(frames, workers=workers), setting.n_fft, workers=workers)

    return passes


def seconds(turn: Callable[[int], object], iterations: int) -> float:
    begin = time.perf_counter()
    turn(iterations)
    return time.perf_counter() - begin


def clips(setting: SpectrogramSetting, count: int) -> tuple[dict[str, np.ndarray], str]:
    """Clips of the setting's length by name, and where they come from; short files are repeated."""
    import numpy as np

    from spectro import audio

    folder = Path(os.environ.get("SPECTRO_DATA", "../shared/data")) / "audio"
    paths = [folder / name for name in REAL_CLIPS if (folder / name).exists()][:count]
    if not paths:
        return {f"synthetic {seed}": synthetic(setting, seed) for seed in range(min(count, 4))}, "synthetic clips"
    sounds = {path.stem: audio.read(path, setting.rate, mono=True)[0] for path in paths}
    return {name: np.resize(sound, setting.clip_samples) for name, sound in sounds.items()}, f"{len(paths)} real clips"


def synthetic(setting: SpectrogramSetting, seed: int) -> np.ndarray:
    """Four chirps with overtones and eight bursts of noise."""
    import numpy as np

    rng, moment = np.random.default_rng(seed), np.arange(setting.clip_samples) / setting.rate
    sound = 0.001 * rng.normal(size=len(moment))
    for low, high in rng.uniform(80, 1000, (4, 2)):
        cycles = moment * (low + (high - low) * moment / (2 * setting.seconds))
        sound += sum(np.sin(2 * np.pi * k * cycles) / k**2 for k in range(1, 7)) / 8
    for start in rng.uniform(0, setting.seconds, 8):
        sound += rng.normal(size=len(moment)) * np.exp(-30 * np.abs(moment - start)) * (moment >= start) / 4
    return (sound / np.abs(sound).max()).astype(np.float32)


def machine() -> str:
    """Processor, threads and versions, in one line."""
    import platform
    from importlib.metadata import version

    names = Path("/proc/cpuinfo").read_text().split("model name\t: ")[1:] if Path("/proc/cpuinfo").exists() else []
    processor = names[0].splitlines()[0] if names else platform.processor()
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "numba", "librosa"))
    return f"{processor}, {os.cpu_count()} processors, Python {platform.python_version()}, {packages}"


if __name__ == "__main__":
    run(main, Options)
