"""What sounds go on from: a recording of the user's, the first column of a clip that training never saw, or silence."""

from __future__ import annotations

import os
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from spectro.audio import blocks
from spectro.pieces import SILENCE
from spectro.stft import SpectrogramSetting
from spectro.streaming import NOTHING, whole_columns
from training.arrays import read_arrays
from training.cli import log
from training.errors import InputError
from training.files import read_json

MAX_SECONDS = 30
"""Of a recording, its last ones, that are read."""


@dataclass(frozen=True, eq=False)
class Primer:
    """What is known before the first column that is drawn."""

    columns: np.ndarray
    """float32 (time, rows): one or more columns on the picture's scale."""
    reference: float
    """Magnitude that is white."""
    sound: np.ndarray = field(default_factory=lambda: NOTHING)
    """The recording (samples,) whose columns these are; empty where there is none."""


def from_recording(path: str | os.PathLike, setting: SpectrogramSetting) -> Primer:
    """The last MAX_SECONDS of a recording of any rate, length and number of channels, in constant memory.

    The loudest bin of what is read is white. InputError: unreadable, silent, shorter than half a window.
    """
    kept: deque[np.ndarray] = deque(maxlen=MAX_SECONDS + 1)
    samples = 0
    for block in blocks(path, 1.0, rate=setting.rate, mono=True):
        kept.append(block)
        samples += len(block)
    most = MAX_SECONDS * setting.rate
    sound = np.concatenate(kept)[-most:]
    if samples > most:
        log(f"{path} lasts {samples / setting.rate:.0f} s; only its last {MAX_SECONDS} s are read")
    if (columns := whole_columns(setting, len(sound))) == 0:
        shortest = setting.n_fft / 2 / setting.rate
        seconds = samples / setting.rate
        raise InputError(f"{path} lasts {seconds:.3f} s; a column needs {shortest:.3f} s: give a longer --primer")
    if not np.abs(sound).max() >= SILENCE:
        seconds = len(sound) / setting.rate
        raise InputError(f"{path} is silent in its last {seconds:.1f} s; to begin with silence give --start silence")
    magnitude = np.abs(setting.analyse(sound)[:, :columns])
    reference = float(magnitude.max())
    return Primer(setting.to_picture(magnitude, reference).T, reference, sound)


def held_out(run: str | os.PathLike) -> list[Primer]:
    """The first columns of test clips, as training kept them."""
    path = Path(run, "starts.npz")
    if not path.exists():
        raise InputError(f"{run} keeps no columns of held-out clips; let the train command end, or give --start silence")
    kept = read_arrays(path, ("columns", "references"))
    if kept["columns"].ndim != 2 or kept["references"].shape != kept["columns"].shape[:1]:
        raise InputError(f"{path} is damaged: columns {kept['columns'].shape}, references {kept['references'].shape}")
    return [
        Primer(column[None], float(reference)) for column, reference in zip(kept["columns"], kept["references"], strict=True)
    ]


def silence(run: str | os.PathLike, setting: SpectrogramSetting) -> Primer:
    """A column of silence; white is what it is in the middle one of the training clips."""
    reference = read_json(Path(run, "statistics.json"))["reference"]
    return Primer(np.zeros((1, setting.rows), np.float32), reference)
