"""Models of MIDI pictures: data, sampling, watch, evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from generators.contract import EvaluateOptions, GeneratorFamily, MidiSampleOptions, Temperature, Tempo
from training.cli import bar
from training.family import Report
from training.options import Amount, Count, Fraction, Index, Positive, Range

if TYPE_CHECKING:
    from generators.pictures.training import PictureRecipe

Binarisation = Literal["calibrated", "fixed", "bernoulli", "minmax"]
"""How real values become cells."""


@dataclass(frozen=True)
class PictureConfig:
    """Pictures, labels, augmentation in the feed, and training; models add their own fields and set their paper's values."""

    codec: str = "roll96"
    """Codec of the pictures, by name."""
    conditional: bool = False
    """Learn the labels (folder names) too, so that pictures of one label can be asked for."""
    transpose: Index = 0
    """Training pictures are moved up or down by up to this many semitones."""
    learning_rate: Positive = 1e-3
    """The optimizer's step, at the start."""
    batch_size: Count = 32
    """Pictures in a step, over all devices."""
    epochs: Count = 100
    """Passes over the training pictures."""


@dataclass(frozen=True)
class PictureSampleOptions(MidiSampleOptions):
    """What to make, of a run of a model of pictures: of latents (vae, dcgan), or drawn cell by cell."""

    tempo: Tempo | None = None
    """Beats a minute; without it those of --primer or --fill at the beginning, or the codec's."""
    temperature: Temperature = 1.0
    """Above 1 bolder, below 1 safer; 0 always takes what is most probable (models that draw cells)."""
    guidance: Amount = 1.0
    """With labels: 0 draws as without one, above 1 more like the label than the data are (models that draw cells)."""
    binarise: Binarisation = "calibrated"
    """How real values become cells: as dense as the data, above half of the scale, drawn, or (as published) above half of
    each picture's own range."""
    label: str | None = None
    """Make pictures of this label; without it all labels in turn."""
    bars: Count | None = None
    """Bars of 4/4 an item lasts, or that are added to --primer and --held-out (by default 16). Longer than a picture, it is
    made of several: latents walk on from each other; pictures drawn cell by cell have the end of the one before in sight."""
    primer: Path | None = None
    """MIDI file to go on from (models that draw cells)."""
    held_out: bool = False
    """Go on from the beginnings of the run's test pieces, one after the other (models that draw cells)."""
    primer_columns: Count | None = None
    """Columns of the primer that are read, from its beginning; by default all of a file, 8 bars of a test piece."""
    overlap_bars: Count = 1
    """Bars that each picture has in sight of what stands before it, at least."""
    only_new: bool = False
    """Leave the primer out of what is written."""
    fill: Path | None = None
    """MIDI file that is kept but for what --mask says, which is drawn anew (models that draw cells in any order)."""
    mask: tuple[str, ...] = ()
    """What --fill draws anew: bars (5-8bars; the first is 1, both ends are drawn), pitches (60-72pitches; MIDI numbers), or
    both, for these pitches in these bars."""
    similarity: Fraction = 0.7
    """With --bars: how much of one window's latent the next one keeps, 0 to 1."""
    grid: bool = False
    """Instead of --count draws, 10 x 10 latents on the two widest directions."""
    between: tuple[Index, Index] | None = None
    """Instead of draws, --count steps from one sample of this --seed, by its number, to another (models with latents)."""
    mix: tuple[Index, Index] | None = None
    """Instead of --count draws, the styles of two samples of this --seed, by their numbers, mixed: the first k layers have
    those of the first sample, the others those of the second, for every k (models with styles of several layers)."""
    truncation: Fraction = 1.0
    """What part of their distance from the mean style draws keep: below 1 they are safer and more alike, 0 is the mean
    picture (models with a mean style)."""
    interpolate: tuple[Path, Path] | None = None
    """Instead of draws, --count steps from the first file to the second (models with latents; of those that do not read
    pictures, latents are searched for)."""
    around: Path | None = None
    """Instead of draws, --count variations of this file (as --interpolate)."""
    spread: Amount = 1.0
    """With --around: how far variations stray, in standard deviations."""
    cache: Path | None = None
    """Where folders become corpora; by default the user's cache folder."""


@dataclass(frozen=True)
class PictureEvaluateOptions(EvaluateOptions):
    """Which runs of models of pictures, and by how many samples."""

    count: Annotated[int, Range(4, 10_000)] = 1_000
    """Samples made of each run; they are held in memory."""
    binarise: Binarisation = "calibrated"
    """How real values become cells, as in `generators.sample`."""
    continuations: Index = 20
    """Held-out pieces that are gone on with and filled in, by models that draw cells; 0: none."""


class Pictures(GeneratorFamily):
    """Models that make whole pictures of a MIDI codec.

    A module has, besides `Config` (a `PictureConfig`), PRESETS, `build` and `exported`: LOW, an empty cell's value (cells go
    from LOW to 1); MONITOR, what decides which epoch is kept (None: the last); `sampler(model, codec)`, a `PictureSampler`;
    and may have `fit_prior(model, batches)`, called when training is done. A metric `bits` is its likelihood.
    """

    sampling = PictureSampleOptions
    evaluating = PictureEvaluateOptions

    def recipe(self, model: str) -> type[PictureRecipe]:
        from generators.pictures.training import PictureRecipe

        return PictureRecipe

    def sample(self, options: PictureSampleOptions) -> Path:
        from generators.pictures.sampling import sample

        return sample(options, progress=bar)

    def evaluate(self, options: PictureEvaluateOptions) -> list[Path]:
        from generators.pictures.evaluation import evaluate
        from generators.pictures.evaluation.report import kept_tables, measures_table, text_table
        from training.files import outputs_of_runs

        records = evaluate(options)
        for record in records:
            print(measures_table(record), end="\n\n")
            for table in kept_tables(record):
                print(table, end="\n\n")
        print(text_table(records), end="\n\n")
        return outputs_of_runs(options.runs, options.output)

    def report(self, run: Path, evaluation: Path) -> Report:
        from generators.pictures.evaluation.report import levels, report_sections
        from generators.pictures.watch import MEANINGS

        return Report(report_sections(run, evaluation), levels(run), MEANINGS)
