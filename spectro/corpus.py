"""Turn a folder of recordings (or a CSV with path,label[,group][,fold]) into a corpus of clips that trains without delay."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro

from training.cli import bar, run
from training.options import Count, Positive


@dataclass(frozen=True)
class Options:
    """How a folder becomes a corpus."""

    data: tyro.conf.Positional[Path]
    """Folder of label folders, plain folder, or CSV."""
    output: Path = Path("corpus")
    """Directory to write; the same command after a kill continues."""
    rate: Count = 22_050
    """Sample rate of the clips in Hz."""
    seconds: Positive = 5.0
    """Length of a clip in seconds."""
    jobs: Count | None = None
    """Worker processes; by default one per core. A cluster uses all it has."""
    scheduler: str | None = None
    """Address of a Dask scheduler (tcp://host:port) whose workers do the work instead; they must see DATA and OUTPUT at the
    same paths."""
    force: bool = False
    """Replace a corpus of other files or another setting."""


def main(options: Options) -> None:
    """Build the corpus, tell what was left out, print its path."""
    from spectro.clips import SUFFIXES, Clips
    from training.corpora.build import build_corpus
    from training.corpora.corpus import Corpus
    from training.corpora.sources import find_sources
    from training.corpora.user_cache import describe

    sources = find_sources(options.data, SUFFIXES)
    encoder = Clips(rate=options.rate, seconds=options.seconds)
    build_corpus(
        sources, encoder, options.output, jobs=options.jobs, force=options.force, scheduler=options.scheduler, progress=bar
    )
    describe(Corpus(options.output))
    print(options.output)


if __name__ == "__main__":
    run(main, Options)
