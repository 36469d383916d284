"""Make music from a trained generator, or go on with a piece, streamed to disk; the same command after a kill goes on.

Items are numbered; item i of seed s is the same whenever it is made on the same kind of device, alone (--items) or with
others. The output folder gets one folder a format, manifest.csv (one row an item), sample.json, and sheet.png to look at.
RUN --help tells what its model can be asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import tyro

from training.cli import InputError, bar, run

if TYPE_CHECKING:
    from generators.pictures.generator import Generator
    from generators.pictures.latents import Source

MOST = 10**12
"""Items at most."""


@dataclass(frozen=True)
class Options:
    """What to make, of which run."""

    run: tyro.conf.Positional[Path]
    """Run directory of a generator; RUN --help tells the options of its model."""
    output: Path
    """Folder for the samples."""
    count: int = 16
    """Items to make."""
    seed: int = 0
    """Seed of all draws."""
    items: tuple[int, ...] = ()
    """Make only the items of these numbers."""


@dataclass(frozen=True)
class MidiOptions(Options):
    """What music is written as."""

    format: str = "midi"
    """midi, png, npy, wav, or several of them with commas."""
    tempo: float | None = None
    """Beats a minute; without it the codec's."""


@dataclass(frozen=True)
class PictureOptions(MidiOptions):
    """What to make, of a run of vae or dcgan."""

    binarise: Literal["calibrated", "fixed", "bernoulli", "minmax"] = "calibrated"
    """How real values become cells: as dense as the data, above half of the scale, drawn, or (as published) above half of
    each picture's own range."""
    label: str | None = None
    """Make pictures of this label; without it all labels in turn."""
    bars: int | None = None
    """Bars of 4/4 an item lasts: longer than a picture, it is chained of several whose latents walk on from each other."""
    similarity: float = 0.7
    """With --bars: how much of one window's latent the next one keeps, 0 to 1."""
    grid: bool = False
    """Instead of --count draws, 10 x 10 latents on the two widest directions."""
    interpolate: tuple[Path, Path] | None = None
    """Instead of draws, --count steps from the first file to the second (models that encode)."""
    around: Path | None = None
    """Instead of draws, --count variations of this file (models that encode)."""
    spread: float = 1.0
    """With --around: how far variations stray, in standard deviations."""


@dataclass(frozen=True)
class SequenceOptions(MidiOptions):
    """What to go on with, by a run of lstm or seq2seq."""

    primer: Path | None = None
    """MIDI file to go on from."""
    held_out: bool = False
    """Go on from the beginnings of the run's test pieces, one after the other. Without this and --primer: from silence."""
    primer_columns: int | None = None
    """Columns of the primer that are heard, from its beginning; by default all of a file, 8 bars of a test piece."""
    columns: int | None = None
    """Columns that are added; by default 16 bars."""
    temperature: float = 1.0
    """Above 1 bolder, below 1 safer; 0 always takes what is most probable."""
    top_p: float = 0.98
    """States of a pitch that together have this share are drawn from; 1: all."""
    longest: float = 2.0
    """Bars that a note is held at most; 0: as long as the model wants."""
    only_new: bool = False
    """Leave the primer out of what is written."""
    cache: Path | None = None
    """Where folders become corpora; by default the user's cache folder."""


@dataclass(frozen=True)
class SoundOptions(Options):
    """What to go on with, by a run of spectrogram_lstm."""

    format: str = "wav,png"
    """wav, png, or both with a comma."""
    primer: Path | None = None
    """Recording to go on from, of any rate; its last 30 s are heard."""
    start: Literal["held_out", "silence"] | None = None
    """Without --primer: first columns of test clips (default), or silence."""
    columns: int | None = None
    """Columns of each item; by default as many as a clip has."""
    temperature: float | None = None
    """Of the draws; by default 1. A run that draws nothing knows only 0."""
    lead_in: float | None = None
    """Seconds of the primer's end put in front; by default 2, 0: none."""


FAMILIES = {
    "generators.pictures": PictureOptions,
    "generators.sequences": SequenceOptions,
    "generators.sounds": SoundOptions,
}
"""A model's FAMILY -> the options of its samples."""


