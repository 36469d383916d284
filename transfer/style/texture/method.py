"""The texture of one sound transferred onto another of any length, as gains that change with time and frequency.

The content is transferred in overlapping tiles of one clip each, always against the statistics of the whole style. What
is optimised are the levels of bands; the difference from the content's is a gain, laid on the content's spectrum. Its phase
and its partials stay, so there is nothing to invert, nothing out of tune, and at strength 0 the content itself; what the
content does not have at all, no gain brings (`transfer.style.mosaic.hybrid` adds it). All channels get the same gains: a
stereo image stays where it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import keras
import numpy as np

from transfer.style.methods import Allocate, in_memory
from transfer.style.optimise import Watch
from transfer.style.result import Preview, Result, assemble, blank
from transfer.style.settings import Settings
from transfer.style.sounds import CrossFade, Sound, Tile, count_tiles, overlap_of, tiles
from transfer.style.texture.bands import SETTING, Bands, levels
from transfer.style.texture.optimised_levels import OptimisedLevels

OURS = Settings(0.3, 1.0, 200, optimizer="lbfgs")
PRESETS = {"paper": OURS, "ours": OURS, "quick": replace(OURS, iterations=5)}
"""Features that no paper has: `paper` and `ours` are one."""

SILENCE = 10 ** (SETTING.floor_db / 20)
"""Columns with no magnitude above this fraction of their sound's loudest, -80 dB, are silence."""


@dataclass(frozen=True)
class TextureStyle:
    """What the method knows of a style; one serves any number of contents."""

    sound: Sound
    statistics: dict[str, np.ndarray]
    powers: np.ndarray
    """(bands, 1): of the bands, relative to white noise of the style's loudness."""
    preview: Preview


class TextureMethod:
    """Settings, compiled once, for any number of pairs."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.setting, self.bands = settings, SETTING, Bands()
        self.model = OptimisedLevels(
            len(self.bands.weights),
            self.setting.columns,
            self.setting.rate / self.setting.hop,
            settings.content_weight,
            settings.style_weight,
        )
        self.model.compile(keras.optimizers.Adam(settings.step))

    def steps(self, content: Sound) -> int:
        """How often `watch` is called at most for this content."""
        return count_tiles(content) * self.settings.iterations

    def style_statistics(self, style: Sound) -> TextureStyle:
        """The mean of the statistics of clips that cover the style; a style shorter than a clip is repeated.

        Tiles in which nothing sounds are left out: a pause before or after the music is no style.
        """
        preview, parts = Preview(), []
        for tile in tiles(style.blocks(), self.setting, overlap=0):
            spectrum = tile.spectrum[..., : tile.columns]
            preview.add(self.setting.to_picture(np.abs(spectrum), style.loudest))
            if sounding(spectrum, style.loudest).any():
                parts.append(self.bands.powers(spectrum))
        powers = np.concatenate(parts, axis=1)
        mean = self.bands.mean_power(powers)
        found = [self.model.statistics_of(clip) for clip in _clips(levels(powers, mean), self.setting.columns)]
        statistics = {name: np.mean([each[name] for each in found], axis=0) for name in found[0]}
        return TextureStyle(style, statistics, powers.mean(axis=1, keepdims=True) / mean, preview)

    def transfer(
        self,
        content: Sound,
        style: TextureStyle,
        *,
        seed: int = 0,
        watch: Watch = lambda losses: False,
        allocate: Allocate = in_memory,
    ) -> Result:
        """Transfer a style onto a content; `watch` and `allocate` as in `transfer_style`, `seed` is not needed."""
        result = blank(content, style.sound, style.preview, allocate)
        runs = (
            (self.bands.applied(np.abs(spectrum), gains), spectrum, False)
            for gains, spectrum in self._gains(content, style, watch, result)
        )
        assemble(result, runs, self.settings, seed)
        return result

    def _gains(
        self, content: Sound, style: TextureStyle, watch: Watch, result: Result
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Runs of final columns: (gains of bands, content's spectrum)."""
        overlap = overlap_of(self.setting)
        gain_fade, spectrum_fade = CrossFade(overlap), CrossFade(overlap)  # where tiles overlap, their spectra are equal
        for tile in tiles(content.blocks(), self.setting, overlap):
            gains = self._optimised(tile, style, watch, result)
            columns, spectrum = gain_fade.add(gains), spectrum_fade.add(tile.spectrum[..., : tile.columns])
            if columns.shape[-1]:
                yield columns, spectrum
        yield gain_fade.finish(), spectrum_fade.finish()

    def _optimised(self, tile: Tile, style: TextureStyle, watch: Watch, result: Result) -> np.ndarray:
        """Gains (bands, columns of the tile that are sound), natural logarithms of amplitude."""
        spectrum = tile.spectrum[..., : tile.columns]
        wanted = self.wanted(spectrum, style, watch, result)
        if wanted is None:
            return np.zeros((len(self.bands.weights), tile.columns), np.float32)
        gains = self.bands.gains(spectrum, *wanted)
        return gains * sounding(spectrum, result.content.loudest)  # silence stays silence: its noise gets no gain

    def wanted(
        self, spectrum: np.ndarray, style: TextureStyle, watch: Watch, result: Result
    ) -> tuple[np.ndarray, float] | None:
        """The levels that a tile's spectrum is to get, and the mean power that they are relative to.

        None: it stays as it is, since nothing sounds or the transfer has been interrupted.
        """
        result.count_tile()
        if result.interrupted or not sounding(spectrum, result.content.loudest).any():
            return None
        powers = self.bands.powers(spectrum)
        mean = self.bands.mean_power(powers)
        equalised = powers * self.bands.equalising(powers, style.powers)
        content, start = (_filled(levels(each, mean), self.setting.columns) for each in (powers, equalised))
        self.model.begin(content, start, style.statistics)
        result.optimise(self.model, self.settings, watch)
        return self.model.levels()[:, : spectrum.shape[-1]], mean


def sounding(spectrum: np.ndarray, loudest: float) -> np.ndarray:
    """Whether each column is more than silence, bool (columns,)."""
    return (np.abs(spectrum) > loudest * SILENCE).any(axis=(0, 1))


def _clips(frames: np.ndarray, columns: int) -> list[np.ndarray]:
    """(bands, any) -> clips (bands, columns), as few as cover all of it, at equal distances."""
    if frames.shape[1] <= columns:
        return [_filled(frames, columns)]
    starts = np.linspace(0, frames.shape[1] - columns, -(-frames.shape[1] // columns)).round().astype(int)
    return [frames[:, start : start + columns] for start in starts]


def _filled(frames: np.ndarray, columns: int) -> np.ndarray:
    """(bands, any) repeated until it has `columns` columns."""
    return np.take(frames, np.arange(columns) % frames.shape[1], axis=1)


def open_method(settings: Settings, *, features: str, seed: int) -> tuple[TextureMethod, None]:
    """No seed is needed."""
    return TextureMethod(settings), None
