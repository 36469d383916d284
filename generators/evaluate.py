"""Evaluate generator runs: are their samples like data that they never saw, and are they copies of what they did see?

Of each run --count samples (as `generators.sample` makes them) are compared with its test part by all measures of
`midi.measures`, beside what two halves of the test part give (the floor); with its training part by the nearest picture,
transposed or not, beside the same of held-out pictures; models with a likelihood also by their test loss. Prints a table of
all runs and the measures of each. RUN/evaluation gets everything: evaluation.json, pictures, sounds, MIDI files;
RUN/report.html becomes one page of it, which needs no network.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from training.cli import run


@dataclass(frozen=True)
class Options:
    """Which runs, and by how many samples."""

    runs: tyro.conf.Positional[tuple[Path, ...]]
    """Run directories of generators."""
    count: int = 1_000
    """Samples made of each run."""
    seed: int = 0
    """Seed of the samples, of the held-out pictures drawn, of halves and bootstrap."""
    binarise: Literal["calibrated", "fixed", "bernoulli", "minmax"] = "calibrated"
    """How real values become cells, as in `generators.sample`."""
    output: Path | None = None
    """Folder for the results, of several runs for a folder each; by default RUN/evaluation."""
    data: Path | None = None
    """Where the data are now, if they have moved."""
    cache: Path | None = None
    """Where folders become corpora; by default the user's cache folder."""
    force: bool = False
    """Overwrite results that exist."""


def main(options: Options) -> None:
    """Print the tables, then where the results are."""
    from generators.evaluation import Evaluating, evaluate, outputs
    from generators.evaluation.report import measures_table, text_table
    from training.cli import InputError

    if not options.runs:
        raise InputError("expected at least one run directory, as `generators.train` prints it")
    how = Evaluating(options.count, options.seed, options.binarise)
    places = {"output": options.output, "data": options.data, "cache": options.cache}
    records = evaluate(options.runs, how, **places, force=options.force)
    for record in records:
        print(measures_table(record), end="\n\n")
    print(text_table(records), end="\n\n")
    for run_directory, folder in zip(options.runs, outputs(options.runs, options.output), strict=True):
        print(folder)
        print(run_directory / "report.html")


if __name__ == "__main__":
    run(main, Options, keras=True)
