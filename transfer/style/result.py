"""What a transfer gives: optimised columns become sound and previews, at the content's loudness, without clipping."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from spectro.limiter import limit
from spectro.streaming import StreamingGriffinLim
from transfer.style.optimise import OptimisedArray, Watch
from transfer.style.settings import Mask, Settings, blended
from transfer.style.sounds import Sound

CEILING = 10 ** (-0.1 / 20)
"""Highest peak of a result: -0.1 dB of full scale."""
MAX_LIMITED = 10 ** (6 / 20)
"""How far above the ceiling peaks may be and are limited, 6 dB: limited farther, the sound would pump."""
MAX_COLUMNS = 2_048
"""Of a preview."""


class Preview:
    """A picture of any length in MAX_COLUMNS at most, for reports; columns in by `add`.

    Each column of `picture` is the loudest of `pooled` ones, and of all channels.
    """

    def __init__(self) -> None:
        self.pooled = 1
        self.columns = 0
        self._columns: np.ndarray | None = None

    def add(self, pictures: np.ndarray) -> None:
        """Append columns (channels, rows, n) in [0, 1]."""
        if self._columns is None:
            self._columns = np.zeros((pictures.shape[1], MAX_COLUMNS), np.float32)
        while self.columns + pictures.shape[-1] > MAX_COLUMNS * self.pooled:
            halved = self._columns.reshape(len(self._columns), -1, 2).max(axis=2)
            self._columns = np.pad(halved, [(0, 0), (0, MAX_COLUMNS - halved.shape[1])])
            self.pooled *= 2
        places = (self.columns + np.arange(pictures.shape[-1])) // self.pooled
        np.maximum.at(self._columns, (slice(None), places), pictures.max(axis=0))
        self.columns += pictures.shape[-1]

    @property
    def picture(self) -> np.ndarray:
        """float32 (rows, at most MAX_COLUMNS columns)."""
        return self._columns[:, : -(-self.columns // self.pooled)]


@dataclass
class Result:
    """A finished, or interrupted, transfer."""

    sound: np.ndarray
    """float32 (channels, samples) at `rate`, what `allocate` gave."""
    rate: int
    content: Sound
    style: Sound
    previews: dict[str, Preview]
    """Of content, style and result."""
    histories: list[list[dict[str, float]]] = field(default_factory=list)
    """Losses by iteration (loss, content, style) of each optimised tile and channel, in order."""
    tiles: int = 0
    optimised_tiles: int = 0
    interrupted: bool = False
    inversion_error_db: float | None = None
    """None where the content's own phases are kept."""
    gain_db: float = 0.0
    """What the sound was multiplied with to have the content's loudness."""
    limited_db: float = 0.0
    """How far a limiter lowered the highest peak after that, so that it does not clip (0 or negative)."""

    @property
    def summary(self) -> str:
        """One line of facts."""
        error = "nothing to invert"
        if self.inversion_error_db is not None:
            error = f"inversion error {self.inversion_error_db:.1f} dB"
        done = f"{self.optimised_tiles} of {self.tiles} tiles optimised"
        lowered = f", peaks limited by {-self.limited_db:.1f} dB" if self.limited_db < 0 else ""
        return f"{done}, {error}{lowered}; {self.sound.shape[0]} channels at {self.rate} Hz"

    def count_tile(self) -> None:
        """Count a tile, which is optimised unless the transfer has been interrupted."""
        self.tiles += 1
        self.optimised_tiles += not self.interrupted

    def optimise(self, model: OptimisedArray, settings: Settings, watch: Watch) -> None:
        """Optimise the array of a tile, or of a channel of it; keep its losses, and whether `watch` interrupted."""

        def watched(losses: dict[str, float]) -> bool:
            self.interrupted = watch(losses)
            return self.interrupted

        self.histories.append(model.optimise(settings.iterations, watched, settings.optimizer))


def blank(content: Sound, style: Sound, style_preview: Preview, allocate: Callable[[tuple[int, int]], np.ndarray]) -> Result:
    """A result of which nothing is there yet."""
    previews = {"content": Preview(), "style": style_preview, "result": Preview()}
    return Result(allocate((content.channels, content.samples)), content.setting.rate, content, style, previews)


def assemble(result: Result, runs: Iterable[tuple[np.ndarray, np.ndarray, bool]], settings: Settings, seed: int) -> None:
    """Fill in sound and previews of a result from runs of columns, as far as strength and mask let the style through.

    runs: (styled, the content's spectrum, whether phases have to be found). styled: a magnitude, which else has the
    content's phases, or a spectrum with phases of its own, which the content fades into.
    """
    content, setting = result.content, result.content.setting
    stream = StreamingGriffinLim(
        setting,
        samples=content.samples,
        seed=seed,
        iterations=settings.inversion_iterations,
        momentum=0 if settings.phase == "content" else 0.99,
    )
    column = place = 0
    inverted = False
    for styled, spectrum, invert in runs:
        untouched = np.abs(spectrum)
        taken = settings.style_strength * settings.mask.weights(setting, column, untouched.shape[-1])
        if np.iscomplexobj(styled):
            spectrum = spectrum + taken * (styled - spectrum)
            magnitude = np.abs(spectrum)
        else:
            magnitude = blended(untouched, styled, taken)
        result.previews["content"].add(setting.to_picture(untouched, content.loudest))
        result.previews["result"].add(setting.to_picture(magnitude, content.loudest))
        invert = bool(invert and taken.any())
        start = settings.phase if invert and settings.phase != "content" else np.angle(spectrum)
        samples = stream.add(magnitude, start, iterations=None if invert else 0)
        result.sound[:, place : place + samples.shape[1]] = samples
        column, place, inverted = column + untouched.shape[-1], place + samples.shape[1], inverted or invert
    result.inversion_error_db = stream.error_db if inverted else None
    _level(result, settings)


def _level(result: Result, settings: Settings) -> None:
    """Give the result the content's loudness, in place and in blocks, and limit the peaks that would clip.

    A result whose peaks stand out so far that they would be limited by more than MAX_LIMITED is made less loud instead.
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
    if settings.mask == Mask():
        gain = min(content.rms / (energy / sound.size) ** 0.5, CEILING * MAX_LIMITED / peak)
    for part in parts:
        part *= np.float32(gain)
    result.gain_db = float(20 * np.log10(gain))
    result.limited_db = float(20 * np.log10(limit(sound, result.rate, CEILING)))
