"""A set of pieces against another: do their measures vary in the same way?

After Yang and Lerch, "On the evaluation of generative models in music", Neural Computing and Applications 32 (2020). Of each
measure: the distances of all pairs within a set (intra) and of all pairs between the sets (inter), absolute differences of
numbers and Euclidean distances of histograms; their densities by Gaussian kernels; the area under both densities
(overlap, 0 to 1, 1 where the sets vary alike) and the Kullback-Leibler divergence of the inter density from the intra
density (in nats, 0 where they agree).

Both sides matter. Copies of one typical piece are about as far from the data as the data's pieces from one another, and
overlap well seen from the data; seen from the copies, which do not differ, the overlap is next to nothing.

Unlike the paper, both densities of a comparison are made with one kernel width, the larger of their two by Scott's rule:
measures that are whole numbers would otherwise give combs whose teeth differ in width although the sets are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from midi.measures.distances import distances
from midi.measures.tables import Table, size
from training.errors import InputError


@dataclass(frozen=True)
class Side:
    """One of the two sets, in one measure."""

    count: int
    """Pieces compared."""
    undefined: int
    """Pieces left out because the measure is not defined for them."""
    mean: float | None
    """Mean over the pieces; None for a histogram, or without pieces."""
    deviation: float | None
    """Standard deviation over the pieces, likewise."""
    distance: float | None
    """Mean distance within the set; None with fewer than two pieces."""
    overlap: float | None
    """Area under both the densities of the distances within this set and between the sets, 0 to 1."""
    divergence: float | None
    """Kullback-Leibler divergence of the distances between the sets from those within this set, in nats."""
    overlap_interval: tuple[float, float] | None
    """95 % bootstrap interval of `overlap`; None without repetitions. Samples hold fewer different pieces than the set, so
    that it lies low and need not hold the overlap itself."""
    divergence_interval: tuple[float, float] | None
    """95 % bootstrap interval of `divergence`."""


@dataclass(frozen=True)
class Comparison:
    """Two sets in one measure. Where either has fewer than two pieces for which it is defined, there is no overlap."""

    distance: float | None
    """Mean distance between the sets."""
    a: Side
    """The first set: the data, where samples are compared with data."""
    b: Side
    """The second set."""

    @property
    def overlap(self) -> float | None:
        """The overlap seen from the first set, the figure that the paper calls OA."""
        return self.a.overlap

    @property
    def divergence(self) -> float | None:
        """The divergence seen from the first set, the figure that the paper calls KLD."""
        return self.a.divergence

    @property
    def constant(self) -> bool:
        """Does no piece of either set differ from any other?"""
        return self.distance == self.a.distance == self.b.distance == 0


def compare(a: Table, b: Table, *, limit: int = 2_000, repeats: int = 100, seed: int = 0) -> dict[str, Comparison]:
    """Compare two sets, measure by measure.

        compare(measure_set("mine").table, measure_set("others").table)["pitch_range"].overlap

    limit: of a larger set so many pieces are drawn without replacement, since the pairs grow with the square. repeats:
    bootstrap samples of pieces (not of pairs) for the intervals; 0: none. InputError: an empty set, or other measures.
    """
    if a.keys() != b.keys() or not a:
        raise InputError(f"the sets must have the same measures; received {', '.join(a)} and {', '.join(b)}")
    rng = np.random.default_rng(seed)
    chosen_a, chosen_b = (_chosen(table, limit, rng) for table in (a, b))
    seeds = rng.integers(1 << 62, size=len(a))
    return {
        name: _compare(_rows(a[name], chosen_a), _rows(b[name], chosen_b), repeats, np.random.default_rng(one))
        for name, one in zip(a, seeds, strict=True)
    }


def split_half(table: Table, *, limit: int = 2_000, repeats: int = 100, seed: int = 0) -> dict[str, Comparison]:
    """Compare two random halves of one set: what sets that do not differ give, the floor of every comparison.

    InputError: fewer than four pieces.
    """
    count = size(table)
    if count < 4:
        raise InputError(f"a set needs 4 pieces to be divided into halves that vary; received {count}")
    order = np.random.default_rng(seed).permutation(count)
    halves = [{name: values[half] for name, values in table.items()} for half in (order[: count // 2], order[count // 2 :])]
    return compare(*halves, limit=limit, repeats=repeats, seed=seed)


def mean_overlap(comparisons: Mapping[str, Comparison], side: Literal["a", "b"] = "a") -> float | None:
    """The mean of the overlaps of all measures, seen from one side; None if there is none.

    Measures that are the same number for every piece of both sets tell nothing and are passed over.
    """
    overlaps = [
        getattr(each, side).overlap for each in comparisons.values() if each.overlap is not None and not each.constant
    ]
    return float(np.mean(overlaps)) if overlaps else None


def _chosen(table: Table, limit: int, rng: np.random.Generator) -> np.ndarray:
    count = size(table)
    if not count:
        raise InputError("a set without pieces cannot be compared")
    return np.arange(count) if count <= limit else np.sort(rng.choice(count, limit, replace=False))


def _rows(values: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """(count,) or (count, ...) -> (count, numbers)."""
    return values[chosen].reshape(len(chosen), -1)


def _compare(a: np.ndarray, b: np.ndarray, repeats: int, rng: np.random.Generator) -> Comparison:
    sets = [rows[np.isfinite(rows).all(axis=1)] for rows in (a, b)]
    missing = [len(rows) - len(kept) for rows, kept in zip((a, b), sets, strict=True)]
    if min(map(len, sets)) < 2:
        return Comparison(None, *(_side(kept, left_out) for kept, left_out in zip(sets, missing, strict=True)))
    pairs = distances(*sets)
    scores = np.array([pairs.scores(weights) for weights in _weights(*map(len, sets), repeats, rng)])
    sides = (_side(sets[i], missing[i], pairs.means[i], scores[:, i]) for i in (0, 1))
    return Comparison(pairs.means[2], *sides)


def _weights(n: int, m: int, repeats: int, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """How often each piece of the two sets counts: once, then in bootstrap samples of the pieces.

    Weights instead of copies: a piece has no distance of zero to another copy of itself.
    """
    yield np.ones(n), np.ones(m)
    for _ in range(repeats):
        yield rng.multinomial(n, np.full(n, 1 / n)).astype(float), rng.multinomial(m, np.full(m, 1 / m)).astype(float)


def _side(kept: np.ndarray, left_out: int, distance: float | None = None, scores: np.ndarray | None = None) -> Side:
    """scores: (1 + repeats, 2) overlap and divergence, of the pieces themselves first."""
    number = kept.shape[1] == 1 and len(kept) > 0
    scores = np.full((1, 2), np.nan) if scores is None else scores
    return Side(
        count=len(kept),
        undefined=left_out,
        mean=float(kept.mean()) if number else None,
        deviation=float(kept.std()) if number else None,
        distance=distance,
        overlap=_number(scores[0, 0]),
        divergence=_number(scores[0, 1]),
        overlap_interval=_interval(scores[1:, 0]),
        divergence_interval=_interval(scores[1:, 1]),
    )


def _interval(values: np.ndarray) -> tuple[float, float] | None:
    values = values[np.isfinite(values)]
    return tuple(np.percentile(values, (2.5, 97.5)).tolist()) if len(values) else None


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
