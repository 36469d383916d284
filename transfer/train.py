"""Train a transfer model.

hilbert_autoencoder: on recordings of one kind, --data FOLDER. dtn: on MIDI files of two kinds, --source FOLDER --target
FOLDER, to make the first into the second. A FOLDER may also be a CSV (path,label[,group]) or a corpus; without any, demo
music serves.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.model_cli import TrainOptions, run_model_command


@dataclass(frozen=True)
class Options(TrainOptions):
    """What `transfer.train` takes besides the model's own options."""

    source: Path | None = None
    """dtn: folder of MIDI files to be made into others."""
    target: Path | None = None
    """dtn: folder of MIDI files of the kind that they are made into."""
    samples_every: int = 10
    """Epochs between sounds or pictures of what comes out."""


def main(model: str, options: Any) -> None:
    """Train and print the run's path."""
    from transfer.training import train

    print(
        train(
            model,
            options.config,
            data=options.data,
            source=options.source,
            target=options.target,
            output=options.output or Path("runs", model),
            seed=options.seed,
            devices=options.devices,
            init=options.init,
            cache=options.cache,
            samples_every=options.samples_every,
        )
    )


if __name__ == "__main__":
    run_model_command(main, Options, "transfer")
