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
    """Sound (channels, samples) at `rate` Hz that goes on from its end with parts of itself, never with what was added.

    What comes out begins `fade` samples before the end, since the first joint changes these.
    """

    def __init__(self, sound: np.ndarray, rate: int) -> None:
        self.sound, self.rate, self.fade = sound, rate, fade_samples(rate)
        self.end = self.place = sound.shape[1]
        self.added = 0
        self.last = sound[:, -self.fade :]

    def copy(self, lag: int, samples: int, slack: int = 0) -> np.ndarray:
        """Go on for so many samples with what stood about `lag` samples before; what is settled then: (channels, samples).

        A lag that is shorter than the time since the end was left is taken as often as it needs to reach what was there; so
        it is whenever the copy comes to the end. slack: samples by which a lag may be longer or shorter, so that waveforms
        agree; the whole copy then has that lag, but never one that is longer than the sound less `fade`.
        """
        times = self.added // lag + 1
        wanted = self.end + self.added - times * lag
        start = self.aligned(wanted, min(times * slack, lag // 2))[0]
        lag += round((wanted - start) / times)
        pieces = []
        while samples:
            self.last = self._faded(start)
            self.place = start
            pieces.append(self._flow(samples))
            samples -= pieces[-1].shape[1]
            start = max(self.end - lag, self.fade)
        return np.concatenate(pieces, axis=1)

    def to_end(self, samples: int) -> np.ndarray:
        """Go on without a joint to the end, or for so many samples; from there a copy is as if nothing had been added."""
        settled = self._flow(samples)
        self.added = 0
        return settled

    def aligned(self, start: int, slack: int) -> tuple[int, float]:
        """The place within `slack` of the given one before which the sound is most like what was last, and how much.

        That is the normalised cross-correlation of all channels together, over each of MATCHED_SECONDS, their mean.
        """
        first = max(start - slack, self.fade)
        final = max(min(start + slack, self.end - 1), first)
        total = np.zeros(final - first + 1)
        for seconds in MATCHED_SECONDS:
            size = min(round(seconds * self.rate), first, self.place)
            before = self.sound[:, first - size : final].astype(np.float64)
            total += normalised_correlation(before, self.sound[:, self.place - size : self.place].astype(np.float64))
        best = int(np.argmax(total))
        return first + best, float(total[best]) / len(MATCHED_SECONDS)

    def _flow(self, samples: int) -> np.ndarray:
        """The next samples, so many or as many as there are to the end, without a joint; what is settled then."""
        new = self.sound[:, self.place : self.place + samples]
        self.place, self.added = self.place + new.shape[1], self.added + new.shape[1]
        both = np.concatenate([self.last, new], axis=1)
        self.last = both[:, new.shape[1] :]
        return both[:, : new.shape[1]]

    def _faded(self, start: int) -> np.ndarray:
        """What came last, turned into what stands before `start`; levels stay, whether or not the two are alike.

        Of sounds with correlation r, mixed by a and b, the power is a^2 + b^2 + 2 r a b. No channel's peak gets higher.
        """
        old, new = self.last, self.sound[:, start - self.fade : start]
        rising = (np.arange(self.fade) + 0.5) / self.fade
        energy = np.sqrt(np.sum(np.square(old, dtype=np.float64)) * np.sum(np.square(new, dtype=np.float64)))
        alike = np.sum(old.astype(np.float64) * new) / energy if energy > SILENT else 1.0
        power = rising**2 + (1 - rising) ** 2 + 2 * max(0.0, alike) * rising * (1 - rising)
        mixed = ((1 - rising) * old + rising * new) / np.sqrt(power)
        found, allowed = (np.maximum(_peaks(*sounds), SILENT) for sounds in ((mixed,), (old, new)))
        return (mixed * min(1.0, (allowed / found).min())).astype(self.sound.dtype)


def _peaks(*sounds: np.ndarray) -> np.ndarray:
    """(channels,): of all sounds (channels, samples) together."""
    return np.max([np.abs(each).max(axis=1) for each in sounds], axis=0)


def fade_samples(rate: int) -> int:
    """Length of a cross-fade at `rate` Hz."""
    return max(1, round(FADE_SECONDS * rate))


def normalised_correlation(long: np.ndarray, short: np.ndarray) -> np.ndarray:
    """Cosine of `short` (channels, n) and each stretch of `long` (channels, n + places - 1): (places,); 0 for silence."""
    products = sum(correlate(one, other, mode="valid", method="fft") for one, other in zip(long, short, strict=True))
    power = np.cumsum(np.pad(np.square(long).sum(axis=0), (1, 0)))
    energy = np.maximum(power[short.shape[1] :] - power[: -short.shape[1]], 0) * np.square(short).sum()
    return np.where(energy > SILENT, products / np.sqrt(np.maximum(energy, SILENT)), 0.0)
