"""The style's movement and the style's grains: texture's levels, laid on the content together with a mosaic of it.

Texture says how loud each band is to be, and when. What is made as loud is the content with texture's gains and, under it,
a mosaic of that by grains of the style: drums and instruments that the content has not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from transfer.style.methods import Allocate, in_memory
from transfer.style.mosaic.grains import Grains, grains_of
from transfer.style.mosaic.method import mosaic_of, runs_of
from transfer.style.optimise import Watch
from transfer.style.result import Result, assemble, blank
from transfer.style.settings import Settings
from transfer.style.sounds import Sound
from transfer.style.texture import method as texture
from transfer.style.texture.method import TextureMethod, TextureStyle, sounding

PRESETS = texture.PRESETS
UPDATES = 15
"""Of a tile's activations."""
SHARE = 0.5
"""Amplitude of the mosaic, relative to the content's."""


@dataclass(frozen=True)
class HybridStyle:
    """What the method knows of a style; one serves any number of contents."""

    texture: TextureStyle
    grains: Grains


class HybridMethod:
    """Settings, compiled once, for any number of pairs."""

    def __init__(self, settings: Settings) -> None:
        self.texture = TextureMethod(settings)
        self.settings, self.setting, self.steps = settings, self.texture.setting, self.texture.steps

    def style_statistics(self, style: Sound) -> HybridStyle:
        """Texture's, and its grains."""
        return HybridStyle(self.texture.style_statistics(style), grains_of(style))

    def transfer(
        self,
        content: Sound,
        style: HybridStyle,
        *,
        seed: int = 0,
        watch: Watch = lambda losses: False,
        allocate: Allocate = in_memory,
    ) -> Result:
        """Transfer a style onto a content; `watch` and `allocate` as in `transfer_style`, `seed` is not needed."""
        result = blank(content, style.texture.sound, style.texture.preview, allocate)

        def styled(spectrum: np.ndarray) -> np.ndarray:
            return self._styled(spectrum, style, watch, result)

        assemble(result, runs_of(content, styled), self.settings, seed)
        return result

    def _styled(self, spectrum: np.ndarray, style: HybridStyle, watch: Watch, result: Result) -> np.ndarray:
        """A tile's content and mosaic, at the levels wanted; as it is where nothing sounds, or after an interruption."""
        wanted = self.texture.wanted(spectrum, style.texture, watch, result)
        if wanted is None:
            return spectrum
        bands = self.texture.bands
        own = bands.applied(spectrum, bands.gains(spectrum, *wanted))
        both = own + SHARE * mosaic_of(own, style.grains, bands, UPDATES)
        both = bands.applied(both, bands.gains(both, *wanted))
        return np.where(sounding(spectrum, result.content.loudest), both, spectrum)  # silence stays silence


def open_method(settings: Settings, *, features: str, seed: int) -> tuple[HybridMethod, None]:
    """No seed is needed."""
    return HybridMethod(settings), None
