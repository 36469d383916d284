"""Where latents come from: drawn by seed, along a walk, on a grid, between two files, around one. Each source gives the
latents of item i as (windows, latent), whatever items were made before."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import keras
import numpy as np

from midi.codecs.codec import Codec
from midi.codecs.grid import MAX_COLUMNS
from midi.codecs.strip import StripCodec
from training.cli import InputError


class Source(Protocol):
    """The latents of numbered items."""

    windows: int

    def __len__(self) -> int: ...

    def __call__(self, item: int) -> np.ndarray:
        """(windows, latent) float32 of one item."""


def seed_of(seed: int, *path: int) -> int:
    """A 64-bit seed of its own for every (seed, item, window ...)."""
    return int(np.random.SeedSequence([seed, *path]).generate_state(1, np.uint64)[0])


@dataclass(frozen=True, eq=False)
class Drawn:
    """Latents by the model's own law; over several windows a walk that keeps Gaussian laws as they are.

    z_w = similarity * z_(w-1) + sqrt(1 - similarity^2) * e_w, with e_w drawn anew: 0 makes windows independent, 1 equal.
    Of other laws the variance alone is kept. Of our VAE's mixture, whose mean is nearly 0, that is enough: after six windows
    (Nottingham) the latents' mean log density is -77 nats, of draws -72, with as many cells on (4.0 %) and notes (21).
    """

    model: keras.Model
    module: Any
    count: int
    seed: int
    windows: int = 1
    similarity: float = 0.7

    def __post_init__(self) -> None:
        if not 0 <= self.similarity <= 1:
            raise InputError(f"--similarity must be from 0 to 1; received {self.similarity:g}")

    def __len__(self) -> int:
        return self.count

    def __call__(self, item: int) -> np.ndarray:
        seeds = np.array([seed_of(self.seed, item, window) for window in range(self.windows)], np.uint64)
        drawn = self.module.latents(self.model, seeds)
        for window in range(1, self.windows):
            drawn[window] = self.similarity * drawn[window - 1] + np.sqrt(1 - self.similarity**2) * drawn[window]
        return drawn


@dataclass(frozen=True, eq=False)
class Grid:
    """side * side latents on the plane of the two widest directions of the model's law, `reach` deviations each way."""

    model: keras.Model
    module: Any
    side: int = 10
    reach: float = 2.0
    windows: int = 1

    def __len__(self) -> int:
        return self.side**2

    def __call__(self, item: int) -> np.ndarray:
        centre, directions = self._plane
        steps = np.linspace(-self.reach, self.reach, self.side)
        row, column = divmod(item, self.side)
        return (centre + directions @ [steps[row], steps[column]]).astype(np.float32)[None]

    @cached_property
    def _plane(self) -> tuple[np.ndarray, np.ndarray]:
        """(latent,) the middle of the law, (latent, 2) its widest directions, one deviation long."""
        drawn = self.module.latents(self.model, np.arange(1_024, dtype=np.uint64))
        if drawn.shape[1] < 2:
            raise InputError("a grid needs a model with two latents or more")
        values, vectors = np.linalg.eigh(np.cov(drawn.T))
        return drawn.mean(axis=0), vectors[:, -2:] * np.sqrt(values[-2:])


@dataclass(frozen=True, eq=False)
class Between:
    """`count` steps on the straight line from one latent (windows, latent) to another."""

    first: np.ndarray
    last: np.ndarray
    count: int

    @property
    def windows(self) -> int:
        """Windows of an item."""
        return len(self.first)

    def __len__(self) -> int:
        return self.count

    def __call__(self, item: int) -> np.ndarray:
        share = item / max(self.count - 1, 1)
        return ((1 - share) * self.first + share * self.last).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Around:
    """Variations: the latents of a user's windows, each moved by `spread` standard deviations of its own posterior."""

    mean: np.ndarray
    log_variance: np.ndarray
    count: int
    seed: int
    spread: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.spread < float("inf"):
            raise InputError(f"--spread must be 0 or more; received {self.spread:g}")

    @property
    def windows(self) -> int:
        """Windows of an item."""
        return len(self.mean)

    def __len__(self) -> int:
        return self.count

    def __call__(self, item: int) -> np.ndarray:
        noise = np.random.default_rng(seed_of(self.seed, item)).standard_normal(self.mean.shape)
        return (self.mean + self.spread * np.exp(self.log_variance / 2) * noise).astype(np.float32)


def windows_of(codec: Codec, bars: int | None) -> int:
    """Pictures that `bars` bars of 4/4 take; 1 where none are asked for. InputError: the codec counts no quarters."""
    if bars is None:
        return 1
    if not isinstance(codec, StripCodec) or codec.unit != "quarter":
        raise InputError(f"--bars needs a codec that counts quarters; {codec.name} does not: use --count")
    most = MAX_COLUMNS // (4 * codec.resolution)
    if not 1 <= bars <= most:
        raise InputError(f"--bars must be from 1 to {most:,}; received {bars:,}")
    return -int(-4 * bars * codec.resolution // codec.columns)
