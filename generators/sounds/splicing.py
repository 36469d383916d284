"""A recording that goes on by copies of itself: what comes is what stood a lag before, joined where waveforms agree.

Copying at a lag that may be shorter than the copy is that of Ziv and Lempel, "A universal algorithm for sequential data
compression", 1977; the search for the place where waveforms agree is that of Verhelst and Roelands, "An overlap-add
technique based on waveform similarity (WSOLA)", ICASSP 1993.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import correlate

FADE_SECONDS = 0.04
"""Of a cross-fade, which ends at the joint."""
MATCHED_SECONDS = (FADE_SECONDS, 1.0)
"""Before a joint, within which waveforms should agree: the short one tells phases, the long one the beat."""
SILENT = 1e-12
"""Energy or peak below which there is nothing to be compared."""


class Splicer:
    """Sound (channels, samples) at `rate` Hz that goes on; no more of it is kept than was given.

    What comes out begins `fade` samples before the end of what was given, since the first joint changes these.
    """

    def __init__(self, sound: np.ndarray, rate: int) -> None:
        self.sound, self.rate, self.fade = sound, rate, fade_samples(rate)

    def copy(self, lag: int, samples: int, slack: int = 0) -> np.ndarray:
        """Go on for so many samples with what stood about `lag` samples before; what is settled then: (channels, samples).

        slack: samples by which the lag may be longer or shorter, so that waveforms agree; the whole copy then has that lag.
        """
        lag, room = self.aligned(lag, slack)[0], self.sound.shape[1]
        new = np.concatenate([self.sound, np.empty((len(self.sound), samples), self.sound.dtype)], axis=1)
        new[:, room - self.fade : room] = self._faded(lag)
        for place in range(room, room + samples, lag):
            end = min(place + lag, room + samples)
            new[:, place:end] = new[:, place - lag : end - lag]
        self.sound = new[:, samples:]
        return new[:, room - self.fade : room + samples - self.fade]

    def rest(self) -> np.ndarray:
        """What comes after the last copy, where there is no other: (channels, fade)."""
        return self.sound[:, -self.fade :]

    def aligned(self, lag: int, slack: int) -> tuple[int, float]:
        """The lag within `slack` of the given one at which the sound before the joint is most alike, and how much.

        That is the normalised cross-correlation of all channels together, over each of MATCHED_SECONDS, their mean.
        """
        room = self.sound.shape[1]
        longest = min(lag + slack, room - self.fade)
        shortest = min(max(lag - slack, self.fade), longest)
        total = np.zeros(longest - shortest + 1)
        for seconds in MATCHED_SECONDS:
            size = min(round(seconds * self.rate), room - longest)
            before = self.sound[:, room - longest - size : room - shortest].astype(np.float64)
            total += normalised_correlation(before, self.sound[:, room - size :].astype(np.float64))
        best = int(np.argmax(total))
        return longest - best, float(total[best]) / len(MATCHED_SECONDS)

    def _faded(self, lag: int) -> np.ndarray:
        """The last `fade` samples, which turn into those a lag before; levels stay, whether or not the two are alike.

        Of sounds with correlation r, mixed by a and b, the power is a^2 + b^2 + 2 r a b. No peak gets higher.
        """
        room = self.sound.shape[1]
        old = self.sound[:, room - self.fade :]
        new = self.sound[:, room - self.fade - lag : room - lag]
        rising = (np.arange(self.fade) + 0.5) / self.fade
        energy = np.sqrt(np.sum(np.square(old, dtype=np.float64)) * np.sum(np.square(new, dtype=np.float64)))
        alike = np.sum(old.astype(np.float64) * new) / energy if energy > SILENT else 1.0
        power = rising**2 + (1 - rising) ** 2 + 2 * max(0.0, alike) * rising * (1 - rising)
        mixed = ((1 - rising) * old + rising * new) / np.sqrt(power)
        allowed = max(np.abs(old).max(), np.abs(new).max())
        return (mixed * min(1.0, allowed / max(np.abs(mixed).max(), SILENT))).astype(self.sound.dtype)


def fade_samples(rate: int) -> int:
    """Length of a cross-fade at `rate` Hz."""
    return max(1, round(FADE_SECONDS * rate))


def normalised_correlation(long: np.ndarray, short: np.ndarray) -> np.ndarray:
    """Cosine of `short` (channels, n) and each stretch of `long` (channels, n + places - 1): (places,); 0 for silence."""
    products = sum(correlate(one, other, mode="valid", method="fft") for one, other in zip(long, short, strict=True))
    power = np.cumsum(np.pad(np.square(long).sum(axis=0), (1, 0)))
    energy = np.maximum(power[short.shape[1] :] - power[: -short.shape[1]], 0) * np.square(short).sum()
    return np.where(energy > SILENT, products / np.sqrt(np.maximum(energy, SILENT)), 0.0)
