"""Style transfer of real recordings by every set of features, beside what next to nothing reaches.

Six pairs on which `texture` and `hybrid` were tuned, and six others (benchmarks/transfer_pairs.csv):
5 s of each recording, mono, painted by `python -m transfer.nst --pairs`. Prints the mean of T, X, K, N, score and second
judge of either half, the median score, on how many pairs the first features score higher, and seconds a pair (- if some
were there before); then every pair's. Needs the recordings (SPECTRO_DATA, by default ../shared/data); the same command goes
on where it was stopped.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.cli import log, run
from training.errors import InputError

LIST = Path(__file__).with_name("transfer_pairs.csv")
SECONDS = 5.0
FIGURES = ("timbre", "texture", "content_preservation", "no_leakage", "score", "judge")
HEADER = "T | X | K | N | score | second judge"


@dataclass(frozen=True)
class Options:
    """What is compared."""

    features: tuple[str, ...] = ("texture", "hybrid", "mosaic", "lil_data", "random")
    """Features of `transfer.nst`, by the preset `ours`."""
    output: Path = Path("runs/style-transfer")
    """Folder for excerpts and results."""


def main(options: Options) -> None:
    """Transfer what is not there yet, then print the tables."""
    data = Path(os.environ.get("SPECTRO_DATA", "../shared/data"), "audio")
    if not data.is_dir():
        raise InputError(f"{data} not found; expected the folder of recordings, or SPECTRO_DATA to name its parent")
    halves = cut(data, options.output)
    found: dict[str, dict[str, dict]] = {}
    seconds = {}
    for features in options.features:
        folder = options.output / features
        begin = time.perf_counter()
        command = ["--pairs", str(options.output / "pairs.csv"), "--features", features, "--output", str(folder)]
        subprocess.run([sys.executable, "-m", "transfer.nst", *command], check=True, stdout=subprocess.DEVNULL)
        if all_transferred(folder / "scores.csv"):
            seconds[features] = (time.perf_counter() - begin) / len(halves)
        for name in halves:
            scores = read_scores(folder / f"{name}.json")
            found.setdefault(features, {})[name] = scores["result"]
            for baseline, figures in scores.items():
                if baseline != "result":
                    found.setdefault(baseline, {})[name] = figures
    for half in dict.fromkeys(halves.values()):
        log(f"{half} pairs")
        print(f"\n{half}\n\n| | {HEADER} | median | {options.features[0]} above it | s |\n" + "|---" * 10 + "|")
        for name, pairs in found.items():
            print(row(name, pairs, found[options.features[0]], [pair for pair in halves if halves[pair] == half], seconds))
    print(f"\n| pair | | {HEADER} |\n" + "|---" * 8 + "|")
    for pair in halves:
        for name in (*options.features, "equalised"):
            print(f"| {pair} | {name} | " + " | ".join(f"{found[name][pair][figure]:.2f}" for figure in FIGURES) + " |")


def cut(data: Path, folder: Path) -> dict[str, str]:
    """Write the excerpts and their pairs.csv; pair -> half."""
    from spectro.audio import read, write

    folder.mkdir(parents=True, exist_ok=True)
    halves, rows = {}, []
    with LIST.open() as file:
        listed = list(csv.DictReader(file))
    for number, line in enumerate(listed, 1):
        name = f"{number:02d}-{Path(line['content']).stem}-as-{Path(line['style']).stem}"
        for role, start in (("content", "start"), ("style", "style_start")):
            sound, rate = read(data / line[role], 22_050)
            first = round(float(line[start]) * rate)
            excerpt = np.atleast_2d(sound).mean(axis=0)[first : first + round(SECONDS * rate)]
            if not (folder / f"{name}-{role}.wav").exists():
                write(folder / f"{name}-{role}.wav", excerpt[None], rate)
        halves[name] = line["half"]
        rows.append({"content": f"{name}-content.wav", "style": f"{name}-style.wav", "output": f"{name}.wav"})
    with (folder / "pairs.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return halves


def all_transferred(table: Path) -> bool:
    """Whether no pair was finished before: only then do the seconds mean something."""
    with table.open(newline="") as file:
        return all(line["outcome"] == "transferred" for line in csv.DictReader(file))


def read_scores(report: Path) -> dict[str, dict]:
    """Of the result and of the baselines."""
    from training.files import read_json

    return read_json(report)["scores"]


def row(name: str, pairs: dict, first: dict, chosen: list[str], seconds: dict[str, float]) -> str:
    """One line of a half's table."""
    means = [f"{np.mean([pairs[pair][figure] for pair in chosen]):.3f}" for figure in FIGURES]
    median = np.median([pairs[pair]["score"] for pair in chosen])
    above = sum(first[pair]["score"] > pairs[pair]["score"] for pair in chosen)
    taken = f"{seconds[name]:.1f}" if name in seconds else "-"
    return f"| {name} | " + " | ".join(means) + f" | {median:.3f} | {above} of {len(chosen)} | {taken} |"


if __name__ == "__main__":
    run(main, Options)
