"""Models that go on with a sound, column by column of its spectrogram: training, sampling, evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from generators.contract import EvaluateOptions, GeneratorFamily, SampleOptions
from training.cli import bar
from training.family import Report
from training.options import Amount, Range

if TYPE_CHECKING:
    from generators.sounds.training import SoundRecipe

MAX_COLUMNS = 10_000_000
"""Columns of an item: 22 hours of the preset lil_data, what a WAV file can hold."""


@dataclass(frozen=True)
class SoundSampleOptions(SampleOptions):
    """What to go on with, by a run of spectrogram_lstm."""

    format: str = "wav,png"
    """wav, png, or both with a comma."""
    primer: Path | None = None
    """Recording to go on from, of any rate; its last 30 s are read."""
    start: Literal["held_out", "silence"] | None = None
    """Without --primer: first columns of test clips (default), or silence."""
    columns: Annotated[int, Range(1, MAX_COLUMNS)] | None = None
    """Columns of each item; by default as many as a clip has."""
    temperature: Amount | None = None
    """Of the draws; by default 1. A run that draws nothing knows only 0."""
    lead_in: Amount | None = None
    """Seconds of the primer's end put in front; by default 2, 0: none."""


@dataclass(frozen=True)
class SoundEvaluateOptions(EvaluateOptions):
    """Which runs of spectrogram_lstm, and by how many continuations."""

    count: Annotated[int, Range(2)] = 64
    """Test clips that each run goes on with, at most."""
    temperature: Amount | None = None
    """As in `generators.sample`."""


class Sounds(GeneratorFamily):
    """Models that go on with a recording, column by column.

    A module has, besides `Config`, PRESETS, MONITOR, `build` and `exported`: `sampler(model, count)`, for `count` sounds.
    """

    sampling = SoundSampleOptions
    evaluating = SoundEvaluateOptions

    def recipe(self, model: str) -> type[SoundRecipe]:
        from generators.sounds.training import SoundRecipe

        return SoundRecipe

    def sample(self, options: SoundSampleOptions) -> Path:
        from generators.sounds.sampling import sample

        return sample(options, progress=bar)

    def evaluate(self, options: SoundEvaluateOptions) -> list[Path]:
        from generators.sounds.evaluation import evaluate, text_table
        from training.files import outputs_of_runs

        for record in evaluate(options):
            print(text_table(record), end="\n\n")
        return outputs_of_runs(options.runs, options.output)

    def report(self, run: Path, evaluation: Path) -> Report:
        from generators.sounds.evaluation import levels, report_sections
        from generators.sounds.watch import MEANINGS

        return Report(report_sections(run, evaluation), levels(run), MEANINGS)
