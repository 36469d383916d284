"""Progress on stderr, so that stdout holds results only."""

from __future__ import annotations

import sys

import keras

from training.cli import tell


class Progress(keras.callbacks.Callback):
    """One bar over the batches of all epochs still to do, with the last epoch's figures and the time left.

    Where stderr is no terminal but a log file: one line an epoch.
    """

    def __init__(self, epochs: int) -> None:
        super().__init__()
        self.epochs = epochs

    def on_train_begin(self, logs: dict | None = None) -> None:
        from tqdm import tqdm

        self.bar = tqdm(file=sys.stderr, unit="step", dynamic_ncols=True, disable=None)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        if self.bar.total is None:
            self.bar.reset((self.epochs - epoch) * (self.params["steps"] or 0))
        self.bar.set_description(f"epoch {epoch + 1}/{self.epochs}")

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self.bar.update()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        figures = "  ".join(f"{name} {value:.4g}" for name, value in (logs or {}).items())
        if self.bar.disable:
            tell(f"epoch {epoch + 1}/{self.epochs}  {figures}")
        self.bar.set_postfix_str(figures)

    def on_train_end(self, logs: dict | None = None) -> None:
        self.bar.close()
