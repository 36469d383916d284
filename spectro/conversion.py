"""A sound file into a picture file and back: what `python -m spectro.convert` does to each file, for Python users."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from spectro import audio, image
from spectro.inversion import griffin_lim, inversion_error
from spectro.stft import SpectrogramSetting
from training.cli import log
from training.errors import InputError

FRAMES = 4_096  # analysed at a time


def sound_to_picture(
    source: Path,
    target: Path,
    setting: SpectrogramSetting,
    *,
    bits: int = 16,
    mono: bool = False,
    note: Callable[[str], None] = log,
) -> dict[str, Any]:
    """Write the picture of a sound; returns its facts: setting, reference, channels, samples, quantisation_error_db.

    InputError: the sound cannot be read, or is longer than a picture can hold.
    """
    signal, _ = audio.read(source, setting.rate, mono=mono, note=note)
    signal = np.atleast_2d(signal)
    picture, reference = paint(source, signal, setting)
    image.save(target, picture, setting, reference, bits=bits, samples=signal.shape[1])
    cost = image.quantisation_error(picture, setting, bits)
    if bits == 8:
        note(f"{source}: 8 bits cost an error of {cost:.1f} dB")
    return {
        "setting": asdict(setting),
        "reference": reference,
        "channels": len(signal),
        "samples": signal.shape[1],
        "quantisation_error_db": cost,
    }


def paint(source: Path, signal: np.ndarray, setting: SpectrogramSetting) -> tuple[np.ndarray, float]:
    """(channels, samples) -> picture (channels, rows, frames) and its reference, with one array of that size in memory."""
    frames, margin = setting.frames(signal.shape[1]), -(-setting.n_fft // 2 // setting.hop) + 1
    if len(signal) * setting.rows * frames > image.MAX_PIXELS:
        longest = setting.samples(image.MAX_PIXELS // setting.rows // len(signal)) / setting.rate
        raise InputError(
            f"{source} lasts {signal.shape[1] / setting.rate:.0f} s; a picture of {len(signal)} channels holds "
            f"{longest:.0f} s: cut it, or take --channels mono or a longer --hop"
        )
    picture = np.empty((len(signal), setting.rows, frames), np.float32)
    for first in range(0, frames, FRAMES):
        last, before = min(frames, first + FRAMES), max(0, first - margin)
        piece = signal[:, before * setting.hop : last * setting.hop + setting.n_fft]
        picture[..., first:last] = np.abs(setting.analyse(piece)[..., first - before : last - before])
    reference = setting.reference_of(picture)
    for first in range(0, frames, FRAMES):
        part = picture[..., first : first + FRAMES]
        part[...] = setting.to_picture(part, reference)
    return picture, reference


def picture_to_sound(
    source: Path,
    target: Path,
    *,
    iterations: int = 100,
    start: str = "heap",
    seed: int = 0,
    mono: bool = False,
    subtype: str | None = None,
    note: Callable[[str], None] = log,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Write the sound of a picture; returns its facts: setting, channels, samples, inversion_error_db, clipped.

    InputError: not a picture that `image.save` wrote, or a sound that `target` cannot hold.
    """
    loaded = image.load(source)
    setting = loaded.setting
    magnitude = setting.to_magnitude(loaded.picture, loaded.reference)
    signal = griffin_lim(
        magnitude, setting, length=loaded.samples, iterations=iterations, start=start, seed=seed, progress=progress
    )
    error = inversion_error(signal, magnitude, setting)
    signal = signal.mean(axis=0, keepdims=True) if mono else signal
    clipped = audio.write(target, signal, setting.rate, subtype)
    note(f"{source}: inversion error {error:.1f} dB" + f", {clipped} of {signal.size} samples clipped" * bool(clipped))
    return {
        "setting": asdict(setting),
        "reference": loaded.reference,
        "bits": loaded.bits,
        "channels": len(signal),
        "samples": loaded.samples,
        "inversion_error_db": error,
        "clipped": clipped,
    }
