"""See and hear what there is, in two minutes and without any data: ends with one page, OUTPUT/index.html.

Composes music, paints one track in another's style, goes on with another, takes a tune to pictures and back, and learns
genres. Each step is a command of this project, told as it runs; the same command again makes it all again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from training.cli import run


@dataclass(frozen=True)
class Options:
    """Where to."""

    output: Path = Path("demo")
    """Folder for everything."""


def main(options: Options) -> None:
    """Run the steps, write the page, print its path."""
    from spectro.tour import tour

    print(tour(options.output))


if __name__ == "__main__":
    run(main, Options)
