"""Judge sequence models by how likely they find pieces that they never saw: negative log-likelihood (nll) in nats.

Every step from the second on is judged after all those before it in its piece; the mean is over all pieces. Nats a step are
those of the published tables, where steps are frames; nats a quarter and a note compare models of different representations.
Beside the model, nats a step: each pitch by its distribution in the data's training part (marginal), each as before (copy);
nats a quarter: each cell of a column after the one before (Markov), and after that and the one a bar before (repeat).
Models of notes and events read no drums, those of columns have them as notes of their keys: compare them on pieces without.

With --pictures: models of pictures, and sequence models that read columns of a codec, by the pictures of the test part, each
by itself, in bits a pixel and nats a quarter. Beside them probabilities of the training part: one for all pixels (constant),
one for each row (marginal), one for each row after each value of the pixel before (Markov).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tyro

from training.cli import log, run
from training.errors import InputError


@dataclass(frozen=True)
class Options:
    """Which runs, on what."""

    runs: tyro.conf.Positional[tuple[Path, ...]]
    """Run directories of models with a likelihood, such as lstm; with --pictures also vae."""
    pictures: bool = False
    """Judge single pictures of the test part in bits a pixel, not whole pieces in nats."""
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
    from training.files import refuse_existing, write_json
    from training.runs import versions

    if not options.runs:
        raise InputError("expected at least one run directory, as `generators.train lstm` prints it")
    if options.output:
        refuse_existing(options.output, options.force)
    found = of_pictures(options) if options.pictures else of_pieces(options)
    if options.output:
        data = str(options.data) if options.data else None
        write_json(options.output, {"command": "generators.likelihood", "data": data, "runs": found, "versions": versions()})
        print(options.output)


def of_pieces(options: Options) -> dict[str, dict[str, Any]]:
    """Judge and print whole pieces."""
    from generators.sequences.likelihood import likelihood

    found = {str(run): likelihood(run, options.data, options.part, options.cache) for run in options.runs}
    wide = max(map(len, found))
    head = "part        pieces    steps  nats a step  marginal    copy  a quarter   Markov   repeat   a note"
    print(f"{'run':{wide}}  {head}")
    for name, row in found.items():
        counts = f"{row['part']:10s} {row['pieces']:7d} {row['steps']:8d}"
        names = ("nll_per_quarter", "markov_per_quarter", "repeat_per_quarter", "nll_per_note")
        quarter, markov, repeat, note = ("-" if row.get(each) is None else f"{row[each]:.3f}" for each in names)
        a_step = f"{row['nll_per_step']:11.3f}  {row['marginal']:8.3f}  {row['copy']:6.3f}"
        print(f"{name:{wide}}  {counts}  {a_step}  {quarter:>9}  {markov:>7}  {repeat:>7}  {note:>7}")
    return found


def of_pictures(options: Options) -> dict[str, dict[str, Any]]:
    """Judge and print single pictures; tell where they are not the same for all runs."""
    from generators.pictures.likelihood import picture_likelihood

    if options.part != "test":
        raise InputError(f"--pictures judges the test part; received --part {options.part}")
    found = {str(run): picture_likelihood(run, options.data, options.cache) for run in options.runs}
    wide = max(map(len, found))
    print(f"{'run':{wide}}  pictures  left out  bits a pixel  constant  marginal  Markov  nats a quarter")
    for name, row in found.items():
        simple = f"{row['constant']:8.4f}  {row['marginal']:8.4f}  {row['markov']:6.4f}"
        quarter = f"{row['nll_per_quarter']:14.3f}" if "nll_per_quarter" in row else f"{'-':>14}"
        print(f"{name:{wide}}  {row['pictures']:8d}  {row['left_out']:8d}  {row['bits']:12.4f}  {simple}  {quarter}")
    if len({row["which"] for row in found.values()}) > 1:
        log("these runs were not judged by the same pictures: they have other data, codecs, labels or seeds")
    return found


if __name__ == "__main__":
    run(main, Options, keras=True)
