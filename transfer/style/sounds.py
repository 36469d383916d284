"""Sounds of any length: read again and again in blocks, as overlapping tiles of spectrum, and tiles as one picture again.

Momentum does not grow with their length.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from spectro.audio import blocks
from spectro.pieces import SILENCE
from spectro.stft import SpectrogramSetting
from spectro.streaming import edge
from training.errors import InputError

Source = str | os.PathLike | np.ndarray
"""A sound file, or samples (channels, samples) or (samples,) at the setting's rate."""


@dataclass(frozen=True)
class Sound:
    """A source with what one pass over it found. InputError: unreadable, empty, silent (peak below -80 dB), not finite."""

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
            raise InputError(f"{name} is silent (peak {total['peak']:.1g} of full scale); there is nothing to transfer")
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
    else:  # damage is reported in the first pass
        yield from blocks(source, setting.seconds, rate=setting.rate, **({"note": lambda line: None} if again else {}))


def count_tiles(content: Sound) -> int:
    """Tiles that the content is transferred in; networks take each once for each channel."""
    setting = content.setting
    step = setting.columns - overlap_of(setting)
    return max(1, -(-(setting.frames(content.samples) - overlap_of(setting)) // step))


@dataclass(frozen=True)
class Tile:
    """spectrum: complex64 (channels, rows, setting.columns); columns: how many of them, from the left, are sound."""

    spectrum: np.ndarray
    columns: int

    @property
    def fraction(self) -> float:
        """Of the tile that is sound; the rest is silence that fills it up."""
        return self.columns / self.spectrum.shape[-1]


def overlap_of(setting: SpectrogramSetting) -> int:
    """Columns that neighbouring tiles share: an eighth of a tile (0.6 s of 5 s)."""
    return setting.columns // 8


def tiles(blocks: Iterable[np.ndarray], setting: SpectrogramSetting, overlap: int) -> Iterator[Tile]:
    """The analysis of a whole stream of blocks (channels, samples), tile by tile, `overlap` columns in common.

    Column for column what `setting.analyse` gives for the whole sound. There is one tile at least; the last one is filled
    up with silence.
    """
    margin, step = edge(setting), (setting.columns - overlap) * setting.hop
    size = (setting.columns + 2 * margin - 1) * setting.hop
    inside = slice(margin, margin + setting.columns)
    waiting = np.zeros((0, 0), np.float32)
    first, total = 0, 0  # column where the next tile starts; samples so far
    for block in blocks:
        if not total:
            waiting = np.zeros((len(block), margin * setting.hop), np.float32)
        waiting = np.concatenate([waiting, block], axis=1)
        total += block.shape[1]
        while waiting.shape[1] >= size + setting.hop:  # all its columns are there for certain
            yield Tile(setting.analyse(waiting[:, :size])[..., inside], setting.columns)
            waiting, first = waiting[:, step:], first + setting.columns - overlap
    while total and (first == 0 or first + overlap < setting.frames(total)):
        columns = min(setting.columns, setting.frames(total) - first)
        filled = np.pad(waiting[:, :size], [(0, 0), (0, max(0, size - waiting.shape[1]))])
        spectrum = setting.analyse(filled)[..., inside]
        spectrum[..., columns:] = 0
        yield Tile(spectrum, columns)
        waiting, first = waiting[:, step:], first + setting.columns - overlap


class CrossFade:
    """Tiles -> the columns of one picture: where two tiles overlap, one fades into the other in decibels."""

    def __init__(self, overlap: int) -> None:
        self.overlap = overlap
        self.weight = (np.arange(1, overlap + 1) / (overlap + 1)).astype(np.float32)
        self.pending: np.ndarray | None = None

    def add(self, picture: np.ndarray) -> np.ndarray:
        """Take the next tile (..., rows, columns) and return the columns that no later tile will change."""
        if self.pending is not None:
            picture = picture.copy()
            shared = picture[..., : self.overlap]
            picture[..., : self.overlap] = (1 - self.weight) * self.pending + self.weight * shared
        final = max(0, picture.shape[-1] - self.overlap)
        self.pending = picture[..., final:]
        return picture[..., :final]

    def finish(self) -> np.ndarray:
        """The columns still held back."""
        return self.pending
