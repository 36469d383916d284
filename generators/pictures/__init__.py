"""Models of MIDI pictures: data, sampling, watch, evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from generators.contract import EvaluateOptions, GeneratorFamily, MidiSampleOptions, formats_of
from training.cli import InputError, bar
from training.family import Report
from training.options import Amount, Count, Range, Share

if TYPE_CHECKING:
    from generators.pictures.generator import Generator
    from generators.pictures.latents import Source
    from generators.pictures.training import PictureRecipe

Binarisation = Literal["calibrated", "fixed", "bernoulli", "minmax"]
"""How real values become cells."""


@dataclass(frozen=True)
class PictureSampleOptions(MidiSampleOptions):
    """What to make, of a run of vae or dcgan."""

    binarise: Binarisation = "calibrated"
    """How real values become cells: as dense as the data, above half of the scale, drawn, or (as published) above half of
    each picture's own range."""
    label: str | None = None
    """Make pictures of this label; without it all labels in turn."""
    bars: Count | None = None
    """Bars of 4/4 an item lasts: longer than a picture, it is chained of several whose latents walk on from each other."""
    similarity: Share = 0.7
    """With --bars: how much of one window's latent the next one keeps, 0 to 1."""
    grid: bool = False
    """Instead of --count draws, 10 x 10 latents on the two widest directions."""
    interpolate: tuple[Path, Path] | None = None
    """Instead of draws, --count steps from the first file to the second (models that encode)."""
    around: Path | None = None
    """Instead of draws, --count variations of this file (models that encode)."""
    spread: Amount = 1.0
    """With --around: how far variations stray, in standard deviations."""


@dataclass(frozen=True)
class PictureEvaluateOptions(EvaluateOptions):
    """Which runs of vae or dcgan, and by how many samples."""

    count: Annotated[int, Range(2, 10_000)] = 1_000
    """Samples made of each run; they are held in memory."""
    binarise: Binarisation = "calibrated"
    """How real values become cells, as in `generators.sample`."""


class Pictures(GeneratorFamily):
    """Models that make whole pictures of a MIDI codec."""

    sampling = PictureSampleOptions
    evaluating = PictureEvaluateOptions

    def recipe(self, model: str) -> type[PictureRecipe]:
        from generators.pictures.training import PictureRecipe

        return PictureRecipe

    def sample(self, options: PictureSampleOptions) -> Path:
        from generators.pictures.generator import Generator
        from generators.pictures.sampling import Settings, sample

        _refuse(options)
        generator = Generator(options.run)
        source, words = _source(generator, options)
        settings = Settings(
            source=words,
            count=len(source),
            seed=options.seed,
            formats=formats_of(options.format),
            binarise=options.binarise,
            label=options.label,
            tempo=options.microseconds,
        )
        return sample(generator, source, options.output, settings, items=options.items or None, progress=bar)

    def evaluate(self, options: PictureEvaluateOptions) -> list[Path]:
        from generators.pictures.evaluation import Evaluating, evaluate
        from generators.pictures.evaluation.report import measures_table, text_table
        from training.files import outputs_of_runs

        records = evaluate(options.runs, Evaluating(options.count, options.seed, options.binarise), **options.places)
        for record in records:
            print(measures_table(record), end="\n\n")
        print(text_table(records), end="\n\n")
        return outputs_of_runs(options.runs, options.output)

    def report(self, run: Path, evaluation: Path) -> Report:
        from generators.pictures.evaluation.report import levels, report_sections

        return Report(report_sections(run, evaluation), levels(run))


def _refuse(options: PictureSampleOptions) -> None:
    """InputError: options that exclude each other, or that what is asked for would ignore."""
    ways = [f"--{name}" for name in ("grid", "interpolate", "around") if getattr(options, name)]
    if len(ways) > 1:
        raise InputError(f"expected one of --grid, --interpolate and --around; received {' and '.join(ways)}")
    idle = {"bars": bool(ways), "count": options.grid, "similarity": options.bars is None, "spread": options.around is None}
    for name, ignored in idle.items():
        if ignored and getattr(options, name) != getattr(PictureSampleOptions, name):
            raise InputError(f"--{name} does not go with {' '.join(ways) or 'plain draws'}: see --help")


def _source(generator: Generator, options: PictureSampleOptions) -> tuple[Source, str]:
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
