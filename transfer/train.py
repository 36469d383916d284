"""Train a transfer model on a folder of recordings of one kind, a CSV (path,label[,group]), a corpus, or the demo music."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.model_cli import TrainOptions, run_model_command


@dataclass(frozen=True)
class Options(TrainOptions):
    """What `transfer.train` takes besides the model's own options."""

    samples_every: int = 10
    """Epochs between sounds of what comes out."""


def main(model: str, options: Any) -> None:
    """Train and print the run's path."""
    from transfer.training import train

    print(
        train(
            model,
            options.config,
            data=options.data,
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
