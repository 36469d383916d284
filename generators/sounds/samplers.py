"""What a sampler of sounds is: how recordings go on, whatever of them a model predicts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from generators.sounds.primers import Primer
from generators.sounds.writer import ItemWriter


class SoundSampler(Protocol):
    """Sounds that go on side by side, each by its primer and its generator alone, never by others."""

    batch: int
    """Sounds that `generators.sample` lets go on together, always."""
    draws: bool
    """Whether chance has a part in it; else the temperature is 0, and items that have one primer are the same."""
    copies: bool
    """Whether what comes is the recording's own: at its rate, with its channels, and never without a recording."""
    piece: float
    """Seconds that are made at a time."""

    def primer(self, path: str | os.PathLike) -> Primer:
        """The end of a recording. InputError: one that nothing can go on from."""

    def go_on(
        self, primers: Sequence[Primer], generators: Sequence[np.random.Generator], seconds: float, temperature: float
    ) -> Iterator[Sequence[np.ndarray]]:
        """What follows `count` primers for so many seconds: piece by piece what the writers of these sounds take."""

    def writer(
        self, output: Path, item: int, primer: Primer, formats: tuple[str, ...], lead_in: float, seconds: float, seed: int
    ) -> ItemWriter:
        """What writes one of the sounds into `output`."""


class ModelSampler(SoundSampler, Protocol):
    """What a model module of sounds gives by `sampler(model, count)`, for `count` sounds; without a count for `batch`.

    `column_sampler` is the one of models that predict columns of a spectrogram, `pointer_sampler` that of models which say
    what of a recording is copied.
    """

    def pictures(self, primers: Sequence[Primer], columns: int, temperature: float = 1.0, seed: int = 0) -> np.ndarray:
        """What follows, as pictures (sounds, rows, columns) in [0, 1]; sound i draws from (seed, i)."""
