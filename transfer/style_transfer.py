"""The style of one sound painted onto another: sounds of any length in, a sound of the content's length out.

The style's statistic is taken once, over all of the style. The content is painted in overlapping tiles of one clip each,
channel by channel, always against that statistic; painted tiles are cross-faded into one endless picture, and the picture
becomes sound piece by piece. Memory holds a tile, whatever the lengths. The result has the content's channels and loudness
(RMS), its peaks limited where they would clip; its rate is the setting's (22,050 Hz for `lil_data`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import keras
import numpy as np

from spectro.limiter import limit
from transfer.extractor import Extractor
from transfer.lbfgs import paint_lbfgs
from transfer.overview import Overview
from transfer.painting import Painting, Watch
from transfer.rebuild import Rebuilder
from transfer.recipe import Recipe
from transfer.sound import Sound, Source
from transfer.tiles import CrossFade, Tile, overlap_of, tiles

CEILING = 10 ** (-0.1 / 20)
"""Highest peak of a result: -0.1 dB of full scale."""


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
    gain_db: float = 0.0
    """What the sound was multiplied with to have the content's loudness."""
    limited_db: float = 0.0
    """How far a limiter lowered the highest peak after that, lest it clips (0 or negative)."""

    @property
    def summary(self) -> str:
        """One line of facts."""
        error = "inverted exactly"
        if self.inversion_error_db is not None:
            error = f"inversion error {self.inversion_error_db:.1f} dB"
        painted = f"{self.painted_tiles} of {self.tiles} tiles painted"
        lowered = f", peaks limited by {-self.limited_db:.1f} dB" if self.limited_db < 0 else ""
        return f"{painted}, {error}{lowered}; {self.sound.shape[0]} channels at {self.rate} Hz"


def count_tiles(content: Sound) -> int:
    """Tiles that the content is painted in; each is painted once for each channel."""
    setting = content.setting
    step = setting.columns - overlap_of(setting)
    return max(1, -(-(setting.frames(content.samples) - overlap_of(setting)) // step))


def transfer_style(
    content: Source | Sound,
    style: Source | Sound,
    extractor: Extractor,
    recipe: Recipe,
    *,
    seed: int = 0,
    watch: Watch = lambda losses: False,
    allocate: Callable[[tuple[int, int]], np.ndarray] = lambda shape: np.zeros(shape, np.float32),
) -> Result:
    """Paint the style of one sound onto another.

    content, style: files, arrays (channels, samples) at the extractor's rate, or what `Sound` made of them.
    watch: called after each iteration with its losses; returning True ends the painting: what is not painted yet stays
    the content, and the result says that it was interrupted.
    allocate: makes the float32 array (channels, samples) for the result; a memory-mapped file keeps memory constant.
    seed: of random phases; painting itself draws no random numbers.
    InputError: a sound that cannot be read, or is silent.
    """
    content, style = (sound if isinstance(sound, Sound) else Sound(sound, extractor.setting) for sound in (content, style))
    setting = extractor.setting
    result = Result(
        allocate((content.channels, content.samples)),
        setting.rate,
        content,
        style,
        {name: Overview() for name in ("content", "style", "result")},
    )
    painting = Painting(
        extractor.network,
        extractor.style_layers,
        extractor.content_layer,
        recipe.content_weight,
        recipe.style_weight,
        extractor.seen(),
    )
    painting.compile(keras.optimizers.Adam(recipe.step))
    painting.set_style(extractor.style_of(_pictures(style, result.pictures["style"])))
    rebuilder = Rebuilder(setting, content.samples, recipe, seed)
    place = 0
    for columns, spectrum, painted in _painted(content, painting, recipe, watch, result):
        result.pictures["content"].add(setting.to_picture(np.abs(spectrum), content.loudest))
        result.pictures["result"].add(columns)
        samples = rebuilder.add(setting.to_magnitude(columns, content.loudest), spectrum, painted)
        result.sound[:, place : place + samples.shape[1]] = samples
        place += samples.shape[1]
    result.inversion_error_db = rebuilder.error_db
    _level(result)
    return result


def _pictures(sound: Sound, overview: Overview) -> Iterator[tuple[np.ndarray, float]]:
    """All tiles of all channels of a sound as pictures, with the share of each that is sound."""
    for tile in tiles(sound.blocks(), sound.setting, overlap=0):
        pictures = sound.setting.to_picture(np.abs(tile.spectrum), sound.loudest)
        overview.add(pictures[..., : tile.columns])
        for picture in pictures:
            yield picture, tile.share


def _painted(
    content: Sound, painting: Painting, recipe: Recipe, watch: Watch, result: Result
) -> Iterator[tuple[np.ndarray, np.ndarray, bool]]:
    """Runs of final columns: (picture, content's spectrum, whether any of it is painted)."""
    picture_fade, painted_before = CrossFade(overlap_of(content.setting)), False
    spectrum_fade = CrossFade(overlap_of(content.setting))  # where tiles overlap, their spectra are equal
    for tile in tiles(content.blocks(), content.setting, overlap_of(content.setting)):
        painted = not result.interrupted
        pictures = _paint(tile, content, painting, recipe, watch, result)[..., : tile.columns]
        columns, spectrum = picture_fade.add(pictures), spectrum_fade.add(tile.spectrum[..., : tile.columns])
        if columns.shape[-1]:
            yield columns, spectrum, painted or painted_before
        painted_before = painted
    yield picture_fade.finish(), spectrum_fade.finish(), painted_before


def _paint(tile: Tile, content: Sound, painting: Painting, recipe: Recipe, watch: Watch, result: Result) -> np.ndarray:
    """The tile's pictures (channels, rows, columns), painted unless the painting has been stopped."""

    def attend(losses: dict[str, float]) -> bool:
        result.interrupted = watch(losses)
        return result.interrupted

    pictures = content.setting.to_picture(np.abs(tile.spectrum), content.loudest)
    result.tiles += 1
    result.painted_tiles += not result.interrupted
    for picture in pictures:
        if not result.interrupted:
            painting.begin(picture, tile.share)
            paint = painting.paint if recipe.optimizer == "adam" else lambda *given: paint_lbfgs(painting, *given)
            result.histories.append(paint(recipe.iterations, attend))
            sounding = picture.any(axis=0)
            picture[:, sounding] = painting.painted()[:, sounding]  # silence stays silence
    return pictures


def _level(result: Result) -> None:
    """Give the result the content's loudness, in place and in blocks, and limit the peaks that would clip."""
    sound, content = result.sound, result.content
    size = content.setting.clip_samples
    parts = [sound[:, start : start + size] for start in range(0, sound.shape[1], size)]
    energy = sum(float(np.sum(np.square(part, dtype=np.float64))) for part in parts)
    if not energy:
        return
    gain = content.rms / (energy / sound.size) ** 0.5
    for part in parts:
        part *= np.float32(gain)
    result.gain_db = float(20 * np.log10(gain))
    result.limited_db = float(20 * np.log10(limit(sound, result.rate, CEILING)))
