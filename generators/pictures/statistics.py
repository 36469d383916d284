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
        return {
            "constant": _cross_entropy(mean, 1 - mean, constant),
            "marginal": _cross_entropy(mean, 1 - mean, self.marginal),
        }

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


def markov_nll(corpus: Corpus, counted: np.ndarray, judged: np.ndarray) -> float:
    """Negative log-likelihood in bits a pixel of the pictures `judged`, each pixel predicted by the one before in its row.

    Probabilities are those of the row in the pictures `counted`; before the first column all is black.
    """
    off, on = _transitions(corpus, counted)
    predicted = np.divide(on, off + on, out=np.zeros_like(on), where=off + on > 0)
    off, on = _transitions(corpus, judged)
    return _cross_entropy(on, off, predicted)


def _transitions(corpus: Corpus, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How often a row's pixels are off, and on, each (2, height, channels): after one that is off, after one that is on."""
    now, before, both = 0.0, 0.0, 0.0
    for images in blocks(corpus, indices):
        values = images / np.float32(255)
        shifted = np.pad(values, ((0, 0), (0, 0), (1, 0), (0, 0)))[:, :, :-1]
        sums = [each.mean(axis=2, dtype=np.float64).sum(axis=0) for each in (values, shifted, values * shifted)]
        now, before, both = now + sums[0], before + sums[1], both + sums[2]
    now, before, both = (each / len(indices) for each in (now, before, both))
    return np.stack([1 - now - before + both, before - both]), np.stack([now - both, both])


def _marginal(corpus: Corpus, indices: np.ndarray) -> np.ndarray:
    total = sum(images.mean(axis=2, dtype=np.float64).sum(axis=0) for images in blocks(corpus, indices))
    return total / (255 * len(indices))


def _cross_entropy(on: np.ndarray, off: np.ndarray, predicted: np.ndarray) -> float:
    """Bits a pixel, p kept off 0 and 1 as a trained network would; on, off: (..., height, channels) how often pixels are."""
    predicted = np.clip(predicted, 1e-6, 1 - 1e-6)
    bits = -on * np.log2(predicted) - off * np.log2(1 - predicted)
    return float(bits.sum() / np.prod(bits.shape[-2:]))
