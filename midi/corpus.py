"""Turn a folder of MIDI files (or a CSV with path,label[,group][,fold]) into a corpus of pictures that trains without delay.

Windows without a note are left out. items.csv, in the corpus, tells of each file how many pictures it gave and what they do
not keep, or why it was left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from training.cli import bar, run
from training.options import Count, Index, Range


@dataclass(frozen=True)
class Options:
    """How a folder becomes a corpus."""

    data: tyro.conf.Positional[Path]
    """Folder of label folders, plain folder, or CSV."""
    output: Path = Path("corpus")
    """Directory to write; the same command after a kill continues."""
    codec: str = "roll96"
    """Codec of the pictures."""
    low: Annotated[int, Range(0, 127)] | None = None
    """MIDI pitch of the lowest row. Where this and the next four are not given, the codec has its own."""
    high: Annotated[int, Range(0, 127)] | None = None
    """MIDI pitch of the highest row."""
    columns: Count | None = None
    """Columns of a picture."""
    resolution: Count | None = None
    """Columns in a quarter note, or in a second if the codec's columns measure seconds."""
    unit: Literal["quarter", "second"] | None = None
    """What columns measure."""
    parts: Literal["together", "tracks"] = "together"
    """tracks: pictures of each track by itself, one after the other."""
    pedal: Literal["auto", "extend", "off"] = "auto"
    """extend: notes last while the sustain pedal is down; off: as long as their keys; auto: extend in pictures of piano
    music, lossless ones excepted."""
    variations: Index = 0
    """Show every file so many times more, in other keys."""
    strict: bool = False
    """Read MIDI files by mido alone, slower."""
    jobs: Count | None = None
    """Worker processes; by default one per core. A cluster uses all it has."""
    scheduler: str | None = None
    """Address of a Dask scheduler (tcp://host:port) whose workers do the work instead; they must see DATA and OUTPUT at the
    same paths."""
    force: bool = False
    """Replace a corpus of other files or another setting."""


def main(options: Options) -> None:
    """Build the corpus, tell what was left out, print its path."""
    from midi.codecs import codec_named
    from midi.files.reading import SUFFIXES
    from midi.images import MidiImages
    from training.corpora.build import build_corpus
    from training.corpora.corpus import Corpus
    from training.corpora.sources import find_sources
    from training.corpora.user_cache import describe

    fields = {name: getattr(options, name) for name in ("low", "high", "columns", "resolution", "unit")}
    codec = codec_named(options.codec, **{name: value for name, value in fields.items() if value is not None})
    build_corpus(
        find_sources(options.data, SUFFIXES),
        MidiImages(codec, options.strict, options.parts, options.variations, pedal=options.pedal),
        options.output,
        jobs=options.jobs,
        force=options.force,
        scheduler=options.scheduler,
        progress=bar,
    )
    describe(Corpus(options.output))
    print(options.output)


if __name__ == "__main__":
    run(main, Options)
