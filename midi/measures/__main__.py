"""Measure a folder of MIDI files or a corpus of MIDI pictures, and compare it with another one.

Prints a table of pitches, density, polyphony, lengths, scale and groove (`midi.measures.features` tells each). Two sets
are compared by the distances of their pieces, as in "On the evaluation of generative models in music" (Yang and Lerch):
the area under both densities of the distances within a set and between the sets (overlap; 1: they vary alike) and the
Kullback-Leibler divergence of the two. Seen from A it tells whether B's pieces are like A's, seen from B whether they
differ as much; copies of one good piece pass the first alone. Halves of A show what sets that do not differ give.
A file that cannot be read is one line, and the others go on; the exit status is then 1.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from training.cli import bar, log, run
from training.options import Count, Index, Range, Seed

if TYPE_CHECKING:
    from midi.measures.tables import MeasuredSet


@dataclass(frozen=True)
class Options:
    """What to measure, and against what."""

    data: tyro.conf.Positional[Path]
    """A: folder of MIDI files, CSV with their paths, or corpus; each picture of a corpus is a piece."""
    against: Path | None = None
    """B: another one to compare it with."""
    halves: bool = False
    """Compare two random halves of A, too."""
    count: Count | None = None
    """Files or pictures of each that are drawn; by default all."""
    limit: Annotated[int, Range(2)] = 2_000
    """Pieces of each that are compared at most: pairs grow with the square."""
    repeats: Index = 100
    """Bootstrap samples for the 95 % intervals; 0: none. Samples hold fewer different pieces, so that intervals lie low."""
    drums: bool = False
    """Take drum notes for pitched ones, to compare files with pictures that do not tell them apart."""
    seed: Seed = 0
    """Random seed."""
    jobs: Count = 1
    """Worker processes; for a few thousand pieces one is as fast."""
    output: Path | None = None
    """JSON file for everything, with the histograms; index = pitch."""
    plot: Path | None = None
    """Picture of the histograms: .png, .pdf or .svg."""
    force: bool = False
    """Overwrite results that exist."""


def main(options: Options) -> None:
    """Print the table, then the paths of the results."""
    from midi.measures.comparison import compare, split_half
    from midi.measures.report import draw_histograms, record, text_table
    from training.batch import Batch
    from training.files import write_json
    from training.runs import versions

    results = _results(options)
    sets = [_measured(path, options) for path in (options.data, options.against) if path]
    settings = {"limit": options.limit, "repeats": options.repeats, "seed": options.seed}
    against = compare(sets[0].table, sets[1].table, **settings) if options.against else None
    halves = split_half(sets[0].table, **settings) if options.halves else None
    print(text_table(sets, against, halves))
    if options.output:
        made = {"command": "midi.measures", "options": asdict(options), "versions": versions()}
        write_json(options.output, made | record(sets, against, halves))
    if options.plot:
        draw_histograms(sets, options.plot)
    for path in results:
        print(path)
    batch = Batch("measured", sum(len(one) + len(one.failed) for one in sets if one.failed))
    for path, reason in (failed for one in sets for failed in one.failed):
        batch.failed(path, reason)
    batch.end()


def _results(options: Options) -> list[Path]:
    """The files to be written, checked before the work."""
    from training.files import check_drawing, refuse_existing

    if options.plot:
        check_drawing(options.plot)
    results = [path for path in (options.output, options.plot) if path]
    for path in results:
        refuse_existing(path, options.force)
    return results


def _measured(path: Path, options: Options) -> MeasuredSet:
    from midi.measures.tables import measure_set

    measured = measure_set(
        path, count=options.count, seed=options.seed, drums=options.drums, jobs=options.jobs, progress=bar
    )
    for line in measured.warnings:
        log(line)
    return measured


if __name__ == "__main__":
    run(main, Options)
