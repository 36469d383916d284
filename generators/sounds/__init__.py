"""Models that go on with a sound, by new columns of its spectrogram or by copies of what was heard."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from generators.contract import EvaluateOptions, GeneratorFamily, SampleOptions
from generators.pretrained import path as shipped
from training.cli import bar
from training.family import Report
from training.options import Amount, Positive, Range

if TYPE_CHECKING:
    from generators.sounds.training import SoundRecipe

MAX_SECONDS = 80_000
"""Of an item: 22 hours, what a WAV file can hold at 22,050 Hz and mono."""


@dataclass(frozen=True)
class SoundSampleOptions(SampleOptions):
    """What to go on with, by a run of spectrogram_lstm or sound_pointer."""

    format: str = "wav,png"
    """wav, png, or both with a comma."""
    primer: Path | None = None
    """Recording to go on from, of any rate and number of channels; its last 30 s are read."""
    start: Literal["held_out", "silence"] | None = None
    """Without --primer: first columns of test clips (default), or silence."""
    seconds: Annotated[float, Range(0, MAX_SECONDS, above=True)] | None = None
    """Length of what is added; by default as long as a clip of the training is."""
    temperature: Annotated[Amount | None, tyro.conf.arg(aliases=("--variety",))] = None
    """How freely it draws, by default 1; 0 takes what is likeliest. A run that draws nothing knows only 0."""
    lead_in: Amount | None = None
    """Seconds of the primer's end put in front; by default 2, 0: none."""
    loop: bool = False
    """By a run that copies: bars of the primer that can be played round without a seam, as many as are nearest to --seconds.
    The tempo, as it was found, is in the WAV file and in manifest.csv."""


@dataclass(frozen=True)
class ShippedSoundOptions(SoundSampleOptions):
    """What to go on with by the pointer network that ships."""

    run: tyro.conf.Positional[Path] = field(default_factory=lambda: shipped("pointer"), kw_only=True)
    """Run directory of a generator; RUN --help tells the options of its model. Without it the one that ships for sound."""


@dataclass(frozen=True)
class SoundEvaluateOptions(EvaluateOptions):
    """Which runs of spectrogram_lstm or sound_pointer, and by how many continuations."""

    count: Annotated[int, Range(2)] = 64
    """Test clips that each run goes on with, at most."""
    seconds: Positive | None = None
    """Length of a clip; by default as in training."""
    heard: Positive | None = None
    """Seconds of each that are known; by default half."""
    unseen: Path | None = None
    """Folder of recordings that the run has never seen, all of which are test clips in place of its test part."""
    temperature: Amount | None = None
    """As in `generators.sample`."""


class Sounds(GeneratorFamily):
    """Models that go on with a recording.

    A module has, besides `Config`, PRESETS, MONITOR, `build` and `exported`: `check(config)`, which refuses numbers that do
    not go together, and `sampler(model, count)`, a `samplers.ModelSampler`. Its model has `setting`; its Config what
    `data.setting_of` and `data.batches` read.
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
