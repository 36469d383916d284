"""Make pictures and music from a trained generator, streamed to disk; the same command after a kill goes on.

Items are numbered; item i of seed s is the same whenever it is made on the same kind of device, alone (--items) or with
others. The output folder gets one folder a format, manifest.csv (one row an item), sample.json, and sheet.png to look at.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import tyro

from training.cli import InputError, bar, run

if TYPE_CHECKING:
    from generators.generator import Generator
    from generators.latents import Source

MOST = 10**12
"""Items at most."""


@dataclass(frozen=True)
class Options:
    """What to make, of which run."""

    run: tyro.conf.Positional[Path]
    """Run directory of a generator."""
    output: Path
    """Folder for the samples."""
    count: int = 16
    """Items to make."""
    seed: int = 0
    """Seed of all draws."""
    format: str = "midi"
    """midi, png, npy, wav, or several of them with commas."""
    binarise: Literal["calibrated", "fixed", "bernoulli", "minmax"] = "calibrated"
    """How real values become cells: as dense as the data, above half of the scale, drawn, or (as published) above half of
    each picture's own range."""
    label: str | None = None
    """Make pictures of this label; without it all labels in turn."""
    items: tuple[int, ...] = ()
    """Make only the items of these numbers."""
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
    tempo: float | None = None
    """Beats a minute; without it the codec's."""


def main(options: Options) -> None:
    """Make the items, print the manifest's path."""
    from generators.generator import Generator
    from generators.sampling import Settings, sample

    _refuse(options)
    generator = Generator(options.run)
    source, words = _source(generator, options)
    settings = Settings(
        source=words,
        count=len(source),
        seed=options.seed,
        formats=tuple(options.format.replace(" ", "").split(",")),
        binarise=options.binarise,
        label=options.label,
        tempo=None if options.tempo is None else _microseconds(options.tempo),
    )
    print(sample(generator, source, options.output, settings, items=options.items or None, progress=bar))


def _refuse(options: Options) -> None:
    """InputError: a count that is none, options that exclude each other, or that what is asked for would ignore."""
    if not 1 <= options.count <= MOST:
        raise InputError(f"--count must be from 1 to {MOST:,}; received {options.count:,}")
    ways = [f"--{name}" for name in ("grid", "interpolate", "around") if getattr(options, name)]
    if len(ways) > 1:
        raise InputError(f"expected one of --grid, --interpolate and --around; received {' and '.join(ways)}")
    idle = {"bars": bool(ways), "count": options.grid, "similarity": options.bars is None, "spread": options.around is None}
    for name, ignored in idle.items():
        if ignored and getattr(options, name) != getattr(Options, name):
            raise InputError(f"--{name} does not go with {' '.join(ways) or 'plain draws'}: see --help")


def _microseconds(tempo: float) -> int:
    """Of a quarter. InputError: not a tempo that MIDI can hold."""
    if not 4 <= tempo <= 1_000_000:
        raise InputError(f"--tempo must be from 4 to 1,000,000 beats a minute; received {tempo:g}")
    return round(60e6 / tempo)


def _source(generator: Generator, options: Options) -> tuple[Source, str]:
    """The latents that the options ask for, and what they are in words."""
    from generators.encoding import between_files, variations
    from generators.latents import Drawn, Grid, windows_of

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
    run(main, Options, keras=True)
