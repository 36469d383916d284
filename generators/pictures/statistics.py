"""What a set of pictures is like, in a few numbers: what samples are watched by and losses are compared with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np

from midi.codecs.codec import REST, Codec
from training.corpora.corpus import Corpus
from training.files import read_json, write_json

BLOCK = 512
"""Pictures looked at together."""


@dataclass(frozen=True, eq=False)
class Statistics:
    """Numbers of a set of pictures; a cell is on where the codec's `classes` shows a note."""

    pictures: int
    density: float
    """Mean fraction of cells that are on."""
    density_low: float
    """5th percentile of the pictures' densities."""
    density_high: float
    """95th percentile of the pictures' densities."""
    pitches: int
    """Rows of `classes` in which a cell is ever on."""
    empty: float
    """Fraction of pictures without a cell that is on."""
    marginal: np.ndarray
    """(height, channels) mean value in [0, 1] of every row of pixels."""

    def nll(self, corpus: Corpus, indices: np.ndarray) -> dict[str, float]:
        """Negative log-likelihood in bits a pixel, by one probability for all pixels and by one for every row."""
        mean = _marginal(corpus, indices)
        constant = np.broadcast_to(self.marginal.mean(axis=0), mean.shape)
        return {"constant": _cross_entropy(mean, constant), "marginal": _cross_entropy(mean, self.marginal)}

    def write(self, path: str | os.PathLike) -> None:
        """As JSON."""
        write_json(path, asdict(self) | {"marginal": self.marginal.tolist()})

    @classmethod
    def read(cls, path: str | os.PathLike) -> Statistics:
        """What `write` wrote."""
        fields = read_json(path)
        return cls(**fields | {"marginal": np.array(fields["marginal"])})


def statistics_of(corpus: Corpus, indices: np.ndarray, codec: Codec) -> Statistics:
    """The statistics of some of a corpus' pictures, in constant memory."""
    parts = [cells_of(images, codec) for images in blocks(corpus, indices)]
    density = np.concatenate([part.density for part in parts])
    low, high = np.percentile(density, [5, 95])
    used = np.any([part.used for part in parts], axis=0)
    return Statistics(
        pictures=len(indices),
        density=float(density.mean()),
        density_low=float(low),
        density_high=float(high),
        pitches=int(used.sum()),
        empty=float((density == 0).mean()),
        marginal=_marginal(corpus, indices),
    )


@dataclass(frozen=True, eq=False)
class Cells:
    """density: (pictures,) fraction of cells that are on; used: (rows,) whether a cell of the row is on in any picture."""

    density: np.ndarray
    used: np.ndarray


def cells_of(images: np.ndarray, codec: Codec) -> Cells:
    """Which cells of some pictures are on, in short."""
    on = codec.classes(images) != REST
    return Cells(on.mean(axis=(1, 2)), on.any(axis=(0, 2)))


def blocks(corpus: Corpus, indices: np.ndarray) -> Iterator[np.ndarray]:
    """The pictures of a corpus, BLOCK at a time."""
    return (corpus[indices[place : place + BLOCK]] for place in range(0, len(indices), BLOCK))


def _marginal(corpus: Corpus, indices: np.ndarray) -> np.ndarray:
    total = sum(images.mean(axis=2, dtype=np.float64).sum(axis=0) for images in blocks(corpus, indices))
    return total / (255 * len(indices))


def _cross_entropy(mean: np.ndarray, predicted: np.ndarray) -> float:
    """Mean of -m log2 p - (1 - m) log2 (1 - p), with p kept off 0 and 1 as a trained network would."""
    predicted = np.clip(predicted, 1e-6, 1 - 1e-6)
    return float(np.mean(-mean * np.log2(predicted) - (1 - mean) * np.log2(1 - predicted)))
