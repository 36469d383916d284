"""`model.keras`: the best epoch's model, or the last one's; `best.json` tells which."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import keras

from training.cli import InputError
from training.files import atomic, write_json
from training.fitting.history import read_history


class Best(keras.callbacks.Callback):
    """Saves the model atomically to `path` whenever `monitor` is better than in every epoch before.

    `best.json` beside it then holds that epoch (from 0), `monitor` and its value (null for the last epoch's model).

    `monitor`: a name in the logs ("val_accuracy"), or None to save at every epoch's end. `mode`: whether the larger or the
    smaller value is better. A resumed run learns the best so far from the `history.csv` beside `path`, and so saves exactly
    what an uninterrupted one saves. An epoch whose monitored value or loss is not finite is never saved.
    A model whose optimizer keeps moving averages (`use_ema`) is saved with the averages, as `fit` leaves it at its end.
    Raises InputError if the logs hold no `monitor`. Stands before `Backup` in the list of callbacks.
    """

    def __init__(self, path: str | os.PathLike, monitor: str | None = None, mode: Literal["max", "min"] = "min"):
        super().__init__()
        if mode not in ("max", "min"):
            raise ValueError(f"mode must be max or min, not {mode}")
        self.path, self.monitor, self.mode = Path(path), monitor, mode
        self.best: float | None = None
        self.fresh = True

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.fresh = True

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.fresh:
            self.fresh, self.best = False, self._best_before(epoch)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self._is_better(logs or {}):
            with atomic(self.path) as temporary, averaged(self.model):
                self.model.save(temporary)
            write_json(self.path.with_name("best.json"), {"epoch": epoch, "monitor": self.monitor, "value": self.best})

    def _best_before(self, epoch: int) -> float | None:
        if not self.monitor or not self.path.exists():
            return None
        rows = read_history(self.path.with_name("history.csv"), before=epoch)
        values = [row[self.monitor] for row in rows if self.monitor in row]
        finite = [value for value in values if math.isfinite(value)]
        return (max if self.mode == "max" else min)(finite, default=None)

    def _is_better(self, logs: dict[str, Any]) -> bool:
        if not self.monitor:
            return math.isfinite(logs.get("loss", 0.0))
        if self.monitor not in logs:
            raise InputError(f"the best epoch is chosen by {self.monitor}, but this run measures only {', '.join(logs)}")
        value = float(logs[self.monitor])
        if not math.isfinite(value) or not math.isfinite(logs.get("loss", 0.0)):
            return False
        if self.best is not None and (value <= self.best if self.mode == "max" else value >= self.best):
            return False
        self.best = value
        return True


@contextlib.contextmanager
def averaged(model: keras.Model) -> Iterator[None]:
    """Give the model its optimizer's moving averages as weights, if it keeps any, and back the exact old values after."""
    optimizer = model.optimizer
    keeps = any(part.use_ema for part in getattr(optimizer, "optimizers", [optimizer]) if part is not None)
    if not keeps:
        yield
        return
    values = [variable.numpy() for variable in model.trainable_variables]
    optimizer.finalize_variable_values(model.trainable_variables)
    try:
        yield
    finally:
        for variable, value in zip(model.trainable_variables, values, strict=True):
            variable.assign(value)
