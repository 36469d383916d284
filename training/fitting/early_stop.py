"""`--early-stop`: the end of a training that no longer gets better."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import keras

from training.cli import log
from training.runs.history import read_history


class EarlyStop(keras.callbacks.Callback):
    """Ends training after the epoch at whose end `monitor` has not been smaller than ever before for `patience` epochs.

    Decides by `history` (the run's table) and the logs alone, so that a resumed run ends where an uninterrupted one does.
    Stands behind what adds to the logs, and before what writes a last epoch.
    """

    def __init__(self, history: Path, monitor: str, patience: int) -> None:
        super().__init__()
        self.history, self.monitor, self.patience = history, monitor, patience
        self.values: list[float] | None = None

    def is_due(self, epoch: int) -> bool:
        """Did training end before `epoch` (from 0)?"""
        self.values = self._before(epoch)
        return self._waited() >= self.patience

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.values = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.values is None:
            self.values = self._before(epoch)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.values = [*(self.values or []), float((logs or {}).get(self.monitor, math.nan))]
        if self._waited() >= self.patience:
            log(f"{self.monitor} has not got better for {self._waited()} epochs: training ends (--early-stop 1 trains on)")
            self.model.stop_training = True

    def _before(self, epoch: int) -> list[float]:
        return [row.get(self.monitor, math.nan) for row in read_history(self.history, before=epoch)]

    def _waited(self) -> int:
        """Epochs since the best one; since the start where none had a finite value."""
        finite = [(value, number) for number, value in enumerate(self.values or []) if math.isfinite(value)]
        return len(self.values or []) - 1 - min(finite, default=(0.0, -1))[1]
