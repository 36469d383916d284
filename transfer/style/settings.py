"""How a style is transferred: the weights of the loss, the optimizer, the phase, and how much is taken, and where."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np

from spectro.stft import SpectrogramSetting
from training.errors import InputError
from training.options import Amount, Count, Fraction, Index, Range, check

_NUMBER = r"(\d+(?:\.\d+)?)"
_AREA = re.compile(rf"{_NUMBER}-{_NUMBER}\s*(s|hz)", re.IGNORECASE)
FADE_SECONDS = 0.1
FADE_OCTAVES = 1 / 6
"""How softly areas end."""


@dataclass(frozen=True)
class Mask:
    """Areas of seconds and of hertz, (from, to) each; several of a kind add up; without any of a kind, all is taken."""

    seconds: tuple[tuple[float, float], ...] = ()
    hertz: tuple[tuple[float, float], ...] = ()

    def weights(self, setting: SpectrogramSetting, first: int, columns: int) -> np.ndarray:
        """float32 (rows, columns) in [0, 1] of the columns from `first` on; half at the ends of an area."""
        times = (first + np.arange(columns)) * setting.hop / setting.rate
        octaves = np.log2(np.maximum(np.linspace(0, setting.rate / 2, setting.rows), 1.0))
        edges = tuple(tuple(np.log2(np.maximum(area, 1.0))) for area in self.hertz)
        rows = _inside(octaves, edges, FADE_OCTAVES)
        return (rows[:, None] * _inside(times, self.seconds, FADE_SECONDS)).astype(np.float32)

    def check(self, seconds: float, highest: float) -> None:
        """InputError: all areas of a kind lie beyond a sound of so many seconds, or its highest frequency in Hz."""
        for areas, end, unit in ((self.seconds, seconds, "s"), (self.hertz, highest, "Hz")):
            first = min((low for low, _ in areas), default=0.0)
            if first >= end:
                raise InputError(
                    f"--mask begins at {first:g} {unit}, but the sound ends at {end:g} {unit}; there is nothing to transfer"
                )


@dataclass(frozen=True)
class Settings:
    """The defaults are the paper's for Lil Data; optimizer and step, which it does not name, are convention.

    InputError: a number out of its range, both weights 0.
    """

    content_weight: Amount = 50.0
    """Alpha: weight of the content loss."""
    style_weight: Amount = 500.0
    """Beta: weight of the style loss."""
    iterations: Count = 500
    """Steps of the optimizer for each tile and channel."""
    optimizer: Literal["adam", "lbfgs"] = "adam"
    """Adam on the pixels, or L-BFGS (arXiv 1508.06576)."""
    step: Annotated[float, Range(0, 1, above=True)] = 0.01
    """Adam's step as a fraction of the pixel range; L-BFGS finds its own."""
    phase: Literal["content", "random", "heap"] = "content"
    """Where the phase reconstruction starts: the content's phase, random phases, or phase gradient heap integration."""
    inversion_iterations: Index = 100
    """Griffin-Lim iterations."""
    start: Literal["content", "noise"] = "content"
    """The picture to start from: the content's, or white noise."""
    style_strength: Fraction = 1.0
    """How much of the style is taken: 0 is the content, 1 all of it."""
    mask: Mask = field(default_factory=Mask)
    """Where it is taken."""

    def __post_init__(self) -> None:
        check(self)
        if self.content_weight == self.style_weight == 0:
            raise InputError(
                "content_weight and style_weight are both 0; one of them must be more, or there is nothing to optimise"
            )


def blended(content: np.ndarray, styled: np.ndarray, fraction: np.ndarray | float) -> np.ndarray:
    """Magnitudes from the content's (fraction 0) to the styled ones (1), float32.

    Their square roots are mixed, about what sounds half as loud: decibels would bring up what is hardly there before
    anything else (twelve pairs of recordings: colours then go away from the style before they come to it), and plain
    magnitudes would do the most near 1.
    """
    return ((1 - fraction) * np.sqrt(content) + fraction * np.sqrt(styled)).astype(np.float32) ** 2


def mask_of(areas: tuple[str, ...]) -> Mask:
    """The mask of areas such as "2-4.5s" and "100-2000hz". InputError: anything else."""
    found: dict[str, list[tuple[float, float]]] = {"s": [], "hz": []}
    for area in areas:
        match = _AREA.fullmatch(area.strip())
        if not match or not float(match[1]) < float(match[2]):
            raise InputError(
                f"--mask {area}: expected seconds such as 2-4.5s or frequencies such as 100-2000hz, lower first"
            )
        found[match[3].lower()].append((float(match[1]), float(match[2])))
    return Mask(tuple(found["s"]), tuple(found["hz"]))


def _inside(places: np.ndarray, areas: tuple[tuple[float, float], ...], fade: float) -> np.ndarray:
    """1 inside the areas, 0 outside, straight between over `fade` around their ends."""
    if not areas:
        return np.ones_like(places)
    depths = [np.minimum(places - low, high - places) for low, high in areas]
    return np.clip(np.max(depths, axis=0) / fade + 0.5, 0, 1)
