"""Evaluate generator runs: are their samples like data that they never saw, and are they copies of what they did see?

Pictures (vae, dcgan): of each run --count samples (as `generators.sample` makes them) are compared with its test part by
all measures of `midi.measures`, beside what two halves of the test part give (the floor); with its training part by the
nearest picture, transposed or not, beside the same of held-out pictures; models with a likelihood also by their test loss.
Sequences (lstm, seq2seq) and sounds (spectrogram_lstm): each run goes on with the beginnings of --count test pieces or
clips, and what it says is held beside the real continuations.

Prints tables. RUN/evaluation gets everything: evaluation.json, pictures, sounds, MIDI files; RUN/report.html becomes one
page of it, which needs no network.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tyro

from training.cli import InputError, run


@dataclass(frozen=True)
class Options:
    """Which runs."""

    runs: tyro.conf.Positional[tuple[Path, ...]]
    """Run directories of generators, of one family; RUN --help tells the options of its model."""
    seed: int = 0
    """Seed of the samples, and of all that is drawn of the data."""
    output: Path | None = None
    """Folder for the results, of several runs for a folder each; by default RUN/evaluation."""
    data: Path | None = None
    """Where the data are now, if they have moved."""
    cache: Path | None = None
    """Where folders become corpora; by default the user's cache folder."""
    force: bool = False
    """Overwrite results that exist."""


@dataclass(frozen=True)
class PictureOptions(Options):
    """Which runs of vae or dcgan, and by how many samples."""

    count: int = 1_000
    """Samples made of each run."""
    binarise: Literal["calibrated", "fixed", "bernoulli", "minmax"] = "calibrated"
    """How real values become cells, as in `generators.sample`."""


@dataclass(frozen=True)
class SequenceOptions(Options):
    """Which runs of lstm or seq2seq, and by how many continuations."""

    count: int = 20
    """Test pieces that each run goes on with."""
    heard: int = 8
    """Bars that are heard."""
    said: int = 16
    """Bars that are said."""
    temperature: float = 1.0
    """As in `generators.sample`."""
    top_p: float = 0.98
    """As in `generators.sample`."""
    longest: float = 2.0
    """As in `generators.sample`."""


@dataclass(frozen=True)
class SoundOptions(Options):
    """Which runs of spectrogram_lstm, and by how many continuations."""

    count: int = 64
    """Test clips that each run goes on with, at most."""
    temperature: float | None = None
    """As in `generators.sample`."""


FAMILIES = {
    "generators.pictures": PictureOptions,
    "generators.sequences": SequenceOptions,
    "generators.sounds": SoundOptions,
}
"""A model's FAMILY -> the options of its evaluation."""


def options_for(arguments: list[str]) -> type[Options]:
    """The options of the runs that the command line names; those that all have, where it names none.

    InputError: what stands first is no run of a generator.
    """
    from generators.contract import options_of

    return options_of(arguments, FAMILIES, Options)


def main(options: Options) -> None:
    """Print the tables, then where the results are."""
    from generators.contract import family_of

    if not options.runs:
        raise InputError("expected at least one run directory, as `generators.train` prints it")
    for run_directory in options.runs:
        if FAMILIES[family_of(run_directory)] is not type(options):
            raise InputError(f"{run_directory} is of another family than {options.runs[0]}: evaluate them one by one")
    makers = {PictureOptions: _pictures, SequenceOptions: _sequences, SoundOptions: _sounds}
    for run_directory, folder in zip(options.runs, makers[type(options)](options), strict=True):
        print(folder)
        print(run_directory / "report.html")


def _pictures(options: PictureOptions) -> list[Path]:
    from generators.pictures.evaluation import Evaluating, evaluate
    from generators.pictures.evaluation.report import measures_table, text_table
    from training.files import outputs_of_runs

    records = evaluate(options.runs, Evaluating(options.count, options.seed, options.binarise), **_places(options))
    for record in records:
        print(measures_table(record), end="\n\n")
    print(text_table(records), end="\n\n")
    return outputs_of_runs(options.runs, options.output)


def _sequences(options: SequenceOptions) -> list[Path]:
    from generators.sequences.evaluation import Evaluating, evaluate, text_table
    from training.files import outputs_of_runs

    draws = {"temperature": options.temperature, "top_p": options.top_p, "longest": options.longest}
    how = Evaluating(options.count, options.seed, options.heard, options.said, **draws)
    for record in evaluate(options.runs, how, **_places(options)):
        print(text_table(record), end="\n\n")
    return outputs_of_runs(options.runs, options.output)


def _sounds(options: SoundOptions) -> list[Path]:
    from generators.sounds.evaluation import evaluate, text_table
    from training.files import outputs_of_runs

    folders = outputs_of_runs(options.runs, options.output)
    for run_directory, folder in zip(options.runs, folders, strict=True):
        how = {"count": options.count, "seed": options.seed, "temperature": options.temperature}
        print(text_table(evaluate(run_directory, **how, **_places(options) | {"output": folder})), end="\n\n")
    return folders


def _places(options: Options) -> dict[str, Any]:
    return {"output": options.output, "data": options.data, "cache": options.cache, "force": options.force}


if __name__ == "__main__":
    run(main, options_for, keras=True)
