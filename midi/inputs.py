"""What a command that takes files, pictures and folders was given."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from midi import picture
from midi.files import reading
from training.cli import InputError
from training.corpora.sources import find_sources


def inputs(paths: Iterable[Path]) -> list[tuple[Path, Path]]:
    """(file, its name below the output folder) of every file given and every MIDI file and picture in the folders given.

    InputError: nothing given, a folder without such files.
    """
    found = [pair for path in paths for pair in _below(path)]
    if not found:
        raise InputError("expected MIDI files, pictures or folders; received none")
    return found


def _below(path: Path) -> list[tuple[Path, Path]]:
    if not path.is_dir():
        return [(path, Path(path.name))]
    return [(source.path, Path(source.name)) for source in find_sources(path, reading.SUFFIXES | picture.SUFFIXES)]
