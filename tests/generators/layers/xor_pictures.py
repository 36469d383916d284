"""Pictures whose entropy is known, and which nothing linear can predict: a cell is the exclusive or of two earlier ones.

Cells of the first row and column are drawn freely, each on or off, 1 bit; every other one is the exclusive or of the cell
above and the cell to the left, and then turned with probability TURNED. A cell alone tells nothing of another, nor does a
sum of cells: whoever pays less than 1 bit for the others has learned the rule. It is the same in order of rows and of time.
"""

from __future__ import annotations

import numpy as np

TURNED = 0.05
"""Probability with which a cell breaks the rule."""


def xor_pictures(count: int, side: int = 8, seed: int = 0) -> np.ndarray:
    """(count, side, side, 1) float32, -1 or 1."""
    rng = np.random.default_rng(seed)
    on, turned = rng.random((count, side, side)) < 0.5, rng.random((count, side, side)) < TURNED
    for row, column in np.ndindex(side - 1, side - 1):
        ruled = on[:, row, column + 1] ^ on[:, row + 1, column]
        on[:, row + 1, column + 1] = ruled ^ turned[:, row + 1, column + 1]
    return np.where(on, 1, -1).astype(np.float32)[..., None]


def breaks(pictures: np.ndarray) -> np.ndarray:
    """bool (count, side - 1, side - 1): where cells of (count, side, side, 1) are not what the rule says."""
    on = pictures[..., 0] > 0
    return on[:, 1:, 1:] ^ on[:, :-1, 1:] ^ on[:, 1:, :-1]


def bits(pictures: np.ndarray) -> np.ndarray:
    """(count,) bits a pixel that each picture costs who knows how it is made."""
    side, broken = pictures.shape[1], breaks(pictures)
    ruled = np.where(broken, -np.log2(TURNED), -np.log2(1 - TURNED)).sum(axis=(1, 2))
    return (2 * side - 1 + ruled) / side**2


def entropy(side: int = 8) -> float:
    """Bits a pixel of all such pictures: 0.4536 of those of 8 x 8."""
    each = -TURNED * np.log2(TURNED) - (1 - TURNED) * np.log2(1 - TURNED)
    return (2 * side - 1 + (side - 1) ** 2 * each) / side**2
