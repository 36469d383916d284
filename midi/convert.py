"""Turn MIDI files into pictures (PNG, or NPY arrays) and pictures back into MIDI files, by the suffix of each file; or both
into scores (MusicXML).

A folder stands for all MIDI files and pictures below it; hidden files are passed over. A picture carries its codec and the
piece's tempos, so the way back needs no option. What a codec does not keep is printed, and counted in --report.
Beside each result, <its name>.json tells how it was made. A file that cannot be converted is one line, and the others go
on; the exit status is then 1.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from training.batch import Batch
from training.cli import bar, print_line, run
from training.errors import InputError
from training.options import Count, Range

if TYPE_CHECKING:
    from midi.conversion import Conversion, Outcome


@dataclass(frozen=True)
class Options:
    """What to convert, and how."""

    files: tyro.conf.Positional[tuple[Path, ...]]
    """MIDI files, pictures and folders."""
    output: Path = Path(".")
    """Folder for the results, named like the files (a second file of the same name gets -2), or a file's name if there is
    but one result."""
    to: Literal["png", "npy", "musicxml"] = "png"
    """What MIDI files become; --output NAME.npy says it too. musicxml (extra [score]): pictures become scores too."""
    codec: str | None = None
    """Codec of the pictures to be made (lossless by default), and of NPY files (by default what <name>.json tells)."""
    low: Annotated[int, Range(0, 127)] | None = None
    """MIDI pitch of the lowest row. Where this and the next five are not given, the codec has its own."""
    high: Annotated[int, Range(0, 127)] | None = None
    """MIDI pitch of the highest row."""
    columns: Count | None = None
    """Columns of a picture."""
    resolution: Count | None = None
    """Columns in a quarter note, or in a second if the codec's columns measure seconds."""
    unit: Literal["quarter", "second"] | None = None
    """What columns measure."""
    velocity: Annotated[int, Range(1, 127)] | None = None
    """Velocity of decoded notes where the codec keeps none."""
    parts: Literal["together", "tracks"] = "together"
    """tracks: a picture for each track, named -1, -2 ..."""
    pedal: Literal["auto", "extend", "off"] = "auto"
    """extend: notes last while the sustain pedal is down; off: as long as their keys; auto: extend in pictures of piano
    music, lossless ones excepted."""
    strict: bool = False
    """Read MIDI files by mido alone, slower."""
    report: Path | None = None
    """CSV with a row for each file: outcome, reason, every loss, and the F1 scores of the way there and back (onset; onset
    and offset; within 50 ms)."""
    plot: Path | None = None
    """Folder for drawings for people: each piece as a piano roll with seconds, bars and note names, above its pictures."""
    jobs: Count = 1
    """Worker processes."""
    force: bool = False
    """Overwrite results that exist."""


def main(options: Options) -> None:
    """Convert every file, print the paths of the results."""
    how = _conversion(options)
    jobs = _jobs(options)
    _check_making(options, jobs)
    if options.plot:
        _check_plot(options.plot, jobs)
    if options.report:
        _check_report(options, jobs)
    rows, batch = [], Batch("converted", len(jobs))
    for outcome in bar(_outcomes(jobs, how, options.jobs), len(jobs)):
        rows.append(outcome.row)
        for line in outcome.warnings:
            print_line(line)
        for path in outcome.targets:
            print_line(str(path), sys.stdout)
        if outcome.error:
            batch.failed(outcome.source, outcome.error)
    if options.report:
        _write_report(options.report, rows)
    batch.end()


def _conversion(options: Options) -> Conversion:
    from midi.codecs import codec_named
    from midi.conversion import Conversion

    fields = {name: getattr(options, name) for name in ("low", "high", "columns", "resolution", "unit", "velocity")}
    codec = codec_named(options.codec or "lossless", **{name: value for name, value in fields.items() if value is not None})
    return Conversion(
        codec,
        decoder=codec if options.codec else None,
        strict=options.strict,
        parts=options.parts,
        pedal=options.pedal,
        measure=options.report is not None,
        drawings=options.plot,
        output=options.output,
        force=options.force,
        options=asdict(options),
    )


