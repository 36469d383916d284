"""Which pictures items are. Each source gives the pictures of item i, whatever items were generated before.

Here plain draws, of a model of any kind; `generators.pictures.latents` has those of models with latents, and
`generators.pictures.filling` those that keep cells of a user's piece.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from generators.contract import PictureSampler
from generators.samples import seed_of
from midi.codecs.codec import Codec
from midi.codecs.grid import MAX_COLUMNS
from midi.codecs.strip import StripCodec
from midi.measures.continuation import columns_in_bar
from midi.tempo import TempoMap
from training.errors import InputError


class Source(Protocol):
    """The pictures of numbered items."""

    windows: int
    """Pictures of an item, one after the other in time."""
    at_once: int
    """How many of them are drawn together."""
    shown: int
    """Which of them a sheet shows."""
    tempo: TempoMap | None
    """Microseconds a quarter of what they go on from; None: the codec's."""

    def __len__(self) -> int: ...

    def pictures(self, sampler: PictureSampler, items: range, labels: np.ndarray | None, seed: int) -> np.ndarray:
        """uint8 (items * windows, h, w, c); labels: number of each item's, if the model has any; seed: of all draws."""

    def about(self, item: int) -> dict[str, Any]:
        """More columns of an item's row in the manifest."""


@dataclass(frozen=True)
class Draws:
    """One picture an item, drawn by a model of any kind."""

    windows: ClassVar[int] = 1
    at_once: ClassVar[int] = 1
    shown: ClassVar[int] = 0
    tempo: ClassVar[TempoMap | None] = None
    count: int
    temperature: float = 1.0

    def __len__(self) -> int:
        return self.count

    def pictures(self, sampler: PictureSampler, items: range, labels: np.ndarray | None, seed: int) -> np.ndarray:
        """See `Source`; item i of seed s has the seed (s, i, 0), as a latent has."""
        seeds = np.array([seed_of(seed, item, 0) for item in items], np.uint64)
        return sampler.draw(seeds, labels, self.temperature)

    def about(self, item: int) -> dict[str, Any]:
        """Nothing."""
        return {}


def columns_of_bars(codec: Codec, bars: int, already: int = 0) -> int:
    """Columns that `bars` bars of 4/4 take, after some that there are already.

    InputError: the codec counts no quarters, or has not so many columns.
    """
    require_bars(codec, "--bars")
    bar = columns_in_bar(codec)
    most = (MAX_COLUMNS - already) // bar
    if not 1 <= bars <= most:
        raise InputError(f"--bars must be from 1 to {most:,}; received {bars:,}")
    return bars * bar


def require_bars(codec: Codec, option: str) -> None:
    """InputError: an option that counts bars, of a codec that counts no quarters."""
    if not isinstance(codec, StripCodec) or codec.unit != "quarter":
        raise InputError(f"{option} needs a codec that counts quarters; {codec.name} does not")
