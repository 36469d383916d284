"""How loud each grain is and when: non-negative activations with as few grains, as they followed each other, as will do.

Driedger, Prätzlich and Müller, "Let It Bee: towards NMF-inspired audio mosaicing", ISMIR 2015.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.ndimage import maximum_filter1d

REPETITION = 6
"""Columns, 70 ms, within which a grain does not begin again, nor its neighbours sound with it: else it would stutter."""
POLYPHONY = 4
"""Grains at once."""
DIAGONAL = 4
"""Columns before and after in which grains that follow each other support each other: what was played stays whole."""
SHARPNESS = 64
"""Power of the likenesses that activations begin with: of grains that are nearly alike, one leads from the start."""
LEAST = 1e-9
"""Of a magnitude that is divided by, relative to the mean of what is asked for."""


def activations(
    magnitude: np.ndarray, grains: np.ndarray, follows: np.ndarray, iterations: int, watch: Callable[[float], bool]
) -> np.ndarray:
    """Float32 (grains, columns), not negative: how much of grains (rows, grains) makes a magnitude (rows, columns).

    Multiplicative updates towards the least Kullback-Leibler divergence, from how like each other grains and columns are.
    Before each, activations are raised along diagonals, and those that break a rule are lowered, in the end to nothing: all
    but the loudest within REPETITION columns or neighbouring grains, all but the POLYPHONY loudest of a column. (In the
    paper's section 3 diagonals come last and break the rules again, neighbours may sound together, and activations begin at
    random.)

    follows: bool (grains - 1,), whether a grain follows the one before in the style. watch: called after each update with
    the divergence before it, relative to the sum of the magnitude; True ends them.
    """
    total = float(magnitude.sum())
    if not total:
        return np.zeros((grains.shape[1], magnitude.shape[1]), np.float32)
    loudness = grains.sum(axis=0, dtype=np.float32)
    audible = loudness > LEAST * loudness.max()
    unit = np.where(audible, grains / np.where(audible, loudness, 1), 0)
    least = LEAST * total / magnitude.size
    found = _likenesses(magnitude, unit) ** SHARPNESS
    for iteration in range(iterations):
        found = _ruled(found, follows, 1 - (iteration + 1) / iterations)
        made = np.maximum(unit @ found, least)
        found *= unit.T @ (magnitude / made)
        if watch(_divergence(magnitude, made, least) / total):
            break
    return np.where(audible, 1 / np.where(audible, loudness, 1), 0)[:, None] * found


def _ruled(found: np.ndarray, follows: np.ndarray, kept: float) -> np.ndarray:
    """Activations raised along diagonals; of those that then break a rule this fraction is kept."""
    raised, whole = found.copy(), follows
    for steps in range(1, min(DIAGONAL, *(size - 1 for size in found.shape)) + 1):
        if steps > 1:
            whole = whole[:-1] & follows[steps - 1 :]  # no diagonal leads over a cut in the style
        raised[steps:, steps:] += whole[:, None] * found[:-steps, :-steps]
        raised[:-steps, :-steps] += whole[:, None] * found[steps:, steps:]
    for axis in (0, 1):
        loudest = maximum_filter1d(raised, 2 * REPETITION + 1, axis=axis, mode="constant")
        np.multiply(raised, kept, out=raised, where=raised < loudest)
    if len(raised) > POLYPHONY:
        np.multiply(raised, kept, out=raised, where=raised < np.partition(raised, -POLYPHONY, axis=0)[-POLYPHONY])
    return raised / (2 * DIAGONAL + 1)


def _likenesses(magnitude: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """(grains, columns) cosines, relative to the column's greatest."""
    one, other = (each / np.maximum(np.linalg.norm(each, axis=0), LEAST * each.max()) for each in (unit, magnitude))
    cosines = one.T @ other
    return cosines / np.maximum(cosines.max(axis=0), LEAST)


def _divergence(magnitude: np.ndarray, made: np.ndarray, least: float) -> float:
    """Kullback-Leibler, generalised to what does not add up to 1."""
    return float(np.sum(magnitude * np.log(np.maximum(magnitude, least) / made) - magnitude + made, dtype=np.float64))
