"""Write the demo corpus: MIDI files of seven styles composed by rule, free of any licence.

One folder per style. Files that exist are kept: the same command continues after a kill. Prints the paths.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from training.cli import log, run
from training.options import Count, Range, Seed


@dataclass(frozen=True)
class Options:
    """What to write."""

    output: Path
    """Folder that receives one folder per style."""
    pieces: Count = 6
    """Pieces per style."""
    bars: Annotated[int, Range(4, 1_024)] = 32
    """Length of a piece in bars."""
    seed: Seed = 0
    """Random seed: the same seed writes the same music."""


def main(options: Options) -> None:
    """Write the corpus and print its paths."""
    from midi.demo import STYLES, write_corpus

    log(f"composing {len(STYLES)} styles, {options.pieces} pieces of {options.bars} bars each")
    print(*write_corpus(options.output, options.pieces, options.seed, options.bars), sep="\n")


if __name__ == "__main__":
    run(main, Options)
