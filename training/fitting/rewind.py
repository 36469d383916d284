"""A return to the best weights after a spike of the loss."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from training.cli import tell
from training.fitting.history import read_history


class Rewind(keras.callbacks.Callback):
    """After an epoch whose `monitor` is more than `factor` times the best one's, the weights of `RUN/model.keras` come back.

    The optimizer goes on as it is. A resumed run learns the best from `history.csv`, and so does what an uninterrupted one
    does. Stands before `Best` and `Backup`, as what `fit` takes as `watch`.
    """

    def __init__(self, run: Path, monitor: str, factor: float) -> None:
        super().__init__()
        self.run, self.monitor, self.factor = run, monitor, factor

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        values = [row[self.monitor] for row in read_history(self.run / "history.csv", before=epoch) if self.monitor in row]
        best, now = min(values, default=float("inf")), float((logs or {})[self.monitor])
        if now > self.factor * best and (self.run / "model.keras").exists():
            saved = keras.saving.load_model(self.run / "model.keras", compile=False, safe_mode=True)
            self.model.set_weights(saved.get_weights())
            tell(f"epoch {epoch + 1}: {self.monitor} {now:.4g} after {best:.4g}; back to the best weights")
