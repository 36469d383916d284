"""Between spectra and the levels of 32 overlapping bands: levels are optimised, gains on a spectrum sound."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spectro.stft import SpectrogramSetting
from spectro.streaming import edge

BANDS = 32
"""How many, at most."""
MIN_CENTRE_HZ = 40.0
"""Centre of the lowest band; the highest one's is half the sample rate."""
FLOOR = 10**-3.6
"""Power, beside white noise of the sound's loudness, below which bands count as silent: no gain is worked out from less."""
EMPTY = 1e-8
"""Fraction of the power of white noise, -80 dB, below which a band has nothing to equalise."""
CORRECTIONS = 6
"""Times that gains are corrected by what comes out of them: windows overlap, and bands do, so that one gain moves others."""
CORRECTION = 0.7
"""Fraction of what is missing that one adds."""
MAX_LOG_GAIN = np.log(10.0) * 6
"""Natural logarithm of the largest gain of an amplitude, 120 dB."""
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

    def equalising(self, powers: np.ndarray, style: np.ndarray) -> np.ndarray:
        """Factors (bands, 1) of powers (bands, columns) after which the means are the style's.

        style: (bands, 1) its mean powers, relative to its `mean_power`.
        """
        mean = self.mean_power(powers)
        return style * mean / np.maximum(powers.mean(axis=1, keepdims=True), EMPTY * mean)

    def spread(self, gains: np.ndarray) -> np.ndarray:
        """Gains of bands (bands, columns) -> of bins (rows, columns); natural logarithms of amplitude."""
        return self.weights.T @ gains

    def applied(self, spectrum: np.ndarray, gains: np.ndarray) -> np.ndarray:
        """A spectrum (channels, rows, columns) with gains of bands (bands, columns)."""
        return spectrum * np.exp(self.spread(gains))

    def gains(self, spectrum: np.ndarray, wanted: np.ndarray, mean: float) -> np.ndarray:
        """Gains (bands, columns) after which a spectrum's sound, analysed again, has the `levels` wanted.

        mean: power that these are relative to. Beyond the ends of a spectrum its sound is not known: no correction there.
        """
        gains = (wanted - levels(self.powers(spectrum), mean)) / 2
        inside = slice(edge(self.setting), -edge(self.setting))
        for _ in range(CORRECTIONS):
            sound = self.setting.synthesise(self.applied(spectrum, np.clip(gains, -MAX_LOG_GAIN, MAX_LOG_GAIN)))
            found = levels(self.powers(self.setting.analyse(sound)), mean)
            gains[:, inside] += CORRECTION * (wanted - found)[:, inside] / 2
        return np.clip(gains, -MAX_LOG_GAIN, MAX_LOG_GAIN)


def levels(powers: np.ndarray, mean: float) -> np.ndarray:
    """Natural logarithms of powers relative to `mean`, not below that of FLOOR."""
    return np.log(powers / np.float32(mean) + np.float32(FLOOR))


def _mels(hertz: np.ndarray | float) -> np.ndarray | float:
    return 2595 * np.log10(1 + np.asarray(hertz) / 700)
