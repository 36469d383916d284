"""One file that brings a killed training run back, bit for bit: weights, seeds, optimizer state and epoch.

Keras' own `BackupAndRestore` is not crash-consistent and leaves the state of seed generators out. Here everything is in one
file, written to a temporary name, fsynced and renamed: at any instant there is a whole backup, the old one or the new one.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import keras
import numpy as np

from training.devices.strategy import is_chief
from training.errors import InputError
from training.fitting.state_file import NAME, read_state, write_state


class Backup(keras.callbacks.Callback):
    """Writes the training state into the folder `directory` at the end of every `every`-th epoch.

    Stands last in the list of callbacks: what the others write for an epoch is there before the epoch counts as done.
    An epoch that leaves a loss or a weight that is not finite is not backed up: the run resumes before the accident.
    Seeds drawn without a `SeedGenerator` of the model (Keras' global one, NumPy's) are not part of the state.
    """

    def __init__(self, directory: str | os.PathLike, every: int = 1):
        super().__init__()
        if every < 1:
            raise ValueError(f"every must be at least 1 epoch, not {every}")
        self.path, self.every = Path(directory) / NAME, every

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        due = (epoch + 1) % self.every == 0 or epoch + 1 == self.params.get("epochs")
        if due and is_chief() and _is_finite(self.model, logs or {}):
            _write(self.path, self.model, epoch + 1)


def restore(model: keras.Model, directory: str | os.PathLike) -> int:
    """Bring the compiled and built `model` to the state in `directory`; returns the epoch to go on from, 0 without a backup.

    Variables are matched by order and shape (their automatic names differ from process to process). Raises InputError for
    a broken file, another format version, and a state of another model, which is then left untouched.
    """
    path = Path(directory) / NAME
    if not path.exists():
        return 0
    about, arrays = read_state(path)
    variables = _state(model)
    _check_same_model(path, about["paths"], arrays, variables)
    for variable, array in zip(variables, arrays, strict=True):
        # np.load does not know bfloat16 and gives raw bytes
        variable.assign(array.view(variable.numpy().dtype) if array.dtype.kind == "V" else array)
    return about["epoch"]


def _state(model: keras.Model) -> list[Any]:
    """All that a resumed run needs: `model.variables` holds weights, statistics and seeds."""
    if not model.built or model.optimizer is None:
        raise ValueError(f"{model.name} must be compiled and built to be backed up or restored")
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    return [*model.variables, *model.optimizer.variables]


def _is_finite(model: keras.Model, logs: dict[str, Any]) -> bool:
    weights = (weight.numpy() for weight in model.trainable_variables)
    return math.isfinite(logs.get("loss", 0.0)) and all(np.isfinite(weight).all() for weight in weights)


def _write(path: Path, model: keras.Model, epoch: int) -> None:
    variables = _state(model)
    about = {"epoch": epoch, "keras": keras.version(), "paths": [variable.path for variable in variables]}
    write_state(path, about, [variable.numpy() for variable in variables])


def _check_same_model(path: Path, paths: list[str], arrays: list[np.ndarray], variables: list[Any]) -> None:
    if len(arrays) != len(variables):
        raise InputError(
            f"{path} holds {len(arrays)} variables, the model and its optimizer have {len(variables)}: "
            "it is the backup of another model"
        )
    for name, array, variable in zip(paths, arrays, variables, strict=True):
        if array.shape != tuple(variable.shape):
            raise InputError(
                f"{path} holds weights of another shape: {name} {array.shape}, expected {variable.path} "
                f"{tuple(variable.shape)}; the run was started with other sizes"
            )