def main(options: Options) -> None:
    """Make the items, print the manifest's path."""
    if not 1 <= options.count <= MOST:
        raise InputError(f"--count must be from 1 to {MOST:,}; received {options.count:,}")
    makers = {Options: _no_run, PictureOptions: _pictures, SequenceOptions: _sequences, SoundOptions: _sounds}
    print(makers[type(options)](options))


def options_for(arguments: list[str]) -> type[Options]:
    """The options of the run that the command line names; those that all have, where it names none.

    InputError: what stands first is no run of a generator.
    """
    from generators.contract import options_of

    return options_of(arguments, FAMILIES, Options)


def _no_run(options: Options) -> Path:
    """InputError: the run is none, or stands where it was not found."""
    raise InputError(f"give the run first: python -m generators.sample {options.run} --output ...")


def _sequences(options: SequenceOptions) -> Path:
    from generators.sequences.sampling import Settings, sample

    settings = Settings(
        count=options.count,
        seed=options.seed,
        columns=options.columns,
        temperature=options.temperature,
        top_p=options.top_p,
        longest=options.longest,
        primer=str(options.primer) if options.primer else None,
        held_out=options.held_out,
        primer_columns=options.primer_columns,
        only_new=options.only_new,
        formats=_formats(options),
        tempo=_microseconds(options.tempo),
    )
    return sample(options.run, options.output, settings, items=options.items or None, cache=options.cache, progress=bar)


def _sounds(options: SoundOptions) -> Path:
    from dataclasses import asdict

    from generators.sounds.sampling import sample

    chosen = asdict(options)
    run_directory, output = chosen.pop("run"), chosen.pop("output")
    del chosen["format"]
    return sample(run_directory, output, formats=_formats(options), progress=bar, **chosen)


def _pictures(options: PictureOptions) -> Path:
    from generators.pictures.generator import Generator
    from generators.pictures.sampling import Settings, sample

    _refuse(options)
    generator = Generator(options.run)
    source, words = _source(generator, options)
    settings = Settings(
        source=words,
        count=len(source),
        seed=options.seed,
        formats=_formats(options),
        binarise=options.binarise,
        label=options.label,
        tempo=_microseconds(options.tempo),
    )
    return sample(generator, source, options.output, settings, items=options.items or None, progress=bar)


def _formats(options: MidiOptions | SoundOptions) -> tuple[str, ...]:
    return tuple(options.format.replace(" ", "").split(","))


def _refuse(options: PictureOptions) -> None:
    """InputError: options that exclude each other, or that what is asked for would ignore."""
    ways = [f"--{name}" for name in ("grid", "interpolate", "around") if getattr(options, name)]
    if len(ways) > 1:
        raise InputError(f"expected one of --grid, --interpolate and --around; received {' and '.join(ways)}")
    idle = {"bars": bool(ways), "count": options.grid, "similarity": options.bars is None, "spread": options.around is None}
    for name, ignored in idle.items():
        if ignored and getattr(options, name) != getattr(PictureOptions, name):
            raise InputError(f"--{name} does not go with {' '.join(ways) or 'plain draws'}: see --help")


def _microseconds(tempo: float | None) -> int | None:
    """Of a quarter. InputError: not a tempo that MIDI can hold."""
    if tempo is None:
        return None
    if not 4 <= tempo <= 1_000_000:
        raise InputError(f"--tempo must be from 4 to 1,000,000 beats a minute; received {tempo:g}")
    return round(60e6 / tempo)


def _source(generator: Generator, options: PictureOptions) -> tuple[Source, str]:
    """The latents that the options ask for, and what they are in words."""
    from generators.pictures.encoding import between_files, variations
    from generators.pictures.latents import Drawn, Grid, windows_of

    if options.interpolate:
        first, last = options.interpolate
        made = between_files(generator, first, last, options.count, options.label)
        return made, f"{options.count} steps from {first} to {last}"
    if options.around:
        made = variations(generator, options.around, options.count, options.seed, options.spread, options.label)
        return made, f"around {options.around}, spread {options.spread}"
    if options.grid:
        return Grid(generator.model, generator.module), "grid"
    windows = windows_of(generator.codec, options.bars)
    source = Drawn(generator.model, generator.module, options.count, options.seed, windows, options.similarity)
    return source, f"drawn, {windows} windows, similarity {options.similarity}"


if __name__ == "__main__":
    run(main, options_for, keras=True)
