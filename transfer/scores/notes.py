"""Count the notes of MIDI files, such as transcriptions, against the true ones.

`python -m transfer.scores.notes true.mid found.mid`, or two folders whose files have the same names. Onset F1: of notes
whose pitch is right and whose onset is within 50 ms; onset and offset F1: whose offset, too, is within 50 ms or a fifth of
the note; frame F1: of the pitches every 10 ms; by mir_eval's definitions. Drums do not count, notes last while the pedal is
down, and a pitch sounds once at a time. A file that cannot be read, or that has no other one, is one line, and the others go
on; the exit status is then 1.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from training.batch import Batch
from training.cli import run
from training.errors import InputError

if TYPE_CHECKING:
    from transfer.transcription.measures import Figures


@dataclass(frozen=True)
class Options:
    """What to count against what."""

    true: tyro.conf.Positional[Path]
    """MIDI file with the true notes, or folder of such files."""
    found: tyro.conf.Positional[Path]
    """MIDI file with the notes that were found, or folder of files named as the true ones are."""
    output: Path | None = None
    """JSON file for all figures of all files."""
    force: bool = False
    """Overwrite it."""


def main(options: Options) -> None:
    """Print the table."""
    from training.files import refuse_existing, write_json
    from training.runs import versions
    from transfer.transcription.measures import mean

    if options.output:
        refuse_existing(options.output, options.force)
    pairs = _pairs(options.true, options.found)
    found: dict[str, Figures] = {}
    batch = Batch("counted", len(pairs))
    print("| file | onset F1 | precision | recall | onset and offset F1 | frame F1 |\n|---|---|---|---|---|---|")
    for name, (true, other) in pairs.items():
        with batch.one(other):
            found[name] = _figures(true, other)
            print(_row(name, found[name]), flush=True)
    if len(found) > 1:
        print(_row(f"mean of {len(found)}", mean(found.values())))
    if options.output:
        made = {"command": "transfer.scores.notes", "options": asdict(options), "versions": versions()}
        write_json(options.output, made | {"figures": {name: asdict(one) for name, one in found.items()}})
        print(options.output)
    batch.end()


def _pairs(true: Path, found: Path) -> dict[str, tuple[Path, Path]]:
    """Name -> (true, found). InputError: nothing there, a file against a folder."""
    from midi.files.reading import SUFFIXES
    from training.corpora.sources import find_sources

    if true.is_dir() != found.is_dir():
        raise InputError(f"expected two files or two folders; received {true} and {found}")
    if not true.is_dir():
        return {found.name: (true, found)}
    sides = [{Path(one.name).with_suffix(""): one.path for one in find_sources(side, SUFFIXES)} for side in (true, found)]
    # Where there is no other file, its name is asked for all the same, and told when it cannot be read.
    return {str(name): (path, sides[1].get(name, found / f"{name}.mid")) for name, path in sides[0].items()}


def _figures(true: Path, found: Path) -> Figures:
    """InputError: unreadable, nothing that could be found."""
    from midi.files.reading import read
    from transfer.transcription.measures import figures
    from transfer.transcription.rendering import truth_of

    wanted = truth_of(read(true))
    if not len(wanted):
        raise InputError(f"{true} has no note that could be heard")
    return figures(wanted, truth_of(read(found)))


def _row(name: str, one: Figures) -> str:
    cells = (one.onset_f1, one.onset_precision, one.onset_recall, one.offset_f1, one.frame_f1)
    return " | ".join([f"| {name}", *(f"{cell:.3f}" for cell in cells)]) + " |"


if __name__ == "__main__":
    run(main, Options)
