"""Evaluate classifier runs on their own test parts: one table, a confusion matrix and a JSON file in each run.

A run that fails is one line, and the others go on; the exit status is then 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro

from training.cli import run


@dataclass(frozen=True)
class Options:
    """Which runs, and where their recordings are."""

    runs: tyro.conf.Positional[tuple[Path, ...]]
    """Run directories; several (folds, seeds, splits) also give their mean."""
    data: Path | None = None
    """Where the recordings are now, if they have moved."""
    foreign: tuple[Path, ...] = ()
    """Recordings that have none of the labels: folders, CSVs or corpora. How well novelty tells them from the test part."""
    cache: Path | None = None
    """Where folders become corpora; by default the user's cache folder."""


def main(options: Options) -> None:
    """Print the table and where the pictures are."""
    from classifiers.evaluation import evaluate, table
    from training.batch import Batch
    from training.errors import InputError

    if not options.runs:
        raise InputError("expected at least one run directory, as `classifiers.train` prints it")
    batch = Batch("evaluated", len(options.runs), "runs")
    result = evaluate(options.runs, data=options.data, cache=options.cache, foreign=options.foreign, one=batch.one)
    if result["runs"]:
        print(table(result))
        print()
    for row in result["runs"]:
        print(Path(row["run"], "confusion.png"))
    batch.end()


if __name__ == "__main__":
    run(main, Options, keras=True)
