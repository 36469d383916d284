"""Train a generator on a folder of files, a CSV (path,label[,group]), a corpus, or the demo pieces.

vae and dcgan make MIDI pictures, lstm and seq2seq go on with a MIDI piece, spectrogram_lstm with a recording.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.model_cli import TrainOptions, run_model_command


@dataclass(frozen=True)
class Options(TrainOptions):
    """What `generators.train` takes besides the model's own options."""

    preset: str = "ours"
    """Starting values of the model's options: paper, ours or quick; of dcgan also sparse88."""
    init: Path | None = None
    """Run whose weights to start from, of the same model and sizes."""
    samples_every: int = 10
    """Epochs between sheets of pictures."""
    patience: int = 20
    """Epochs of nothing but black or grey pictures, or silence or one note, after which training stops; 0 never stops."""


def main(model: str, options: Any) -> None:
    """Train and print the run's path."""
    from generators.contract import part

    print(
        part(model, "training").train(
            model,
            options.config,
            data=options.data,
            output=options.output or Path("runs", model),
            seed=options.seed,
            devices=options.devices,
            init=options.init,
            cache=options.cache,
            samples_every=options.samples_every,
            patience=options.patience,
        )
    )


if __name__ == "__main__":
    run_model_command(main, Options, "generators")
