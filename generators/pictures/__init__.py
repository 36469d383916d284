"""Models of MIDI pictures: data, sampling, watch, evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from generators.contract import EvaluateOptions, GeneratorFamily, MidiSampleOptions
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
    """What to make, of a run of vae or dcgan."""

    binarise: Binarisation = "calibrated"
    """How real values become cells: as dense as the data, above half of the scale, drawn, or (as published) above half of
    each picture's own range."""
    label: str | None = None
    """Make pictures of this label; without it all labels in turn."""
    bars: Count | None = None
    """Bars of 4/4 an item lasts: longer than a picture, it is chained of several whose latents walk on from each other."""
    similarity: Fraction = 0.7
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

    count: Annotated[int, Range(4, 10_000)] = 1_000
    """Samples made of each run; they are held in memory."""
    binarise: Binarisation = "calibrated"
    """How real values become cells, as in `generators.sample`."""


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
        from generators.pictures.evaluation.report import measures_table, text_table
        from training.files import outputs_of_runs

        records = evaluate(options)
        for record in records:
            print(measures_table(record), end="\n\n")
        print(text_table(records), end="\n\n")
        return outputs_of_runs(options.runs, options.output)

    def report(self, run: Path, evaluation: Path) -> Report:
        from generators.pictures.evaluation.report import levels, report_sections

        return Report(report_sections(run, evaluation), levels(run))
