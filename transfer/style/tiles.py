"""A sound of any length as overlapping tiles of spectrum on a fixed grid, and painted tiles as one picture again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from spectro.stft import SpectrogramSetting
from spectro.streaming import edge


@dataclass(frozen=True)
class Tile:
    """spectrum: complex64 (channels, rows, setting.columns); columns: how many of them, from the left, are sound."""

    spectrum: np.ndarray
    columns: int

    @property
    def share(self) -> float:
        """The part of the tile that is sound; the rest is silence that fills it up."""
        return self.columns / self.spectrum.shape[-1]


def overlap_of(setting: SpectrogramSetting) -> int:
    """Columns that painted tiles share: an eighth of a tile (0.6 s of 5 s)."""
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
    """Painted tiles -> the columns of one picture: where two tiles overlap, one fades into the other in decibels."""

    def __init__(self, overlap: int) -> None:
        self.overlap = overlap
        self.weight = (np.arange(1, overlap + 1) / (overlap + 1)).astype(np.float32)
        self.held: np.ndarray | None = None

    def add(self, picture: np.ndarray) -> np.ndarray:
        """Take the next tile (..., rows, columns) and return the columns that no later tile will change."""
        if self.held is not None:
            picture = picture.copy()
            shared = picture[..., : self.overlap]
            picture[..., : self.overlap] = (1 - self.weight) * self.held + self.weight * shared
        final = max(0, picture.shape[-1] - self.overlap)
        self.held = picture[..., final:]
        return picture[..., :final]

    def finish(self) -> np.ndarray:
        """The columns still held back."""
        return self.held
