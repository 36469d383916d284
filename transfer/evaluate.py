"""Measure how well a transfer model does on pieces that it never saw, beside doing nothing.

dtn: of the results, the fraction that a judge, a network trained on other files of both kinds, takes for the target, and how
far its probability moves (strength); content preservation, by chroma; and what notes there are. Beside the results
stand the source as it is and a swap, each window of it replaced by the target's training window of the most similar
chroma; and pieces of the target. RUN/evaluation gets everything: evaluation.json, pictures, some results as MIDI and WAV
files; RUN/report.html becomes one page of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.cli import run

if TYPE_CHECKING:
    from transfer.contract import EvaluateOptions


def options_for(arguments: list[str]) -> type[EvaluateOptions]:
    """The options, imported when the command runs and not when this module is."""
    from transfer.contract import EvaluateOptions

    return EvaluateOptions


def main(options: EvaluateOptions) -> None:
    """Print the table, then where the results are."""
    from transfer.contract import evaluate

    print(evaluate(**vars(options)), end="\n\n")
    print(options.folder)
    print(options.run / "report.html")


if __name__ == "__main__":
    run(main, options_for, keras=True)
