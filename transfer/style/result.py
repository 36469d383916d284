"""What a transfer gives: painted columns become sound and pictures, at the content's loudness, without clipping."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from spectro.limiter import limit
from spectro.streaming import StreamingGriffinLim
from transfer.style.mask import Mask, blended
from transfer.style.overview import Overview
from transfer.style.settings import Recipe
from transfer.style.sounds import Sound

CEILING = 10 ** (-0.1 / 20)
"""Highest peak of a result: -0.1 dB of full scale."""
MOST_LIMITED = 10 ** (6 / 20)
"""How far above the ceiling peaks may be and are limited, 6 dB: limited farther, they would be heard to pump."""


@dataclass
class Result:
    """A finished, or interrupted, transfer."""

    sound: np.ndarray
    """float32 (channels, samples) at `rate`, what `allocate` gave."""
    rate: int
    content: Sound
    style: Sound
    pictures: dict[str, Overview]
    """Overviews of content, style and result."""
    histories: list[list[dict[str, float]]] = field(default_factory=list)
    """Losses by iteration (loss, content, style) of each painted tile and channel, in order."""
    tiles: int = 0
    painted_tiles: int = 0
    interrupted: bool = False
    inversion_error_db: float | None = None
    """None where the content's own phases are kept."""
    gain_db: float = 0.0
    """What the sound was multiplied with to have the content's loudness."""
    limited_db: float = 0.0
    """How far a limiter lowered the highest peak after that, lest it clips (0 or negative)."""

    @property
    def summary(self) -> str:
        """One line of facts."""
        error = "nothing to invert"
        if self.inversion_error_db is not None:
            error = f"inversion error {self.inversion_error_db:.1f} dB"
        painted = f"{self.painted_tiles} of {self.tiles} tiles painted"
        lowered = f", peaks limited by {-self.limited_db:.1f} dB" if self.limited_db < 0 else ""
        return f"{painted}, {error}{lowered}; {self.sound.shape[0]} channels at {self.rate} Hz"


def blank(
    content: Sound, style: Sound, style_picture: Overview, allocate: Callable[[tuple[int, int]], np.ndarray]
) -> Result:
    """A result of which nothing is painted yet."""
    pictures = {"content": Overview(), "style": style_picture, "result": Overview()}
    return Result(allocate((content.channels, content.samples)), content.setting.rate, content, style, pictures)


def assemble(result: Result, runs: Iterable[tuple[np.ndarray, np.ndarray, bool]], recipe: Recipe, seed: int) -> None:
    """Fill in sound and pictures of a result from runs of columns, as far as strength and mask let what is painted through.

    runs: (painted magnitude, the content's spectrum, whether phases have to be found; else they are the content's).
    """
    content, setting = result.content, result.content.setting
    stream = StreamingGriffinLim(
        setting,
        samples=content.samples,
        seed=seed,
        iterations=recipe.inversion_iterations,
        momentum=0 if recipe.phase == "content" else 0.99,
    )
    column = place = 0
    inverted = False
    for painted, spectrum, invert in runs:
        untouched = np.abs(spectrum)
        taken = recipe.style_strength * recipe.mask.weights(setting, column, untouched.shape[-1])
        magnitude = blended(untouched, painted, taken)
        result.pictures["content"].add(setting.to_picture(untouched, content.loudest))
        result.pictures["result"].add(setting.to_picture(magnitude, content.loudest))
        invert = bool(invert and taken.any())
        start = recipe.phase if invert and recipe.phase != "content" else np.angle(spectrum)
        samples = stream.add(magnitude, start, iterations=None if invert else 0)
        result.sound[:, place : place + samples.shape[1]] = samples
        column, place, inverted = column + untouched.shape[-1], place + samples.shape[1], inverted or invert
    result.inversion_error_db = stream.error_db if inverted else None
    _level(result, recipe)


def _level(result: Result, recipe: Recipe) -> None:
    """Give the result the content's loudness, in place and in blocks, and limit the peaks that would clip.

    A result whose peaks stand out so far that they would be limited by more than MOST_LIMITED is made less loud instead.
    With a mask peaks are limited and nothing else: what is outside stays as it is.
    """
    sound, content = result.sound, result.content
    size = content.setting.clip_samples
    parts = [sound[:, start : start + size] for start in range(0, sound.shape[1], size)]
    energy = sum(float(np.sum(np.square(part, dtype=np.float64))) for part in parts)
    if not energy:
        return
    peak = max(float(np.abs(part).max(initial=0)) for part in parts)
    gain = 1.0
    if recipe.mask == Mask():
        gain = min(content.rms / (energy / sound.size) ** 0.5, CEILING * MOST_LIMITED / peak)
    for part in parts:
        part *= np.float32(gain)
    result.gain_db = float(20 * np.log10(gain))
    result.limited_db = float(20 * np.log10(limit(sound, result.rate, CEILING)))
