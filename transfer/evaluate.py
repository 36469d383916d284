"""Measure how well a transfer model does on pieces that it never saw, beside doing nothing.

dtn: a judge, a network trained on other files of both kinds, tells how much of the results it takes for the target, and how
far its belief moves (strength); chroma tells how much of the content is kept; and what notes there are. Beside the results
stand the source as it is and a swap, each window of it replaced by the target's training window of the most similar
chroma; and pieces of the target. RUN/evaluation gets everything: evaluation.json, pictures, some results as MIDI and WAV
files; RUN/report.html becomes one page of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from training.cli import run


@dataclass(frozen=True)
class Options:
    """Which run, and on what."""

    run: tyro.conf.Positional[Path]
    """Run directory of a dtn."""
    part: Literal["test", "validation"] = "test"
    """The files that are transferred: those held out to the end, or those of the validation part that the judge does not
    learn from, to choose settings by."""
    strength: float = 1.0
    """As in `transfer.apply`."""
    overlap: float = 0.125
    """As in `transfer.apply`."""
    source: Path | None = None
    """Where the source's files are now, if they have moved."""
    target: Path | None = None
    """Where the target's are."""
    output: Path | None = None
    """Folder for the results; by default RUN/evaluation."""
    cache: Path | None = None
    """Where folders become corpora; by default the user's cache folder."""
    force: bool = False
    """Overwrite results that exist."""


def main(options: Options) -> None:
    """Print the table, then where the results are."""
    from transfer.evaluation import evaluate

    table = evaluate(
        options.run,
        part=options.part,
        strength=options.strength,
        overlap=options.overlap,
        source=options.source,
        target=options.target,
        output=options.output,
        cache=options.cache,
        force=options.force,
    )
    print(table, end="\n\n")
    print(options.output or options.run / "evaluation")
    print(options.run / "report.html")


if __name__ == "__main__":
    run(main, Options, keras=True)
