"""Between spectra and the levels of 32 overlapping bands: levels are optimised, gains on a spectrum sound."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spectro.stft import SpectrogramSetting

BANDS = 32
"""How many, at most."""
MIN_CENTRE_HZ = 40.0
"""Centre of the lowest band; the highest one's is half the sample rate."""
FLOOR = 10**-3.6
"""Power, beside white noise of the sound's loudness, below which bands count as silent: no gain is worked out from less."""
SETTING = SpectrogramSetting(n_fft=1_024, hop=256)
"""Of the analysis: short windows follow onsets; partials need no finer ones, as no gain tells them apart."""


@dataclass(frozen=True)
class Bands:
    """Triangles at equal distances on the mel axis, whose weights add up to 1 at every bin of a spectrum."""

    setting: SpectrogramSetting = SETTING
    count: int = BANDS

    @cached_property
    def weights(self) -> np.ndarray:
        """float32 (bands, rows); fewer than `count` where low ones would hold no bin."""
        mels = _mels(np.linspace(0, self.setting.rate / 2, self.setting.rows))
        centres = np.linspace(_mels(MIN_CENTRE_HZ), mels[-1], self.count)
        weights = np.maximum(0, 1 - np.abs(mels - centres[:, None]) / (centres[1] - centres[0]))
        weights[0, mels < centres[0]] = 1
        return weights[weights.any(axis=1)].astype(np.float32)

    def powers(self, spectrum: np.ndarray) -> np.ndarray:
        """Complex (channels, rows, columns) -> float32 (bands, columns): mean power of a band's bins, all channels."""
        power = np.mean(np.abs(spectrum) ** 2, axis=0)
        return (self.weights @ power / self.weights.sum(axis=1, keepdims=True)).astype(np.float32)

    def mean_power(self, powers: np.ndarray) -> float:
        """That of all bins and columns: what each band of white noise of the same loudness would have."""
        weights = self.weights.sum(axis=1) / self.weights.sum()
        return float(weights @ powers.mean(axis=1, dtype=np.float64))

    def spread(self, gains: np.ndarray) -> np.ndarray:
        """Gains of bands (bands, columns) -> of bins (rows, columns); natural logarithms of amplitude."""
        return self.weights.T @ gains


def levels(powers: np.ndarray, mean: float) -> np.ndarray:
    """Natural logarithms of powers relative to `mean`, not below that of FLOOR."""
    return np.log(powers / np.float32(mean) + np.float32(FLOOR))


def _mels(hertz: np.ndarray | float) -> np.ndarray | float:
    return 2595 * np.log10(1 + np.asarray(hertz) / 700)
