"""Waveforms as Hilbert-curve pictures: neighbours in time are neighbours in the picture, and every sample has its pixel.

"Music generation using Deep Learning" fills 256 x 256 pictures along the curve. As required rather than as published: one
picture a channel instead of interleaved stereo, the last picture filled up and the length remembered, values rounded and
clipped instead of cut off.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from training.errors import InputError

MAX_SIDE = 1 << 12
"""Longest side of a picture: 16.8 million samples."""


@dataclass(frozen=True)
class HilbertSetting:
    """How samples become pictures along a curve, and back.

        setting = HilbertSetting(side=64)
        same = setting.decode(setting.encode(samples), len(samples))

    samples: int16 (length,); pictures: int16 (count, side, side).
    """

    side: int = 256
    """Rows and columns, a power of two; a picture holds side * side samples."""
    order: Literal["hilbert", "raster"] = "hilbert"
    """Along the curve, or row after row from the top, for comparison."""
    overlap: float = 0.0
    """Fraction of a picture that the next one repeats, 0 to 0.5; decoding fades from one into the other."""

    def __post_init__(self) -> None:
        if self.side < 2 or self.side > MAX_SIDE or self.side & (self.side - 1):
            raise InputError(f"the side must be a power of two from 2 to {MAX_SIDE}; received {self.side}")
        if not 0 <= self.overlap <= 0.5:
            raise InputError(f"the overlap must be from 0 to 0.5; received {self.overlap}")

    @property
    def samples(self) -> int:
        """Samples of a picture."""
        return self.side**2

    @property
    def fade(self) -> int:
        """Samples that a picture shares with the next one."""
        return round(self.overlap * self.samples)

    @property
    def places(self) -> np.ndarray:
        """(samples,) the flat place in a picture, row by row from the top, of every sample."""
        return _places(self.side, self.order)

    @property
    def times(self) -> np.ndarray:
        """(samples,) the sample at every flat place: the inverse of `places`."""
        return _times(self.side, self.order)

    def count(self, length: int) -> int:
        """Pictures that `length` samples take."""
        return max(1, -(-(length - self.fade) // (self.samples - self.fade)))

    def encode(self, signal: np.ndarray) -> np.ndarray:
        """int16 (samples,) -> int16 (count, side, side); the last picture is filled up with silence."""
        signal = np.asarray(signal)
        if signal.ndim != 1 or signal.dtype != np.int16 or not len(signal):
            raise InputError(f"expected int16 samples of one channel; received {signal.dtype} {signal.shape}")
        count, hop = self.count(len(signal)), self.samples - self.fade
        padded = np.zeros((count - 1) * hop + self.samples, np.int16)
        padded[: len(signal)] = signal
        windows = np.lib.stride_tricks.sliding_window_view(padded, self.samples)[::hop]
        return windows[:, self.times].reshape(count, self.side, self.side)

    def decode(self, pictures: np.ndarray, length: int | None = None) -> np.ndarray:
        """int16 (count, side, side) -> int16 (length,), the inverse of `encode`; without a length the padding stays."""
        pictures = np.asarray(pictures)
        if pictures.ndim != 3 or pictures.shape[1:] != (self.side, self.side) or pictures.dtype != np.int16:
            raise InputError(f"expected int16 (count, {self.side}, {self.side}); received {pictures.dtype} {pictures.shape}")
        windows = pictures.reshape(len(pictures), -1)[:, self.places]
        signal = windows.reshape(-1) if not self.fade else self._faded(windows)
        return signal if length is None else signal[:length]

    def _faded(self, windows: np.ndarray) -> np.ndarray:
        """Windows joined, each faded linearly into the next over the samples that both have."""
        fade, hop = self.fade, self.samples - self.fade
        out = np.empty((len(windows) - 1) * hop + self.samples, np.int16)
        up = (np.arange(fade) + 0.5) / fade
        for number, window in enumerate(windows):
            begin = number * hop
            if number:
                mixed = out[begin : begin + fade] * (1 - up) + window[:fade] * up
                out[begin : begin + fade] = np.rint(mixed)
                out[begin + fade : begin + self.samples] = window[fade:]
            else:
                out[: self.samples] = window
        return out


def to_unit(pictures: np.ndarray) -> np.ndarray:
    """int16 -> float32 in [0, 1): (s + 32768) / 65536."""
    return (pictures.astype(np.float32) + np.float32(32768)) * np.float32(1 / 65536)


def from_unit(values: np.ndarray) -> np.ndarray:
    """The inverse of `to_unit`: rounded, and clipped to int16 (an output of exactly 1 would overflow)."""
    return np.clip(np.rint(np.asarray(values, np.float64) * 65536 - 32768), -32768, 32767).astype(np.int16)


@lru_cache(maxsize=16)
def _places(side: int, order: str) -> np.ndarray:
    """(side * side,) the flat place in the picture, row by row from the top, of every sample."""
    if order == "raster":
        return np.arange(side * side)
    x, y = _curve(side)
    return (side - 1 - y) * side + x


@lru_cache(maxsize=16)
def _times(side: int, order: str) -> np.ndarray:
    """(side * side,) the sample at every flat place: the inverse of `_places`."""
    times = np.empty(side * side, np.int64)
    times[_places(side, order)] = np.arange(side * side)
    return times


def _curve(side: int) -> tuple[np.ndarray, np.ndarray]:
    """x to the right and y upwards of every step; from the bottom left corner to the bottom right one.

    Two binary digits of the step's number choose a quarter of the square at each level, from the smallest up; the first
    quarter's path is mirrored on the diagonal, the last one's on the other diagonal (Hilbert, 1891).
    """
    step = np.arange(side * side)
    x, y = np.zeros_like(step), np.zeros_like(step)
    half = 1
    while half < side:
        quarter = step & 3
        first, last = quarter == 0, quarter == 3
        x, y = (
            np.where(first, y, np.where(last, 2 * half - 1 - y, x + half * (quarter == 2))),
            np.where(first, x, np.where(last, half - 1 - x, y + half)),
        )
        step >>= 2
        half *= 2
    return x, y
