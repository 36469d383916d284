"""Artifacts of a transfer, in neither the content nor the style: a buzz, a hiss, the ring of an inversion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.errors import InputError
from transfer.scores.baselines import equalised
from transfer.scores.prepare import MIN_SECONDS, RATE, fitted, levelled

WINDOW, HOP = 2048, 512
MIN_HZ, MAX_HZ = 50.0, 10_000.0
"""Frequencies between which is looked."""
STEADY_PERCENTILE = 10
"""Over time, of a frequency's power: what counts as there all the time."""
FLOOR = 1e-3
"""Of the mean of a spectrum: what its empty frequencies are taken for, so that one of them does not make flatness 0."""
MIN_LEVEL_DB = -60.0
"""Less than this, relative to the result, is nothing."""


@dataclass(frozen=True)
class Artifacts:
    """Of one result; None: there are none. Flatness: 0.001 a few lines (buzz, whistle) ... 1 white (hiss).

    What is added is the excess, frequency by frequency, of the result's power over the largest of the content's, the
    equalised content's and the style's. The mean over time sees all that is there; the lowest tenth sees what never stops,
    as a buzz or a hiss does and music does not (of a hiss, which moves, it sees 10 dB less). Limits: what is added below
    the level of content or style at its frequency is masked by them; in a sound of a few seconds some of the music does not
    stop; and of two sounds laid over each other, each fills the other's pauses.
    """

    level_db: float | None
    """Power of what was added, the mean over time, relative to the result's."""
    flatness: float | None
    """Spectral flatness of it: geometric over arithmetic mean, from MIN_HZ to MAX_HZ Hz."""
    steady_db: float | None
    """Power of what was added and never stops, relative to the result's."""
    steady_flatness: float | None
    """Its spectral flatness."""


def artifacts(content: np.ndarray, style: np.ndarray, result: np.ndarray) -> Artifacts:
    """Compare sounds (samples,) or (channels, samples) at RATE, of any level; the style is repeated or cut.

    InputError: a silent or empty sound, a content shorter than MIN_SECONDS.
    """
    content, result = levelled(content, "the content"), levelled(result, "the result")
    if len(content) < MIN_SECONDS * RATE:
        raise InputError(f"the content lasts {len(content) / RATE:.2f} s; it must be {MIN_SECONDS:g} s or more")
    style = levelled(fitted(levelled(style, "the style"), len(content)), "the style")
    known = [_power(sound) for sound in (content, levelled(equalised(content, style), "equalised"), style)]
    power = _power(result)
    loudness = power.mean(axis=1).sum()
    mean = _excess([values.mean(axis=1) for values in known], power.mean(axis=1))
    steady = _excess([_steady(values) for values in known], _steady(power))
    return Artifacts(*_level_and_flatness(mean, loudness), *_level_and_flatness(steady, loudness))


def _power(sound: np.ndarray) -> np.ndarray:
    """(frequencies, frames), of whole windows only: at the ends nothing is steady."""
    from spectro.libraries import librosa

    sound = np.pad(sound, (0, max(0, WINDOW - len(sound))))
    power = np.abs(librosa.stft(sound, n_fft=WINDOW, hop_length=HOP, center=False)) ** 2
    hertz = np.linspace(0, RATE / 2, len(power))
    return power[(hertz >= MIN_HZ) & (hertz <= MAX_HZ)]


def _steady(power: np.ndarray) -> np.ndarray:
    return np.percentile(power, STEADY_PERCENTILE, axis=1)


def _excess(known: list[np.ndarray], found: np.ndarray) -> np.ndarray:
    return np.maximum(found - np.max(known, axis=0), 0)


def _level_and_flatness(spectrum: np.ndarray, loudness: float) -> tuple[float | None, float | None]:
    """Level in dB and flatness of a spectrum of power."""
    level = 10 * np.log10(spectrum.sum() / loudness) if spectrum.any() else -np.inf
    if level < MIN_LEVEL_DB:
        return None, None
    filled = spectrum / spectrum.mean() + FLOOR
    return float(level), float(np.exp(np.log(filled).mean()) / filled.mean())
