"""Turn MIDI files, and pictures that midi.convert made of them, into sound (WAV, 16 bits, stereo).

A SoundFont (.sf2, .sf3) plays if one is given, by tinysoundfont or FluidSynth, whichever is there; else a small built-in
synthesiser does, which needs no files. Pedal, pitch wheel, volume, expression and pan are played; what is not is told. A
folder stands for all MIDI files and pictures (.png, .npy) below it; hidden files are passed over. The loudest sample is
0.95 of full scale. Beside each result, <its name>.json tells how it was made. A file that cannot be rendered is one line,
and the others go on; the exit status is then 1.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from training.batch import Batch
from training.cli import bar, log, print_line, run
from training.errors import InputError, reason_of
from training.options import Amount, Count, Range, Seed

if TYPE_CHECKING:
    from midi.notes import Piece


@dataclass(frozen=True)
class Options:
    """What to render, and how."""

    files: tyro.conf.Positional[tuple[Path, ...]]
    """MIDI files, pictures and folders."""
    output: Path = Path(".")
    """Folder for the results, named like the files (a second file of the same name gets -2), or the name of a .wav file if
    there is but one result."""
    soundfont: Path | None = None
    """SoundFont to play with; the built-in synthesiser plays without one, or where there is no player of SoundFonts."""
    rate: Annotated[int, Range(8_000, 192_000)] = 44_100
    """Sample rate in Hz."""
    humanise: Amount = 0.0
    """Play as people do: at 1 onsets 10 ms off, a tempo that wanders by 0.5 %, velocities 8 off (standard deviations); at 2
    twice as much; each file in its own way. 0: as written."""
    seed: Seed = 0
    """Random seed of the built-in drums' noise, and of --humanise."""
    plot: Path | None = None
    """Folder for drawings for people: the piano roll of the first 32 bars of each piece."""
    jobs: Count = 1
    """Worker processes."""
    force: bool = False
    """Overwrite results that exist."""


def main(options: Options) -> None:
    """Render every file, print the paths of the results."""
    if options.soundfont is not None:
        _tell_player(options.soundfont)
    jobs = _jobs(options)
    if options.plot and any(options.plot.resolve() == source.parent.resolve() for source, _ in jobs):
        raise InputError(f"--plot {options.plot} holds files that are rendered; give another folder")
    batch = Batch("rendered", len(jobs))
    for (source, target), (warnings, error) in zip(jobs, bar(_rendered(jobs, options), len(jobs)), strict=True):
        for line in warnings:
            print_line(line)
        if error:
            batch.failed(source, error)
        else:
            print_line(str(target), sys.stdout)
    batch.end()


def _tell_player(soundfont: Path) -> None:
    from midi.synthesis.rendering import BUILT_IN, check_soundfont, player_of
    from midi.synthesis.soundfonts import HOW_TO_INSTALL

    check_soundfont(soundfont)
    by = player_of(soundfont)
    log(f"{by.name} plays {soundfont}" if by else f"no player of SoundFonts ({HOW_TO_INSTALL}): the {BUILT_IN} plays")


def _jobs(options: Options) -> list[tuple[Path, Path]]:
    """(source, target) of every file; no two targets are the same."""
    from midi.conversion import inputs
    from training.files import distinct

    found = inputs(options.files)
    if options.output.suffix.lower() in (".mp3", ".ogg", ".flac", ".aiff"):
        raise InputError(f"sound is written as .wav; received --output {options.output}")
    if options.output.is_dir() or options.output.suffix.lower() != ".wav":
        targets = distinct([options.output / name.with_suffix(".wav") for _, name in found])
    elif len(found) > 1:
        raise InputError(f"--output {options.output} names one file, but there are {len(found)} results; give a folder")
    else:
        targets = [options.output]
    return [(source, target) for (source, _), target in zip(found, targets, strict=True)]


def _rendered(jobs: list[tuple[Path, Path]], options: Options) -> Iterator[tuple[list[str], str]]:
    from joblib import Parallel, delayed

    workers = Parallel(n_jobs=min(options.jobs, len(jobs)), return_as="generator")
    return workers(delayed(_render)(source, target, options) for source, target in jobs)


def _render(source: Path, target: Path, options: Options) -> tuple[list[str], str]:
    """(warnings, why it could not be made, or "")."""
    warnings: list[str] = []
    try:
        _write(source, target, options, warnings)
    except Exception as error:
        return warnings, reason_of(error, source)
    return warnings, ""


def _write(source: Path, target: Path, options: Options, warnings: list[str]) -> None:
    import zlib

    import numpy as np

    from midi.augment import humanise
    from midi.synthesis.rendering import player_of, render, unplayed
    from training.files import beside, placed, refuse_existing, write_json
    from training.runs import versions

    record = beside(target, ".json")
    drawing = placed(target, options.output, options.plot) if options.plot else None
    for path in filter(None, (target, record, drawing)):
        refuse_existing(path, options.force)
    piece = _read(source, warnings)
    if options.humanise:
        piece = humanise(piece, options.humanise, np.random.default_rng([options.seed, zlib.crc32(source.read_bytes())]))
    if missed := unplayed(piece, player_of(options.soundfont)):
        warnings.append(f"{source}: not played: {missed}")
    facts = render(piece, target, soundfont=options.soundfont, rate=options.rate, seed=options.seed)
    if drawing:
        from midi.plots import roll_figure
        from training.files import save_figure

        save_figure(roll_figure(piece, title=target.stem), drawing)
    facts |= {"left_out": piece.left_out}
    write_json(
        record, {"command": "midi.render", "source": source, "options": asdict(options), **facts, "versions": versions()}
    )


def _read(source: Path, warnings: list[str]) -> Piece:
    """The piece in a MIDI file, or that a picture shows."""
    from midi.picture import SUFFIXES, load

    if source.suffix.lower() in SUFFIXES:
        loaded = load(source)
        return loaded.codec.decode(loaded.images, loaded.windows, loaded.layers, tempo=loaded.tempo)
    from midi.files.reading import read

    return read(source, note=warnings.append)


if __name__ == "__main__":
    run(main, Options)
