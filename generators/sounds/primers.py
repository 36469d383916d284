"""What sounds go on from: a recording of the user's, the first column of a clip that training never saw, or silence."""

from __future__ import annotations

import os
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soxr

from spectro.audio import blocks, info
from spectro.pieces import CANCELLED, SILENCE
from spectro.stft import SpectrogramSetting
from spectro.streaming import NOTHING, whole_columns
from training.arrays import read_arrays
from training.cli import log
from training.errors import InputError
from training.files import read_json

MAX_SECONDS = 30
"""Of a recording, its last ones, that are read."""
QUIET_DB, MOMENT = -40.0, 0.05
"""Level beside the loudest moment below which the end of a recording is silence, and the seconds of a moment."""


@dataclass(frozen=True, eq=False)
class Primer:
    """What is known before the first column that is drawn."""

    columns: np.ndarray
    """float32 (time, rows): one or more columns on the picture's scale."""
    reference: float
    """Magnitude that is white."""
    sound: np.ndarray = field(default_factory=lambda: NOTHING)
    """The recording whose columns these are: (samples,), or (channels, samples) as it is; empty where there is none."""
    rate: int = 0
    """Of the sound in Hz; 0 where there is none."""


def from_recording(path: str | os.PathLike, setting: SpectrogramSetting) -> Primer:
    """The last MAX_SECONDS of a recording of any rate, length and number of channels, in constant memory, as models hear it.

    The loudest bin of what is read is white. InputError: unreadable, silent, shorter than half a window.
    """
    sound = last_seconds(path, setting.rate, mono=True)
    if (columns := whole_columns(setting, len(sound))) == 0:
        shortest, seconds = setting.n_fft / 2 / setting.rate, len(sound) / setting.rate
        raise InputError(f"{path} lasts {seconds:.3f} s; a column needs {shortest:.3f} s: give a longer --primer")
    if not np.abs(sound).max() >= SILENCE:
        raise InputError(f"{_silent(path, len(sound) / setting.rate)}, or to begin with silence give --start silence")
    magnitude = np.abs(setting.analyse(sound)[:, :columns])
    reference = float(magnitude.max())
    return Primer(setting.to_picture(magnitude, reference).T, reference, sound, setting.rate)


def whole_recording(path: str | os.PathLike, setting: SpectrogramSetting, shortest: float) -> Primer:
    """The same part of a recording at its own rate, with all its channels; its columns are those of the channels' mean.

    A silent end, QUIET_DB below its loudest moment, is left out and told. InputError: unreadable, silent, without that end
    shorter than `shortest` seconds.
    """
    rate = info(path).rate
    sound = last_seconds(path, rate, mono=False)
    if silent := silent_end(sound, rate):
        log(f"{path} ends with {silent / rate:.1f} s of silence, which are left out")
        sound = sound[:, : sound.shape[1] - silent]
    seconds = sound.shape[1] / rate
    if seconds < shortest:
        raise InputError(f"{path} lasts {seconds:.2f} s; {shortest:g} s are needed to go on from: give a longer --primer")
    if not np.abs(sound).max() >= SILENCE:
        raise InputError(_silent(path, seconds))
    return of_sound(sound, rate, setting)


def silent_end(sound: np.ndarray, rate: int) -> int:
    """Samples at the end of sound (channels, samples) that are QUIET_DB below its loudest moment, in whole moments of
    MOMENT seconds; 0 for sound that is silent throughout."""
    size = max(1, round(MOMENT * rate))
    whole = sound[:, sound.shape[1] % size :]
    power = np.square(whole, dtype=np.float64).reshape(len(sound), -1, size).mean(axis=(0, 2))
    loud = np.flatnonzero(power > power.max(initial=0) * 10 ** (QUIET_DB / 10))
    return (len(power) - 1 - int(loud[-1])) * size if len(loud) else 0


def of_sound(sound: np.ndarray, rate: int, setting: SpectrogramSetting) -> Primer:
    """A primer of sound (channels, samples) at `rate` Hz; white is the loudest bin."""
    magnitude = np.abs(setting.analyse(as_heard(sound, rate, setting.rate)))[:, :-1]
    reference = float(magnitude.max(initial=0))
    return Primer(setting.to_picture(magnitude, reference).T, reference, sound, rate)


def as_heard(sound: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    """Sound (channels, samples) as a model hears it: (samples,) at the `wanted` rate.

    The mean of the channels, or the first alone, where the mean has lost most of what they share.
    """
    mono = sound.mean(axis=0)
    if np.square(mono, dtype=np.float64).sum() < CANCELLED * np.square(sound, dtype=np.float64).mean(axis=0).sum():
        mono = sound[0]
    return mono if rate == wanted else soxr.resample(mono, rate, wanted)


def last_seconds(path: str | os.PathLike, rate: int, mono: bool) -> np.ndarray:
    """The last MAX_SECONDS of a recording, (samples,) or (channels, samples); that it is longer is told."""
    kept: deque[np.ndarray] = deque(maxlen=MAX_SECONDS + 1)
    samples = 0
    for block in blocks(path, 1.0, rate=rate, mono=mono):
        kept.append(block)
        samples += block.shape[-1]
    most = MAX_SECONDS * rate
    if samples > most:
        log(f"{path} lasts {samples / rate:.0f} s; only its last {MAX_SECONDS} s are read")
    return np.concatenate(kept, axis=-1)[..., -most:]


def _silent(path: str | os.PathLike, seconds: float) -> str:
    """What is told of a recording of which so many seconds were read, all of them silent."""
    if seconds < MAX_SECONDS:
        return f"{path} is silent: there is nothing to go on with; give another --primer"
    return f"{path} is silent in its last {MAX_SECONDS} s, and no more is read: cut the silence off"


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
