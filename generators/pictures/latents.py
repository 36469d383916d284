"""Sources of models with latents: draws and walks, a grid, steps from one to another, mixtures, variations."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from generators.pictures.latent_sampler import LatentSampler, Prior
from generators.pictures.sources import columns_of_bars
from generators.samples import seed_of
from midi.codecs.codec import Codec
from midi.tempo import TempoMap
from training.errors import InputError

PRIOR_DRAWS = 1_024
"""Draws that tell what the prior is like: its middle, its widths."""


class LatentSource(abc.ABC):
    """Items that are latents first; all windows of one are decoded together."""

    windows: int
    shown: ClassVar[int] = 0
    tempo: ClassVar[TempoMap | None] = None

    @property
    def at_once(self) -> int:
        """All windows."""
        return self.windows

    @abc.abstractmethod
    def __call__(self, item: int) -> np.ndarray:
        """(windows, latent) float32 of one item."""

    def pictures(self, sampler: LatentSampler, items: range, labels: np.ndarray | None, seed: int) -> np.ndarray:
        """See `Source`; what "bernoulli" draws for a window has the seed (s, i, window, 1)."""
        latents = np.concatenate([self(item) for item in items])
        labels = None if labels is None else np.repeat(labels, self.windows)
        seeds = [seed_of(seed, item, window, 1) for item in items for window in range(self.windows)]
        return sampler.pictures(latents, labels, seeds)

    def about(self, item: int) -> dict[str, Any]:
        """Nothing."""
        return {}


@dataclass(frozen=True, eq=False)
class Drawn(LatentSource):
    """Latents by the model's prior; over several windows a walk that keeps normal distributions as they are.

    z_w = similarity * z_(w-1) + sqrt(1 - similarity^2) * e_w, with e_w drawn for each: 0 makes windows independent, 1 equal.
    middle: (latent,) what latents lie around, if not around 0: it is their deviations from there that walk. Of other
    distributions the variance alone is kept. Of our VAE's mixture, whose mean is nearly 0, that is enough: after six windows
    (Nottingham) the latents' mean log density is -77 nats, of draws -72, with as many cells on (4.0 %) and notes (21).
    """

    prior: Prior
    count: int
    seed: int
    windows: int = 1
    similarity: float = 0.7
    middle: np.ndarray | float = 0.0

    def __len__(self) -> int:
        return self.count

    def __call__(self, item: int) -> np.ndarray:
        seeds = np.array([seed_of(self.seed, item, window) for window in range(self.windows)], np.uint64)
        drawn = self.prior(seeds)
        for window in range(1, self.windows):
            before, new = drawn[window - 1] - self.middle, drawn[window] - self.middle
            drawn[window] = self.middle + self.similarity * before + np.sqrt(1 - self.similarity**2) * new
        return drawn


@dataclass(frozen=True, eq=False)
class Grid(LatentSource):
    """side * side latents on the plane of the two widest directions of the model's prior, `reach` deviations each way."""

    prior: Prior
    side: int = 10
    reach: float = 2.0
    windows: ClassVar[int] = 1

    def __len__(self) -> int:
        return self.side**2

    def __call__(self, item: int) -> np.ndarray:
        centre, directions = self._plane
        steps = np.linspace(-self.reach, self.reach, self.side)
        row, column = divmod(item, self.side)
        return (centre + directions @ [steps[row], steps[column]]).astype(np.float32)[None]

    @cached_property
    def _plane(self) -> tuple[np.ndarray, np.ndarray]:
        """(latent,) the middle of the prior, (latent, 2) its widest directions, one deviation long."""
        drawn = self.prior(np.arange(PRIOR_DRAWS, dtype=np.uint64)).astype(np.float64)
        if drawn.shape[1] < 2:
            raise InputError("a grid needs a model with two latents or more")
        middle = drawn.mean(axis=0)
        _, lengths, directions = np.linalg.svd((drawn - middle) / np.sqrt(PRIOR_DRAWS - 1), full_matrices=False)
        return middle, (lengths[1::-1, None] * directions[1::-1]).T


@dataclass(frozen=True, eq=False)
class Between(LatentSource):
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
        fraction = item / max(self.count - 1, 1)
        return ((1 - fraction) * self.first + fraction * self.last).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Mixed(LatentSource):
    """Styles of two latents (latent,) mixed: item k has those of its first k layers from `one`, the rest from `other`.

    Item 0 is `other`, the last item `one`. ArXiv 1812.04948 calls it style mixing.
    """

    one: np.ndarray
    other: np.ndarray
    layers: int
    windows: ClassVar[int] = 1

    def __len__(self) -> int:
        return self.layers + 1

    def __call__(self, item: int) -> np.ndarray:
        kept = item * (len(self.one) // self.layers)
        return np.concatenate([self.one[:kept], self.other[kept:]])[None]


@dataclass(frozen=True, eq=False)
class Around(LatentSource):
    """Variations: the latents of a user's windows, each moved by `spread` standard deviations of its own posterior."""

    mean: np.ndarray
    log_variance: np.ndarray
    count: int
    seed: int
    spread: float = 1.0

    @property
    def windows(self) -> int:
        """Windows of an item."""
        return len(self.mean)

    def __len__(self) -> int:
        return self.count

    def __call__(self, item: int) -> np.ndarray:
        noise = np.random.default_rng(seed_of(self.seed, item)).standard_normal(self.mean.shape)
        return (self.mean + self.spread * np.exp(self.log_variance / 2) * noise).astype(np.float32)


def drawn_latents(prior: Prior, seed: int, items: Sequence[int]) -> np.ndarray:
    """(len(items), latent): those of the plain draws of these numbers."""
    return prior(np.array([seed_of(seed, item, 0) for item in items], np.uint64))


def windows_of(codec: Codec, bars: int | None) -> int:
    """Pictures that `bars` bars of 4/4 take; 1 where none are asked for. InputError: as `columns_of_bars`."""
    return 1 if bars is None else -(-columns_of_bars(codec, bars) // codec.columns)