def _jobs(options: Options) -> list[tuple[Path, Path]]:
    """(source, target) of every file; no two targets are the same and none is a source."""
    from midi.conversion import inputs, is_picture
    from training.files import conversions, distinct

    found = inputs(options.files)
    if not options.output.is_dir() and options.output.suffix.lower() in (".png", ".npy", ".mid", ".midi", ".musicxml"):
        targets = [_only_target(found[0][0], options, len(found))]
    else:
        midi = ".musicxml" if options.to == "musicxml" else ".mid"
        names = [name.with_suffix(midi if is_picture(name) else f".{options.to}") for _, name in found]
        targets = distinct([options.output / name for name in names])
    return conversions((source for source, _ in found), targets)


def _only_target(source: Path, options: Options, count: int) -> Path:
    from midi.conversion import is_picture, is_score

    target = options.output
    if count > 1:
        raise InputError(f"--output {target} names one file, but there are {count} results; give a folder")
    if is_picture(source) == is_picture(target) and not is_score(target):
        kinds = "MIDI becomes a .png, .npy or .musicxml, and pictures a .mid or .musicxml"
        raise InputError(f"{kinds}; received {source.name} and --output {target.name}")
    if options.to != "png" and is_picture(target) and target.suffix.lower() != f".{options.to}":
        raise InputError(f"--to {options.to} and --output {target} contradict each other")
    return target


def _outcomes(jobs: list[tuple[Path, Path]], how: Conversion, processes: int) -> Iterator[Outcome]:
    """The outcome of every job, in order."""
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    from midi.conversion import convert

    if processes == 1:
        yield from (convert(source, target, how) for source, target in jobs)
        return
    try:
        yield from Parallel(n_jobs=processes, return_as="generator")(delayed(convert)(*job, how) for job in jobs)
    except TerminatedWorkerError:
        raise InputError("a worker process was killed (out of memory?); --jobs 1 needs the least memory") from None


def _check_making(options: Options, jobs: list[tuple[Path, Path]]) -> None:
    """No option is passed over in silence: what tells how pictures are made says nothing of PNG files and of scores."""
    from midi.conversion import is_picture, is_score

    making = ["to", "codec", "low", "high", "columns", "resolution", "unit", "velocity", "parts", "pedal"]
    scores = {source for source, target in jobs if is_score(target) and not is_picture(source)}
    making += [] if scores else ["strict"]
    given = [f"--{name}" for name in making if getattr(options, name) != getattr(Options, name)]
    given = [name for name in given if (name, options.to) != ("--to", "musicxml")]
    if given and all(source.suffix.lower() == ".png" or source in scores for source, _ in jobs):
        raise InputError(
            f"{', '.join(given)}: for pictures to be made; received only scores to be made" if scores else
            f"{', '.join(given)}: for pictures to be made; received only PNG files, which carry their codec"
        )  # fmt: skip


def _check_plot(folder: Path, jobs: list[tuple[Path, Path]]) -> None:
    """Drawings are called like the pictures, so they need a folder of their own."""
    if folder.resolve() in {path.parent.resolve() for job in jobs for path in job}:
        raise InputError(f"--plot {folder} holds files that are converted, or is where they go; give another folder")


def _check_report(options: Options, jobs: list[tuple[Path, Path]]) -> None:
    """Before the work: the report can be written, and is none of the files."""
    from training.files import refuse_existing

    refuse_existing(options.report, options.force)
    if options.report.resolve() in {path.resolve() for job in jobs for path in job}:
        raise InputError(f"--report {options.report} is one of the files")


def _write_report(path: Path, rows: list[dict]) -> None:
    import csv

    from midi.conversion import COLUMNS
    from training.files import atomic

    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    run(main, Options)
