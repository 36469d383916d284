"""Short-time Fourier analysis, its exact inverse, and the decibel picture of its magnitude, as one frozen setting.

A setting owns every number that a picture needs to become sound again; no other file knows a size or a range.
The analysis equals `librosa.stft(center=True, pad_mode="constant")` and its inverse is the least-squares one
(Griffin and Lim, "Signal estimation from modified short-time Fourier transform", 1984, equation 6).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import scipy.fft

from training.errors import InputError


@dataclass(frozen=True)
class SpectrogramSetting:
    """What makes a spectrogram picture and unmakes it.

        setting = SpectrogramSetting(rate=16_000, n_fft=512, hop=128)
        picture = setting.to_picture(np.abs(setting.analyse(sound)))  # (rows, frames) in [0, 1]

    The defaults are the preset `lil_data` (631 x 631).
    """

    rate: int = 22_050
    """Sample rate in Hz."""
    n_fft: int = 1_260
    """Samples in a window; the picture has n_fft // 2 + 1 rows, lowest frequency first."""
    hop: int = 175
    """Samples from one column to the next."""
    window: str = "hann"
    """Window by its SciPy name, periodic."""
    floor_db: float = -80.0
    """Level in dB, relative to the reference, that is picture value 0; anything below it is silence."""
    reference: Literal["file", "clip", "absolute"] = "file"
    """What picture value 1 means: the loudest bin of the file, of the clip, or full scale (a sine of amplitude 1)."""
    seconds: float = 5.0
    """Length of one clip in seconds."""

    def __post_init__(self) -> None:
        if self.rate <= 0 or self.hop <= 0 or self.n_fft < 2 or self.seconds <= 0:
            raise InputError(f"rate, hop, n_fft and seconds must be positive (n_fft at least 2); received {self}")
        if self.hop > self.n_fft // 2:
            raise InputError(f"hop must be at most n_fft // 2 = {self.n_fft // 2}, or samples are lost; received {self.hop}")
        if self.floor_db >= 0:
            raise InputError(f"floor_db is a level below the reference, so negative (usual: -80); received {self.floor_db}")
        if self.reference not in ("file", "clip", "absolute"):
            raise InputError(f"reference must be file, clip or absolute; received {self.reference!r}")

    @property
    def rows(self) -> int:
        """Frequency bins of a picture."""
        return self.n_fft // 2 + 1

    @property
    def clip_samples(self) -> int:
        """Samples of one clip."""
        return round(self.seconds * self.rate)

    @property
    def columns(self) -> int:
        """Frames of one clip."""
        return self.frames(self.clip_samples)

    @property
    def full_scale(self) -> float:
        """Magnitude of a sine of amplitude 1 at a bin's centre."""
        return float(self.window_array().sum() / 2)

    def frames(self, samples: int) -> int:
        """Frames that `samples` samples give: frame t is centred at sample t * hop."""
        return 1 + samples // self.hop

    def samples(self, frames: int) -> int:
        """The shortest signal that gives `frames` frames."""
        return (frames - 1) * self.hop

    def window_array(self) -> np.ndarray:
        """The analysis window, float32 (n_fft,)."""
        return _window(self.window, self.n_fft)

    def analyse(self, signal: np.ndarray) -> np.ndarray:
        """Complex spectrum of real signals: (..., samples) -> complex64 (..., rows, frames).

        The signal is padded with n_fft // 2 zeros at both ends so that frame t is centred at sample t * hop.
        """
        signal = np.asarray(signal, np.float32)
        pad = self.n_fft // 2
        padded = np.pad(signal, [(0, 0)] * (signal.ndim - 1) + [(pad, self.n_fft - pad)])
        windows = np.lib.stride_tricks.sliding_window_view(padded, self.n_fft, axis=-1)
        frames = windows[..., : self.frames(signal.shape[-1]) * self.hop : self.hop, :] * self.window_array()
        return np.swapaxes(scipy.fft.rfft(frames, axis=-1, overwrite_x=True), -1, -2)

    def synthesise(self, spectrum: np.ndarray, length: int | None = None) -> np.ndarray:
        """Least-squares inverse: complex (..., rows, frames) -> float32 (..., length).

        `length` in samples; by default the shortest signal with these frames. Exact for any spectrum that `analyse`
        made (with hop = n_fft // 2, up to the last samples, over which the last window vanishes).
        """
        frames = scipy.fft.irfft(np.swapaxes(spectrum, -1, -2), self.n_fft, axis=-1) * self.window_array()
        length = self.samples(frames.shape[-2]) if length is None else length
        signal = overlap_add(frames, self.hop) * self.inverse_weight(frames.shape[-2])
        signal = signal[..., self.n_fft // 2 : self.n_fft // 2 + length]
        missing = length - signal.shape[-1]
        return np.pad(signal, [(0, 0)] * (signal.ndim - 1) + [(0, missing)]).astype(np.float32, copy=False)

    def inverse_weight(self, frames: int) -> np.ndarray:
        """What makes overlapped, twice windowed frames a signal again: float32 (n_fft + (frames - 1) * hop,).

        One over the sum of the squared windows, and 0 at the ends where the windows vanish.
        """
        square = np.broadcast_to(self.window_array() ** 2, (frames, self.n_fft))
        weight = overlap_add(square, self.hop)
        return np.divide(1, weight, out=np.zeros_like(weight), where=weight >= 1e-8)

    def checked(self, magnitude: np.ndarray) -> np.ndarray:
        """The magnitude as float32 (..., rows, frames); InputError unless finite, not negative and of this setting."""
        magnitude = np.asarray(magnitude)
        if magnitude.ndim < 2 or magnitude.shape[-2] != self.rows or magnitude.shape[-1] < 1:
            raise InputError(
                f"a magnitude must be (..., {self.rows} rows, frames) for n_fft {self.n_fft}; received shape "
                f"{magnitude.shape}: it was probably made with another setting, or is transposed"
            )
        if np.iscomplexobj(magnitude):
            raise InputError("a magnitude must be real; received complex numbers: take their absolute value")
        lowest, highest = np.min(magnitude, initial=0), np.max(magnitude, initial=0)
        if not (lowest >= 0 and highest <= np.finfo(np.float32).max):
            raise InputError(
                "a magnitude must be finite and not negative; received values from "
                f"{lowest} to {highest}: is it in decibels, or was the sound damaged?"
            )
        return magnitude.astype(np.float32, copy=False)

    def reference_of(self, magnitude: np.ndarray) -> float:
        """The magnitude that becomes picture value 1: full scale if absolute, else the maximum of what is given."""
        if self.reference == "absolute":
            return self.full_scale
        return float(np.max(magnitude, initial=0.0))

    def to_picture(self, magnitude: np.ndarray, reference: float | None = None) -> np.ndarray:
        """Magnitude -> picture, float32 in [0, 1]: level in dB against `reference`, 0 at the floor, 1 at the reference.

        Digital silence (reference 0) is all 0, never noise stretched to full contrast.
        """
        reference = self.reference_of(magnitude) if reference is None else reference
        if reference <= 0:
            return np.zeros(np.shape(magnitude), np.float32)
        lowest = 10 ** (self.floor_db / 20)
        relative = np.maximum(np.asarray(magnitude, np.float32) / np.float32(reference), np.float32(lowest))
        return np.clip(1 - (20 / self.floor_db) * np.log10(relative), 0, 1).astype(np.float32)

    def to_magnitude(self, picture: np.ndarray, reference: float) -> np.ndarray:
        """Picture -> magnitude, float32: the inverse of `to_picture`; picture value 0 is silence."""
        picture = np.asarray(picture, np.float32)
        level = 10 ** ((1 - picture) * np.float32(self.floor_db / 20))
        return np.where(picture > 0, level * np.float32(reference), 0).astype(np.float32)


def overlap_add(frames: np.ndarray, hop: int) -> np.ndarray:
    """Sum of frames, each `hop` samples after the one before: (..., frames, n) -> (..., n + (frames - 1) * hop).

    Frames are cut in pieces of one hop, so that a piece of all of them is added at once.
    """
    count, size = frames.shape[-2:]
    pieces = -(-size // hop)
    total = np.zeros((*frames.shape[:-2], count + pieces - 1, hop), frames.dtype)
    for i in range(pieces):
        piece = frames[..., i * hop : (i + 1) * hop]
        total[..., i : i + count, : piece.shape[-1]] += piece
    return total.reshape(*frames.shape[:-2], -1)[..., : size + (count - 1) * hop]


@lru_cache(maxsize=16)
def _window(name: str, n_fft: int) -> np.ndarray:
    from scipy.signal import get_window  # half a second, which a command that only names settings need not wait for

    try:
        window = get_window(name, n_fft, fftbins=True).astype(np.float32)
    except ValueError:
        raise InputError(
            f"window must be a name that scipy.signal.get_window knows, such as hann; received {name!r}"
        ) from None
    window.flags.writeable = False
    return window


SETTINGS = {
    "lil_data": SpectrogramSetting(),
    "musicnn": SpectrogramSetting(rate=16_000, n_fft=512, hop=256),
    "quick": SpectrogramSetting(rate=8_000, n_fft=128, hop=64, floor_db=-60.0, seconds=0.5),
}
"""Named settings. `lil_data`: 631 rows x 631 columns for 5 s, the founding paper's picture; `musicnn`: 257 x 313, what the
networks of musicnn have seen; `quick`: 65 x 63, for tests."""
