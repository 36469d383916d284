"""The callbacks of `fit`: losses that are no number end it, the best weights come back, model.keras, history.csv, progress.

What writes stands before `Backup`, which is last but for the display: all of an epoch is there before it counts as done.
"""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path
from typing import Any, Literal

import keras

from training.cli import log
from training.errors import InputError
from training.files import atomic, write_json
from training.fitting.averages import averaged
from training.runs.history import read_history, read_rows, write_rows


class NotANumber(keras.callbacks.Callback):
    """Stops with one line when the loss is no longer a number; what was saved before stays."""

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        loss = (logs or {}).get("loss", 0.0)
        if not abs(float(loss)) < float("inf"):
            raise InputError(
                f"the loss became {float(loss)} at batch {batch}; try a smaller --learning-rate. The run's last "
                "whole epoch is kept"
            )


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
            log(f"epoch {epoch + 1}: {self.monitor} {now:.4g} after {best:.4g}; back to the best weights")


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


class History(keras.callbacks.Callback):
    """Writes every epoch's logs to the CSV file `path`: `epoch` (from 0) and all logs, floats in full precision.

    Rows of the first epoch trained and later ones, left by a run that was killed before its backup, are dropped when that
    epoch begins. Stands before `Backup` in the list of callbacks: a backup without its row could not be mended.
    """

    def __init__(self, path: str | os.PathLike):
        super().__init__()
        self.path = Path(path)
        self.rows: list[dict[str, str]] | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.rows = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.rows is None:
            self.rows = read_rows(self.path, before=epoch)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.rows = self.rows or []
        self.rows.append({"epoch": str(epoch)} | {name: repr(float(value)) for name, value in (logs or {}).items()})
        write_rows(self.path, self.rows)


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
            log(f"epoch {epoch + 1}/{self.epochs}  {figures}")
        self.bar.set_postfix_str(figures)

    def on_train_end(self, logs: dict | None = None) -> None:
        self.bar.close()
