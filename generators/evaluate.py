"""Evaluate generator runs: are their samples like data that they never saw, and are they copies of what they did see?

Pictures (as vae, dcgan): of each run --count samples (as `generators.sample` makes them) are compared with its test part by
all measures of `midi.measures`, beside what two halves of the test part give (the floor); with its training part by the
nearest picture, transposed or not, beside the same of held-out pictures; models with a likelihood also by their test loss;
models that draw cells also by how they go on with test pieces and fill them in.
Sequences (lstm, seq2seq, music_transformer) and sounds (spectrogram_lstm, sound_pointer): each run goes on with beginnings
of --count test pieces or clips, and what it generates is compared with the real continuations; sounds beside simpler ways.

Prints tables. RUN/evaluation gets everything: evaluation.json, pictures, sounds, MIDI files; RUN/report.html becomes one
page of it, which needs no network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.cli import run
from training.errors import InputError

if TYPE_CHECKING:
    from generators.contract import EvaluateOptions


def options_for(arguments: list[str]) -> type[EvaluateOptions]:
    """The options of the runs that the command line names; those that all have, where it names none.

    InputError: what stands first is no run of a generator.
    """
    from generators.contract import EvaluateOptions, family_named

    family = family_named(arguments)
    return family.evaluating if family else EvaluateOptions


def main(options: EvaluateOptions) -> None:
    """Print the tables, then where the results are."""
    from generators.contract import run_family

    if not options.runs:
        raise InputError("expected at least one run directory, as `generators.train` prints it")
    families = [run_family(run_directory) for run_directory in options.runs]
    for run_directory, family in zip(options.runs, families, strict=True):
        if type(family) is not type(families[0]):
            raise InputError(f"{run_directory} is of another family than {options.runs[0]}: evaluate them one by one")
    for run_directory, folder in zip(options.runs, families[0].evaluate(options), strict=True):
        print(folder)
        print(run_directory / "report.html")


if __name__ == "__main__":
    run(main, options_for, keras=True)
