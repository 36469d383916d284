"""Write a run's model for use without this project: SavedModel, ONNX or LiteRT, checked against Keras on the spot.

The file's path goes to standard output, the largest difference from Keras to standard error. What its user must know is in
the file itself: labels, codec or spectrogram setting, configuration, names and shapes of inputs and outputs, versions; a
JSON file beside it tells the same. docs/export.md has ten lines for each format that use it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from training.cli import run


@dataclass(frozen=True)
class Options:
    """What to write."""

    run: tyro.conf.Positional[Path]
    """Run directory, as a train command wrote it."""
    format: Literal["saved_model", "onnx", "litert"] = "saved_model"
    """saved_model: a folder for TensorFlow; onnx: any batch size; litert: batches of one."""
    output: Path | None = None
    """File (.onnx, .tflite) or folder to write; by default RUN/exports/MODEL with the format's suffix."""
    force: bool = False
    """Overwrite an existing output."""


def main(options: Options) -> None:
    """Load the run's best model, write it, run what was written and tell how far it is from Keras."""
    import sys

    from training.exporting.exports import FORMATS, example_inputs, export, facts_of
    from training.family import family_of
    from training.runs import load, read_run

    record = read_run(options.run)
    model = family_of(record).exported(record["model"], options.run, load(options.run))
    output = options.output or options.run / "exports" / (record["model"] + FORMATS[options.format].suffix)
    error = export(model, output, options.format, example_inputs(model), facts_of(record, model), options.force)
    print(f"largest difference from Keras: {error:.2g}", file=sys.stderr)
    print(output)


if __name__ == "__main__":
    run(main, Options, keras=True)
