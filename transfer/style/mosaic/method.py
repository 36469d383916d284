"""The content played by grains of the style, whatever the lengths of both.

A tile's magnitude, its bands equalised to the style's, is made of the style's grains, as it is and transposed. They keep
their phases, so that there is nothing to invert; of the content itself nothing is heard, but when and how high. Channels
share the grains, each as loud in every band as its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from transfer.style.methods import Allocate, in_memory
from transfer.style.mosaic.activations import activations
from transfer.style.mosaic.grains import Grains, grains_of
from transfer.style.optimise import Watch
from transfer.style.result import Preview, Result, assemble, blank
from transfer.style.settings import Settings
from transfer.style.sounds import CrossFade, Sound, count_tiles, overlap_of, tiles
from transfer.style.texture.bands import SETTING, Bands

PRESETS = {name: Settings(iterations=count) for name, count in {"paper": 20, "ours": 15, "quick": 3}.items()}
"""Of the settings only iterations, strength and mask are for a mosaic."""


@dataclass(frozen=True)
class MosaicStyle:
    """What the method knows of a style; one serves any number of contents."""

    sound: Sound
    grains: Grains
    powers: np.ndarray
    """(bands, 1): of the bands, relative to white noise of the style's loudness."""
    preview: Preview


class MosaicMethod:
    """Settings, for any number of pairs."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.setting, self.bands = settings, SETTING, Bands()

    def steps(self, content: Sound) -> int:
        """How often `watch` is called at most for this content."""
        return count_tiles(content) * self.settings.iterations

    def style_statistics(self, style: Sound) -> MosaicStyle:
        """Its grains, the mean powers of its bands, and what reports show of it."""
        preview, parts = Preview(), []
        for tile in tiles(style.blocks(), self.setting, overlap=0):
            spectrum = tile.spectrum[..., : tile.columns]
            preview.add(self.setting.to_picture(np.abs(spectrum), style.loudest))
            parts.append(self.bands.powers(spectrum))
        powers = np.concatenate(parts, axis=1)
        mean = powers.mean(axis=1, keepdims=True) / self.bands.mean_power(powers)
        return MosaicStyle(style, grains_of(style), mean, preview)

    def transfer(
        self,
        content: Sound,
        style: MosaicStyle,
        *,
        seed: int = 0,
        watch: Watch = lambda losses: False,
        allocate: Allocate = in_memory,
    ) -> Result:
        """Transfer a style onto a content; `watch` and `allocate` as in `transfer_style`, `seed` is not needed."""
        result = blank(content, style.sound, style.preview, allocate)

        def styled(spectrum: np.ndarray) -> np.ndarray:
            return self._styled(spectrum, style, watch, result)

        assemble(result, runs_of(content, styled), self.settings, seed)
        return result

    def _styled(self, spectrum: np.ndarray, style: MosaicStyle, watch: Watch, result: Result) -> np.ndarray:
        """A tile's mosaic; once the transfer is interrupted, the tile as it is."""
        result.count_tile()
        powers = self.bands.powers(spectrum)
        if result.interrupted or not powers.any():
            return spectrum
        history: list[dict[str, float]] = []

        def watched(divergence: float) -> bool:
            history.append({"loss": divergence, "content": divergence, "style": 0.0})
            result.interrupted = watch(history[-1])
            return result.interrupted

        gains = np.log(self.bands.equalising(powers, style.powers)) / 2
        mosaic = mosaic_of(self.bands.applied(spectrum, gains), style.grains, self.bands, self.settings.iterations, watched)
        result.histories.append(history)
        return mosaic


def mosaic_of(
    spectrum: np.ndarray, grains: Grains, bands: Bands, iterations: int, watch: Callable[[float], bool] = lambda loss: False
) -> np.ndarray:
    """Grains that make a spectrum (channels, rows, columns), complex64 of its shape and power; `watch`: of `activations`."""
    magnitude = np.sqrt(np.mean(np.abs(spectrum) ** 2, axis=0))
    found = grains.spectrum @ activations(magnitude, grains.magnitude, grains.follows, iterations, watch)
    shared = bands.powers(spectrum)
    panned = [np.sqrt(bands.powers(channel[None]) / np.maximum(shared, np.finfo(np.float32).tiny)) for channel in spectrum]
    mosaic = found * np.stack([bands.spread(pan) for pan in panned])
    power = np.mean(np.abs(mosaic) ** 2)
    return mosaic * np.sqrt(np.mean(magnitude**2) / power) if power else mosaic


def runs_of(content: Sound, styled: Callable[[np.ndarray], np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray, bool]]:
    """Runs of final columns for `assemble`; styled: a tile's spectrum (channels, rows, columns) -> the one to be heard."""
    overlap = overlap_of(content.setting)
    styled_fade, spectrum_fade = CrossFade(overlap), CrossFade(overlap)  # where tiles overlap, the content's are equal
    for tile in tiles(content.blocks(), content.setting, overlap):
        spectrum = tile.spectrum[..., : tile.columns]
        columns, untouched = styled_fade.add(styled(spectrum)), spectrum_fade.add(spectrum)
        if columns.shape[-1]:
            yield columns, untouched, False
    yield styled_fade.finish(), spectrum_fade.finish(), False


def open_method(settings: Settings, *, features: str, seed: int) -> tuple[MosaicMethod, None]:
    """No seed is needed."""
    return MosaicMethod(settings), None
