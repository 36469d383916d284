"""What transfers style: methods differ in how, and are used alike. Here that of networks that see pictures.

The style's statistics are taken once, over all of the style. The content is transferred in overlapping tiles of one clip
each, channel by channel, always against those statistics; optimised tiles are cross-faded into one endless picture, and the
picture becomes sound piece by piece. Memory holds a tile, whatever the lengths. The result has the content's channels and
loudness (RMS), its peaks limited where they would clip; its rate is the setting's (22,050 Hz for `lil_data`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import keras
import numpy as np

from spectro.stft import SpectrogramSetting
from transfer.style.features.extractor import Extractor
from transfer.style.gatys import OptimisedPicture
from transfer.style.optimise import Watch
from transfer.style.result import Preview, Result, assemble, blank
from transfer.style.settings import Settings
from transfer.style.sounds import CrossFade, Sound, Source, Tile, count_tiles, overlap_of, tiles

Allocate = Callable[[tuple[int, int]], np.ndarray]
"""Makes the float32 array (channels, samples) for a result; a memory-mapped file keeps memory constant."""


def in_memory(shape: tuple[int, int]) -> np.ndarray:
    """An `Allocate`."""
    return np.zeros(shape, np.float32)


class Method(Protocol):
    """One method serves any number of pairs; what depends on the style alone is worked out once, by `style_statistics`."""

    setting: SpectrogramSetting
    """How sounds are read: `Sound(path, method.setting)`."""
    settings: Settings

    def steps(self, content: Sound) -> int:
        """How often `watch` is called at most for this content."""

    def style_statistics(self, style: Sound) -> Any:
        """All that `transfer` is to know of a style."""

    def transfer(self, content: Sound, style: Any, *, seed: int, watch: Watch, allocate: Allocate) -> Result:
        """The style transferred onto the content; style: of `style_statistics`, the others as in `transfer_style`."""


@dataclass(frozen=True)
class Style:
    """What the method knows of a style; one style serves any number of contents."""

    sound: Sound
    statistics: dict[str, np.ndarray]
    """Of `Extractor.style_statistics`."""
    preview: Preview


class NetworkMethod:
    """An extractor and settings, compiled once, for any number of pairs."""

    def __init__(self, extractor: Extractor, settings: Settings) -> None:
        self.extractor, self.settings, self.setting = extractor, settings, extractor.setting
        self.model = OptimisedPicture(
            extractor.network,
            extractor.style_layers,
            extractor.content_layer,
            settings.content_weight,
            settings.style_weight,
            extractor.seen(),
        )
        self.model.compile(keras.optimizers.Adam(settings.step))

    def steps(self, content: Sound) -> int:
        """How often `watch` is called at most for this content."""
        return count_tiles(content) * content.channels * self.settings.iterations

    def style_statistics(self, style: Sound) -> Style:
        """All that is to be known of a style, in one pass over it."""
        preview = Preview()
        return Style(style, self.extractor.style_statistics(_pictures(style, preview)), preview)

    def transfer(
        self,
        content: Sound,
        style: Style,
        *,
        seed: int = 0,
        watch: Watch = lambda losses: False,
        allocate: Allocate = in_memory,
    ) -> Result:
        """Transfer a style onto a content; `seed`, `watch` and `allocate` as in `transfer_style`."""
        self.model.set_style(style.statistics)
        result = blank(content, style.sound, style.preview, allocate)
        runs = (
            (self.setting.to_magnitude(columns, content.loudest), spectrum, optimised)
            for columns, spectrum, optimised in self._runs(content, result, watch, np.random.default_rng(seed))
        )
        assemble(result, runs, self.settings, seed)
        return result

    def _runs(
        self, content: Sound, result: Result, watch: Watch, random: np.random.Generator
    ) -> Iterator[tuple[np.ndarray, np.ndarray, bool]]:
        """Runs of final columns: (picture, content's spectrum, whether any of it is optimised)."""
        overlap = overlap_of(content.setting)
        picture_fade, optimised_before = CrossFade(overlap), False
        spectrum_fade = CrossFade(overlap)  # where tiles overlap, their spectra are equal
        for tile in tiles(content.blocks(), content.setting, overlap):
            optimised = not result.interrupted
            pictures = self._optimised(tile, content, result, watch, random)[..., : tile.columns]
            columns, spectrum = picture_fade.add(pictures), spectrum_fade.add(tile.spectrum[..., : tile.columns])
            if columns.shape[-1]:
                yield columns, spectrum, optimised or optimised_before
            optimised_before = optimised
        yield picture_fade.finish(), spectrum_fade.finish(), optimised_before

    def _optimised(
        self, tile: Tile, content: Sound, result: Result, watch: Watch, random: np.random.Generator
    ) -> np.ndarray:
        """The tile's pictures (channels, rows, columns), optimised unless the transfer has been stopped."""
        pictures = content.setting.to_picture(np.abs(tile.spectrum), content.loudest)
        result.count_tile()
        for picture in pictures:
            if not result.interrupted:
                self.model.begin(picture, tile.fraction)
                if self.settings.start == "noise":
                    self.model.array.assign(random.random((1, *picture.shape, 1), np.float32))
                result.optimise(self.model, self.settings, watch)
                sounding = picture.any(axis=0)
                picture[:, sounding] = self.model.picture()[:, sounding]  # silence stays silence
        return pictures


def transfer_style(
    content: Source | Sound,
    style: Source | Sound,
    extractor: Extractor,
    settings: Settings,
    *,
    seed: int = 0,
    watch: Watch = lambda losses: False,
    allocate: Allocate = in_memory,
) -> Result:
    """Transfer the style of one sound onto another.

    content, style: files, arrays (channels, samples) at the extractor's rate, or what `Sound` made of them.
    watch: called after each iteration with its losses; returning True ends the optimisation: what is not reached yet stays
    the content, and the result says that it was interrupted.
    seed: of random phases and of a start from noise; the optimisation itself draws no random numbers.

        transfer_style("lofi.wav", "futurebass.wav", of_classifier(model), PRESETS["ours"]).sound

    InputError: a sound that cannot be read, or is silent.
    """
    content, style = (sound if isinstance(sound, Sound) else Sound(sound, extractor.setting) for sound in (content, style))
    method = NetworkMethod(extractor, settings)
    return method.transfer(content, method.style_statistics(style), seed=seed, watch=watch, allocate=allocate)


def _pictures(sound: Sound, preview: Preview) -> Iterator[tuple[np.ndarray, float]]:
    """All tiles of all channels of a sound as pictures, with the fraction of each that is sound."""
    for tile in tiles(sound.blocks(), sound.setting, overlap=0):
        pictures = sound.setting.to_picture(np.abs(tile.spectrum), sound.loudest)
        preview.add(pictures[..., : tile.columns])
        for picture in pictures:
            yield picture, tile.fraction
