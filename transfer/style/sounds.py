"""The two sounds of a transfer: read again and again in blocks, so that memory does not grow with their length."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from spectro.audio import blocks
from spectro.clips import SILENCE
from spectro.stft import SpectrogramSetting
from training.cli import InputError
from transfer.style.tiles import tiles

Source = str | os.PathLike | np.ndarray
"""A sound file, or samples (channels, samples) or (samples,) at the setting's rate."""


@dataclass(frozen=True)
class Sound:
    """A source with what one pass over it told. InputError: unreadable, empty, silent (peak below -80 dB), not finite."""

    source: Source
    setting: SpectrogramSetting
    channels: int = field(init=False)
    samples: int = field(init=False)
    loudest: float = field(init=False)
    """Magnitude of the loudest bin of all channels: the reference of its pictures."""
    peak: float = field(init=False)
    rms: float = field(init=False)

    def __post_init__(self) -> None:
        total = {"channels": 0, "samples": 0, "peak": 0.0, "energy": 0.0, "loudest": 0.0}

        def measured() -> Iterator[np.ndarray]:
            for block in _read(self.source, self.setting, again=False):
                total["channels"] = len(block)
                total["samples"] += block.shape[1]
                total["peak"] = max(total["peak"], float(np.max(np.abs(block), initial=0.0)))
                total["energy"] += float(np.sum(np.square(block, dtype=np.float64)))
                yield block

        for tile in tiles(measured(), self.setting, overlap=0):
            total["loudest"] = max(total["loudest"], float(np.abs(tile.spectrum).max()))
        name = "the sound" if isinstance(self.source, np.ndarray) else self.source
        if not np.isfinite(total["energy"]):
            raise InputError(f"{name} has NaN or infinite samples; it was damaged or wrongly computed")
        if total["peak"] < SILENCE or total["loudest"] == 0:
            raise InputError(f"{name} is silent (peak {total['peak']:.1g} of full scale); there is nothing to paint with")
        total["rms"] = (total.pop("energy") / (total["samples"] * total["channels"])) ** 0.5
        for key, value in total.items():
            object.__setattr__(self, key, value)

    def blocks(self) -> Iterator[np.ndarray]:
        """The samples as float32 blocks (channels, samples)."""
        return _read(self.source, self.setting, again=True)


def _read(source: Source, setting: SpectrogramSetting, again: bool) -> Iterator[np.ndarray]:
    if isinstance(source, np.ndarray):
        samples = np.atleast_2d(source).astype(np.float32, copy=False)
        for start in range(0, samples.shape[1], setting.clip_samples):
            yield samples[:, start : start + setting.clip_samples]
    else:  # damage is told in the first pass
        yield from blocks(source, setting.seconds, rate=setting.rate, **({"note": lambda line: None} if again else {}))
