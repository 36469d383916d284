"""Judge sequence models by how likely they find pieces that they never saw: negative log-likelihood (nll) in nats.

Every step from the second on is judged after all those before it in its piece; the mean is over all pieces. Nats a step are
those of the published tables, where steps are frames; nats a quarter and a note compare models of different representations.
Beside the model, nats a step: each pitch by its distribution in the data's training part (marginal), each as before (copy).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from training.cli import run
from training.errors import InputError


@dataclass(frozen=True)
class Options:
    """Which runs, on what."""

    runs: tyro.conf.Positional[tuple[Path, ...]]
    """Run directories of models with a likelihood, such as lstm."""
    data: Path | None = None
    """A .mat of frames (JSB_Chorales.mat, Nottingham.mat), a folder of MIDI files, a CSV, a corpus of columns; by default
    what the run was trained on."""
    part: Literal["train", "validation", "test", "all"] = "test"
    """Which part of the data; of a folder that is not the run's own: all is more."""
    output: Path | None = None
    """JSON file for the figures."""
    cache: Path | None = None
    """Where folders become corpora; by default the user's cache folder."""
    force: bool = False
    """Overwrite results that exist."""


def main(options: Options) -> None:
    """Print the table, then the path of the results."""
    from generators.sequences.likelihood import likelihood
    from training.files import refuse_existing, write_json
    from training.runs import versions

    if not options.runs:
        raise InputError("expected at least one run directory, as `generators.train lstm` prints it")
    if options.output:
        refuse_existing(options.output, options.force)
    found = {str(run): likelihood(run, options.data, options.part, options.cache) for run in options.runs}
    wide = max(map(len, found))
    print(f"{'run':{wide}}  part        pieces    steps  nats a step  a quarter   a note  marginal    copy")
    for name, row in found.items():
        counts = f"{row['part']:10s} {row['pieces']:7d} {row['steps']:8d}"
        nll = [row["nll_per_step"], row["nll_per_quarter"], row["nll_per_note"]]
        step, quarter, note = ("-" if value is None else f"{value:.3f}" for value in nll)
        simple = f"{row['marginal']:8.3f}  {row['copy']:6.3f}"
        print(f"{name:{wide}}  {counts}  {step:>11}  {quarter:>9}  {note:>7}  {simple}")
    if options.output:
        data = str(options.data) if options.data else None
        write_json(options.output, {"command": "generators.likelihood", "data": data, "runs": found, "versions": versions()})
        print(options.output)


if __name__ == "__main__":
    run(main, Options, keras=True)
