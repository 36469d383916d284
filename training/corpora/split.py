"""Train, validation and test parts that do not leak: whole sources, or whole groups of them, stay together."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Literal

import numpy as np

from training.corpora.corpus import Corpus
from training.errors import InputError


@dataclass(frozen=True)
class Split:
    """Item indices of the three parts, and the labels that take part (a class index is a place in `labels`)."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    labels: tuple[str, ...]
    dropped: tuple[str, ...] = ()


def split_corpus(
    corpus: Corpus,
    *,
    by: Literal["source", "segment"] = "source",
    seed: int = 0,
    fold: str | None = None,
    validation_fold: str | None = None,
    labelled: bool = True,
    sizes: np.ndarray | None = None,
) -> Split:
    """Split 70/20/10 by source (by group where one is given), stratified by label and seeded; or by given folds.

        split = split_corpus(corpus, seed=1)
        training, held_out = Batches(corpus, split.train, 16), corpus[split.test]

    by "segment" splits single items, so that one recording is on several sides: it exists to measure the leak.
    fold: the sources of that fold are the test part, those of `validation_fold` (none if not given) the validation part.
    labelled: False splits all sources as if they had one label, for models that use none.
    sizes: (sources,) how much of the whole each is, where that is not its items.
    A label with fewer than three sources or groups cannot be on all three sides: it is dropped, and named in `dropped`.
    InputError: fewer than two labels are left (fewer than three sources without labels), or the fold does not exist.
    """
    if fold is not None:
        return _by_fold(corpus, fold, validation_fold)
    names = np.array([row["label"] if labelled else "" for row in corpus.rows])
    units = [row["group"] or row["name"] for row in corpus.rows]
    sizes = np.array([int(row["items"]) for row in corpus.rows]) if sizes is None else sizes
    if not labelled:
        return _unlabelled(corpus, names, units, sizes, seed)
    parts = _by_segment(corpus, names, seed) if by == "segment" else _by_unit(corpus, names, units, sizes, seed)
    few = _too_few(names, units) if by == "source" else ()
    labels = tuple(label for label in corpus.labels if label not in few)
    if len(labels) < 2:
        raise InputError(
            f"expected at least two labels (folders) with three or more files or groups each; received "
            f"{_count(names)}. A split by source needs one for training, validation and test each"
        )
    keep = np.isin(names, labels)[corpus.source_of]
    return Split(*_indices(np.where(keep, parts, -1)), labels, few)


def _unlabelled(corpus: Corpus, names: np.ndarray, units: list[str], sizes: np.ndarray, seed: int) -> Split:
    if len(set(units)) < 3:
        raise InputError(
            "expected at least three files or groups, one each for training, validation and test; "
            f"received {len(set(units))}"
        )
    parts = _by_unit(corpus, names, units, sizes, seed)
    return Split(*_indices(parts), ())


def _by_fold(corpus: Corpus, fold: str, validation_fold: str | None) -> Split:
    folds = np.array([row["fold"] for row in corpus.rows])
    for name in (fold, validation_fold):
        if name is not None and name not in folds:
            raise InputError(f"fold {name} not found; the corpus has {', '.join(sorted(set(folds))) or 'no folds'}")
    if len(corpus.labels) < 2:
        raise InputError(f"expected at least two labels; received {', '.join(corpus.labels)}")
    part = np.where(folds == fold, 2, np.where(folds == validation_fold, 1, 0))[corpus.source_of]
    return Split(*_indices(part), corpus.labels)


def _indices(part_of: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The items of training (0), validation (1) and test (2); others are in none."""
    train, validation, test = (np.flatnonzero(part_of == part) for part in range(3))
    return train, validation, test


def _by_segment(corpus: Corpus, names: np.ndarray, seed: int) -> np.ndarray:
    parts = np.zeros(len(corpus), int)
    for label in corpus.labels:
        items = np.flatnonzero((names == label)[corpus.source_of])
        parts[np.random.default_rng(seed).permutation(items)] = _part_of_each(np.ones(len(items)))
    return parts


def _by_unit(corpus: Corpus, names: np.ndarray, units: list[str], sizes: np.ndarray, seed: int) -> np.ndarray:
    """Split whole units; a group with several labels counts for its most frequent one."""
    members = defaultdict(list)
    for source, unit in enumerate(units):
        members[unit].append(source)
    main = {unit: max(Counter(names[who]).items(), key=lambda pair: (pair[1], pair[0]))[0] for unit, who in members.items()}
    part_of = np.zeros(len(corpus.rows), int)
    for label in sorted(set(names)):
        mine = [unit for unit in sorted(members) if main[unit] == label]
        order = np.random.default_rng(seed).permutation(len(mine))
        large = np.array([sizes[members[mine[i]]].sum() for i in order])
        for i, part in zip(order, _part_of_each(large), strict=True):
            part_of[members[mine[i]]] = part
    return part_of[corpus.source_of]


def _part_of_each(sizes: np.ndarray) -> np.ndarray:
    """Part of each unit, in order: the first for test, the second for validation, the third for training, so that each part
    has one; then every unit goes where most is missing of 70/20/10 of the items."""
    target = np.array([0.7, 0.2, 0.1]) * sizes.sum()
    parts = np.zeros(len(sizes), int)
    filled = np.zeros(3)
    for i, size in enumerate(sizes):
        parts[i] = (2, 1, 0)[i] if i < 3 else int(np.argmax(target - filled))
        filled[parts[i]] += size
    return parts


def _too_few(names: np.ndarray, units: list[str]) -> tuple[str, ...]:
    """Labels with fewer than three units."""
    pairs = Counter(name for name, _ in set(zip(names, units, strict=True)))
    return tuple(sorted(name for name, count in pairs.items() if count < 3))


def _count(names: np.ndarray) -> str:
    return ", ".join(f"{name or '(none)'}: {count}" for name, count in sorted(Counter(names).items()))
