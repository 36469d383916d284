"""Models of sequences: MIDI pieces read, continued and judged step by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from generators.contract import EvaluateOptions, GeneratorFamily, MidiSampleOptions, Temperature
from generators.pretrained import path as shipped
from training.cli import bar
from training.family import Report
from training.options import Amount, Count, Range

if TYPE_CHECKING:
    from generators.sequences.training import SequenceRecipe

TopP = Annotated[float, Range(0, 1, above=True)]
MAX_STEPS = 1 << 19
"""Steps of an item at most: as many as a codec has columns."""


@dataclass(frozen=True)
class SequenceSampleOptions(MidiSampleOptions):
    """What to go on with, by a run of lstm, seq2seq or music_transformer."""

    primer: Path | None = None
    """MIDI file to go on from."""
    held_out: bool = False
    """Go on from the beginnings of the run's test pieces, one after the other. Without this and --primer: from silence."""
    data: Path | None = None
    """Where the run's data are now, if they have moved, for --held-out."""
    primer_columns: Count | None = None
    """Columns (or other steps) of the primer that are read, from its beginning; by default all of a file, 8 bars of a test
    piece."""
    columns: Annotated[int, Range(1, MAX_STEPS)] | None = None
    """Columns (or other steps) that are added; by default 16 bars."""
    temperature: Temperature = 1.0
    """Above 1 bolder, below 1 safer; 0 always takes what is most probable."""
    top_p: TopP = 0.98
    """States of a pitch that together have this probability are drawn from; 1: all."""
    max_note_bars: Amount = 2.0
    """Bars that a note is held at most; 0: as long as the model wants."""
    until_end: bool = False
    """Let pieces end where the model ends them, if that is before so many --columns; of models that tell an end."""
    only_new: bool = False
    """Leave the primer out of what is written."""
    cache: Path | None = None
    """Where folders become corpora; by default the user's cache folder."""


@dataclass(frozen=True)
class ShippedSampleOptions(SequenceSampleOptions):
    """What to go on with, or compose, by the model that ships."""

    run: tyro.conf.Positional[Path] = field(default_factory=shipped, kw_only=True)
    """Run directory of a generator; RUN --help tells the options of its model. Without it the one that ships."""


@dataclass(frozen=True)
class SequenceEvaluateOptions(EvaluateOptions):
    """Which runs of lstm, seq2seq or music_transformer, and by how many continuations."""

    count: Annotated[int, Range(2)] = 20
    """Test pieces that each run goes on with."""
    prompt_bars: Count = 8
    """Bars of each that are read."""
    generated_bars: Count = 16
    """Bars that are generated after them."""
    temperature: Temperature = 1.0
    """As in `generators.sample`."""
    top_p: TopP = 0.98
    """As in `generators.sample`."""
    max_note_bars: Amount = 2.0
    """As in `generators.sample`."""


class Sequences(GeneratorFamily):
    """Models that go on with a MIDI piece, step by step.

    A module has, besides `Config`, PRESETS, MONITOR, `build` and `exported`: `representation_of(config)`; `length(config)`
    and `before(config)`, steps of a training window and rests that may stand before it; `sampler(model, representation,
    count, max_note_bars=0.0)`, a `samplers.Sampler`, which takes `ends=True` (a piece's end may be drawn) where steps tell
    that; and may have `nll(model)`, for `generators.likelihood`.
    """

    sampling = SequenceSampleOptions
    evaluating = SequenceEvaluateOptions

    def recipe(self, model: str) -> type[SequenceRecipe]:
        from generators.sequences.training import SequenceRecipe

        return SequenceRecipe

    def sample(self, options: SequenceSampleOptions) -> Path:
        from generators.sequences.sampling import sample

        return sample(options, progress=bar)

    def evaluate(self, options: SequenceEvaluateOptions) -> list[Path]:
        from generators.sequences.evaluation import evaluate, text_table
        from training.files import outputs_of_runs

        for record in evaluate(options):
            print(text_table(record), end="\n\n")
        return outputs_of_runs(options.runs, options.output)

    def report(self, run: Path, evaluation: Path) -> Report:
        from generators.sequences.evaluation import levels, report_sections
        from generators.sequences.watch import MEANINGS

        return Report(report_sections(run, evaluation), levels(run), MEANINGS)
