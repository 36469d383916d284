"""Real-valued network output into binary pictures.

The default is a fixed threshold on the model's own scale. "Music generation with Neural Networks" stretches each picture
to its own least and greatest value first (then 0.55 for its VAE; 0.55, 0.1 and 0.2 for its GANs) and deletes notes of one
column; both are options. A Bernoulli draw suits models whose output is a probability.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from training.errors import InputError


@dataclass(frozen=True)
class Binarise:
    """How values become 0 and 255; call it with (count, height, width, channels)."""

    rule: Literal["threshold", "stretch", "draw"] = "threshold"
    """threshold: on, where a value reaches it; stretch: each picture is stretched to 0 to 1 first; draw: the value is the
    probability of being on."""
    threshold: float | None = None
    """From the least to the greatest value of the model (0 to 1 with stretch); default: the middle. Unused by draw."""
    isolated: bool = True
    """Keep notes of one column; otherwise they are deleted, but in a picture's first and last column."""
    seed: int = 0
    """Seed of the draw; the same values give the same picture."""

    def __post_init__(self) -> None:
        if self.rule not in ("threshold", "stretch", "draw"):
            raise InputError(f"expected the rule threshold, stretch or draw; received {self.rule!r}")

    def __call__(self, values: np.ndarray, low: float = -1.0) -> np.ndarray:
        """Values in [low, 1] -> uint8, 0 or 255. InputError: a value is not a number."""
        values = _numbers(values)
        if self.rule == "draw":
            probability = (values - np.float32(low)) * np.float32(1 / (1 - low))
            on = np.random.default_rng(self.seed).random(values.shape, np.float32) < probability
        elif self.rule == "stretch":
            on = stretched(values) >= (0.5 if self.threshold is None else self.threshold)
        else:
            on = values >= ((low + 1) / 2 if self.threshold is None else self.threshold)
        return (on if self.isolated else without_isolated(on)) * np.uint8(255)


def stretched(values: np.ndarray) -> np.ndarray:
    """Each of (count, height, width, channels) stretched to 0 to 1; one of equal values shows nothing: 0."""
    axes = tuple(range(1, values.ndim))
    least, greatest = values.min(axis=axes, keepdims=True), values.max(axis=axes, keepdims=True)
    span = greatest - least
    return (values - least) / np.where(span > 0, span, 1)


def without_isolated(on: np.ndarray) -> np.ndarray:
    """(count, rows, columns, channels) without the true cells that have a false one on either side.

    Cells of the first and last column stay: they may go on in the next picture.
    """
    on = on.copy()
    on[:, :, 1:-1] &= on[:, :, :-2] | on[:, :, 2:]
    return on


def calibrated_threshold(values: np.ndarray, density: float) -> float:
    """The threshold at which the fraction of values that reach it is nearest to `density`, 0 to 1.

    Equal values go on or off together. Takes memory for one copy of the values.
    InputError: no values, one is not a number, density is not 0 to 1.
    """
    if not 0 <= density <= 1:
        raise InputError(f"density is a fraction of cells, 0 to 1; received {density}")
    values = _numbers(values).ravel()
    if not values.size:
        raise InputError("no values to calibrate a threshold on")
    wanted = round(density * values.size)
    if not wanted:
        return _above(values.max())
    at = values.size - wanted
    ordered = np.partition(values, at)
    value, above = ordered[at], ordered[at:]
    more = np.count_nonzero(values >= value) - wanted
    fewer = wanted - np.count_nonzero(above > value)
    if more <= fewer:
        return float(value)
    return float(above[above > value].min()) if fewer < wanted else _above(value)


def _above(value: np.float32) -> float:
    return float(np.nextafter(value, np.float32(np.inf)))


def _numbers(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values, np.float32)
    if np.isnan(values).any():
        raise InputError("a network's pictures hold values that are not numbers (NaN): did its training diverge?")
    return values
