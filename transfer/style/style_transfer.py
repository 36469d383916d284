"""The style of one sound painted onto another: sounds of any length in, a sound of the content's length out.

The style's statistic is taken once, over all of the style. The content is painted in overlapping tiles of one clip each,
channel by channel, always against that statistic; painted tiles are cross-faded into one endless picture, and the picture
becomes sound piece by piece. Memory holds a tile, whatever the lengths. The result has the content's channels and loudness
(RMS), its peaks limited where they would clip; its rate is the setting's (22,050 Hz for `lil_data`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import keras
import numpy as np

from transfer.style.features.extractor import Extractor
from transfer.style.gatys import Painting
from transfer.style.lbfgs import paint_lbfgs
from transfer.style.optimise import Watch
from transfer.style.overview import Overview
from transfer.style.result import Result, assemble, blank
from transfer.style.settings import Recipe
from transfer.style.sounds import Sound, Source
from transfer.style.tiles import CrossFade, Tile, overlap_of, tiles


def count_tiles(content: Sound) -> int:
    """Tiles that the content is painted in; each is painted once for each channel."""
    setting = content.setting
    step = setting.columns - overlap_of(setting)
    return max(1, -(-(setting.frames(content.samples) - overlap_of(setting)) // step))


@dataclass(frozen=True)
class Style:
    """What a painter knows of a style; one style serves any number of contents."""

    sound: Sound
    statistic: dict[str, np.ndarray]
    """Of `Extractor.style_of`."""
    picture: Overview


class Painter:
    """An extractor and a recipe, compiled once, that paint any number of pairs."""

    def __init__(self, extractor: Extractor, recipe: Recipe) -> None:
        self.extractor, self.recipe, self.setting = extractor, recipe, extractor.setting
        self.painting = Painting(
            extractor.network,
            extractor.style_layers,
            extractor.content_layer,
            recipe.content_weight,
            recipe.style_weight,
            extractor.seen(),
        )
        self.painting.compile(keras.optimizers.Adam(recipe.step))

    def steps(self, content: Sound) -> int:
        """How often `watch` is called at most for this content."""
        return count_tiles(content) * content.channels * self.recipe.iterations

    def study(self, style: Sound) -> Style:
        """All that is to be known of a style, in one pass over it."""
        picture = Overview()
        return Style(style, self.extractor.style_of(_pictures(style, picture)), picture)

    def transfer(
        self,
        content: Sound,
        style: Style,
        *,
        seed: int = 0,
        watch: Watch = lambda losses: False,
        allocate: Callable[[tuple[int, int]], np.ndarray] = lambda shape: np.zeros(shape, np.float32),
    ) -> Result:
        """Paint a style onto a content; `seed`, `watch` and `allocate` as in `transfer_style`."""
        self.painting.set_style(style.statistic)
        result = blank(content, style.sound, style.picture, allocate)
        work = _Work(self.painting, self.recipe, watch, result, np.random.default_rng(seed))
        runs = (
            (self.setting.to_magnitude(columns, content.loudest), spectrum, painted)
            for columns, spectrum, painted in _painted(content, work)
        )
        assemble(result, runs, self.recipe, seed)
        return result


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
    seed: of random phases and of a start from noise; painting itself draws no random numbers.
    InputError: a sound that cannot be read, or is silent.
    """
    content, style = (sound if isinstance(sound, Sound) else Sound(sound, extractor.setting) for sound in (content, style))
    painter = Painter(extractor, recipe)
    return painter.transfer(content, painter.study(style), seed=seed, watch=watch, allocate=allocate)


@dataclass(frozen=True)
class _Work:
    """One pair in progress."""

    painting: Painting
    recipe: Recipe
    watch: Watch
    result: Result
    random: np.random.Generator


def _pictures(sound: Sound, overview: Overview) -> Iterator[tuple[np.ndarray, float]]:
    """All tiles of all channels of a sound as pictures, with the share of each that is sound."""
    for tile in tiles(sound.blocks(), sound.setting, overlap=0):
        pictures = sound.setting.to_picture(np.abs(tile.spectrum), sound.loudest)
        overview.add(pictures[..., : tile.columns])
        for picture in pictures:
            yield picture, tile.share


def _painted(content: Sound, work: _Work) -> Iterator[tuple[np.ndarray, np.ndarray, bool]]:
    """Runs of final columns: (picture, content's spectrum, whether any of it is painted)."""
    picture_fade, painted_before = CrossFade(overlap_of(content.setting)), False
    spectrum_fade = CrossFade(overlap_of(content.setting))  # where tiles overlap, their spectra are equal
    for tile in tiles(content.blocks(), content.setting, overlap_of(content.setting)):
        painted = not work.result.interrupted
        pictures = _paint(tile, content, work)[..., : tile.columns]
        columns, spectrum = picture_fade.add(pictures), spectrum_fade.add(tile.spectrum[..., : tile.columns])
        if columns.shape[-1]:
            yield columns, spectrum, painted or painted_before
        painted_before = painted
    yield picture_fade.finish(), spectrum_fade.finish(), painted_before


def _paint(tile: Tile, content: Sound, work: _Work) -> np.ndarray:
    """The tile's pictures (channels, rows, columns), painted unless the painting has been stopped."""
    result, painting = work.result, work.painting

    def attend(losses: dict[str, float]) -> bool:
        result.interrupted = work.watch(losses)
        return result.interrupted

    pictures = content.setting.to_picture(np.abs(tile.spectrum), content.loudest)
    result.tiles += 1
    result.painted_tiles += not result.interrupted
    for picture in pictures:
        if not result.interrupted:
            painting.begin(picture, tile.share)
            if work.recipe.start == "noise":
                painting.picture.assign(work.random.random((1, *picture.shape, 1), np.float32))
            paint = painting.paint if work.recipe.optimizer == "adam" else lambda *given: paint_lbfgs(painting, *given)
            result.histories.append(paint(work.recipe.iterations, attend))
            sounding = picture.any(axis=0)
            picture[:, sounding] = painting.painted()[:, sounding]  # silence stays silence
    return pictures
