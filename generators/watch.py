"""The collapse monitor: epochs in a row in which a model makes nothing, counted across resumes, end with advice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from training.errors import InputError
from training.runs.history import read_history


class CollapseMonitor(keras.callbacks.Callback):
    """Base of the watches, which add `collapsed` (0 or 1) to the logs of every epoch and call `count` with it.

    A resumed run knows by its history how many collapsed epochs there were before. patience: so many in a row end the
    training; 0: never.
    """

    def __init__(self, run: Path, patience: int) -> None:
        super().__init__()
        self.run, self.patience, self.collapsed_epochs = run, patience, 0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.fresh = True

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.fresh:
            flags = [row.get("collapsed", 0.0) for row in read_history(self.run / "history.csv", before=epoch)]
            self.collapsed_epochs = next((back for back, flag in enumerate(reversed(flags)) if not flag), len(flags))
            self.fresh = False

    def count(self, collapsed: bool, what: str, advice: str) -> None:
        """InputError, `what` for so many epochs and `advice`, where that is too many."""
        self.collapsed_epochs = self.collapsed_epochs + 1 if collapsed else 0
        if self.patience and self.collapsed_epochs >= self.patience:
            raise InputError(f"{what} for {self.collapsed_epochs} epochs: {advice} (--patience 0 trains on)")
