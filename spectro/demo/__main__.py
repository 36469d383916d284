"""Write the demo corpus: eight electronic genres composed and synthesised by rule, free of any licence.

One folder per genre. Files that exist are kept: the same command continues after a kill. Prints the paths.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from training.cli import run
from training.options import Count, Range, Seed


@dataclass(frozen=True)
class Options:
    """What to write."""

    output: Path
    """Folder that receives one folder per genre."""
    tracks: Count = 6
    """Tracks per genre."""
    seconds: Annotated[float, Range(0.1, 600)] = 30.0
    """Length of a track in seconds."""
    seed: Seed = 0
    """Random seed: the same seed writes the same music."""
    format: Literal["flac", "wav"] = "flac"
    """File format, 16 bits a sample."""


def main(options: Options) -> None:
    """Write the corpus and print its paths."""
    from spectro.demo import GENRES, write_corpus

    print(f"composing {len(GENRES)} genres, {options.tracks} tracks of {options.seconds:g} s each", file=sys.stderr)
    paths = write_corpus(options.output, options.tracks, options.seconds, options.seed, options.format)
    print(*paths, sep="\n")


if __name__ == "__main__":
    run(main, Options)
