"""Epochs on end in which a model makes nothing: counted across resumes, and ended with advice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from training.cli import InputError
from training.fitting.callbacks import read_history


class Patience(keras.callbacks.Callback):
    """Base of the watches, which add `dead` (0 or 1) to the logs of every epoch and call `count` with it.

    A resumed run knows by its history how many dead epochs there were before. patience: dead epochs on end that are too
    many; 0: never.
    """

    def __init__(self, run: Path, patience: int) -> None:
        super().__init__()
        self.run, self.patience, self.dead = run, patience, 0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.fresh = True

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.fresh:
            flags = [row.get("dead", 0.0) for row in read_history(self.run / "history.csv", before=epoch)]
            self.dead = next((back for back, flag in enumerate(reversed(flags)) if not flag), len(flags))
            self.fresh = False

    def count(self, dead: bool, what: str, advice: str) -> None:
        """InputError, `what` for so many epochs and `advice`, where that is too many."""
        self.dead = self.dead + 1 if dead else 0
        if self.patience and self.dead >= self.patience:
            raise InputError(f"{what} for {self.dead} epochs: {advice} (--patience 0 trains on)")
