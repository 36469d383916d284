"""Train a genre classifier on a folder of genre folders, a CSV (path,label[,group][,fold]), a corpus, or the demo music."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from training.model_cli import TrainOptions, run_model_command


@dataclass(frozen=True)
class Options(TrainOptions):
    """What `classifiers.train` takes besides the model's own options."""

    split: Literal["source", "segment"] = "source"
    """Deal out whole files or groups; `segment` lets clips of one file into several parts, to measure the leak."""
    fold: str | None = None
    """Test on this fold of the CSV and train on the others."""
    validation_fold: str | None = None
    """With --fold: choose the best epoch on this fold; without it the last epoch is kept."""
    class_weights: bool = False
    """Weigh rare labels up."""
    samples_every: int = 10
    """Epochs between pictures and sounds of what is confused."""


def main(model: str, options: Any) -> None:
    """Train, evaluate on the test part, print the run's path."""
    from classifiers.training import train

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
            by=options.split,
            fold=options.fold,
            validation_fold=options.validation_fold,
            weigh=options.class_weights,
            samples_every=options.samples_every,
        )
    )


if __name__ == "__main__":
    run_model_command(main, Options, "classifiers")
