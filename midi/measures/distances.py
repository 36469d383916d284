"""Distances of the pieces of two sets, in one measure, and how much their densities overlap (`midi.measures.comparison`)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.machine_code import compiled

BINS = 1024
"""Cells in which distances are counted before they are smoothed, from 0 to the largest; the least kernel is one wide."""
MIN_DENSITY = 1e-10
"""The density of a cell that stands for zero, so that a divergence stays finite: 23 nats at most."""


@dataclass(frozen=True, eq=False)
class Distances:
    """The distances of all pairs, as numbers of cells."""

    largest: float
    """The distance at the end of the last cell."""
    within: tuple[np.ndarray, np.ndarray]
    """(n, n) and (m, m) uint16, of each set; of each pair the half above the diagonal counts."""
    between: np.ndarray
    """(n, m) uint16."""
    means: tuple[float, float, float]
    """Mean distance within the first set, within the second, between them."""

    def scores(self, weights: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """(2, 2): for the first and the second set the overlap and the divergence of `overlap`.

        weights: (n,) and (m,) how often each piece counts. NaN where no pair is left.
        """
        between = _count(self.between, *weights, False)
        return np.array(
            [overlap(_count(cells, own, own, True), between) for cells, own in zip(self.within, weights, strict=True)]
        )


def distances(a: np.ndarray, b: np.ndarray) -> Distances:
    """The Euclidean distances of the rows of a (n, numbers) and b (m, numbers), two each at least."""
    from scipy.spatial.distance import cdist

    within_a, within_b, between = cdist(a, a), cdist(b, b), cdist(a, b)
    largest = max(within_a.max(), within_b.max(), between.max())
    scale = BINS / largest if largest > 0 else 0.0
    cells = [np.minimum(pairs * scale, BINS - 1).astype(np.uint16) for pairs in (within_a, within_b, between)]
    means = _mean_of_pairs(within_a), _mean_of_pairs(within_b), float(between.mean())
    return Distances(float(largest), (cells[0], cells[1]), cells[2], means)


def overlap(within: np.ndarray, between: np.ndarray) -> tuple[float, float]:
    """(area under both densities, Kullback-Leibler divergence of `between` from `within` in nats) of counts by cell.

    The densities are Gaussian kernel estimates of one width: the larger by Scott's rule, deviation / count^(1/5), and
    one cell at least.
    """
    if not (within.sum() and between.sum()):
        return np.nan, np.nan
    width = max(_scott(within), _scott(between), 1.0)
    p, q = (np.maximum(each, MIN_DENSITY) for each in _smoothed(np.stack([within, between]), width))
    p, q = p / p.sum(), q / q.sum()
    return min(1.0, float(np.minimum(p, q).sum())), max(0.0, float((p * np.log(p / q)).sum()))


def _smoothed(counts: np.ndarray, width: float) -> np.ndarray:
    """(2, BINS) -> (2, length) densities by a Gaussian kernel of `width` cells, on a circle with room for its tails."""
    from scipy.fft import irfft, next_fast_len, rfft

    length = next_fast_len(BINS + int(12 * width), real=True)
    cell = np.arange(length)
    kernel = np.exp(-((np.minimum(cell, length - cell) / width) ** 2) / 2)
    return irfft(rfft(counts, length) * (rfft(kernel) / (kernel.sum() * counts.sum(axis=1, keepdims=True))), length)


def _scott(counts: np.ndarray) -> float:
    """Scott's kernel width, in cells."""
    total, cell = counts.sum(), np.arange(len(counts))
    mean = (counts @ cell) / total
    return float(np.sqrt((counts @ (cell - mean) ** 2) / total) * total**-0.2)


def _mean_of_pairs(square: np.ndarray) -> float:
    """The mean off the diagonal, which is zero."""
    return float(square.sum() / (len(square) * (len(square) - 1)))


@compiled
def _count(cells: np.ndarray, first: np.ndarray, second: np.ndarray, above: bool) -> np.ndarray:
    """(BINS,) the pairs in each cell, each as often as the product of its weights; above: those above the diagonal."""
    counts = np.zeros(BINS)
    for i in range(cells.shape[0]):
        if first[i]:
            for j in range(i + 1 if above else 0, cells.shape[1]):
                counts[cells[i, j]] += first[i] * second[j]
    return counts
