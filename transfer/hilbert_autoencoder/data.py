"""Recordings as windows that an autoencoder of waveforms trains on, and the augmentation of their timbre.

A model that gives the clean sound back learns to undo the augmentation, which takes nothing from any other instrument: each
window gets colours of its own, a tilt, broad and narrow bumps of its spectrum, overtones by a mild bend of the waveform, a
swell; its level stays.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from spectro.clips import SUFFIXES, Clips
from spectro.demo import demo_folder
from spectro.hilbert import to_unit
from training.corpora.batches import Batches
from training.corpora.corpus import Corpus
from training.corpora.user_cache import open_corpus

TILT, BROAD, NARROW = 4.0, 6.0, 3.0
"""dB: an octave's tilt, bumps an octave wide, bumps of NARROW_HZ: standard deviations at strength 1."""
NARROW_HZ = 60.0
BEND, SWELL = 0.5, 3.0
"""Largest fraction of the squared and cubed waveform; dB of the swell, standard deviation."""
OCTAVES = 10
"""Below half the sample rate."""


def open_windows(data: str | os.PathLike | None, rate: int, samples: int, cache: Path | None = None) -> Corpus:
    """The corpus of mono windows of `samples` at `rate` Hz of `data` (folder, CSV or corpus); None is the demo music."""
    seconds = samples / rate
    clips = Clips(rate, seconds, shortest=min(Clips.shortest, seconds))
    return open_corpus(data or demo_folder(cache), clips, SUFFIXES, cache)


def batches(
    corpus: Corpus, indices: np.ndarray, batch_size: int, *, seed: int = 0, augmentation: float = 0.0, shuffle: bool = True
) -> Batches:
    """Batches of (windows, windows), float32 in [0, 1); augmentation: strength of that of the first ones' timbre."""
    rate = corpus.manifest["facts"]["rate"]

    def pairs(windows: np.ndarray, targets: None, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        if not augmentation:
            return windows, windows
        return (with_other_timbre(2 * windows - 1, rate, generator, augmentation) + 1) / 2, windows

    return Batches(corpus, indices, batch_size, seed=seed, to_model=to_unit, transform=pairs, shuffle=shuffle)


def with_other_timbre(windows: np.ndarray, rate: int, generator: np.random.Generator, strength: float = 1.0) -> np.ndarray:
    """float32 (count, samples) in [-1, 1] -> the same, each with a timbre of its own; RMS as it was, then clipped."""
    count, samples = windows.shape
    sound = _bent(windows, generator, strength)
    gain = _gain(samples, rate, count, generator) * strength
    sound = np.fft.irfft(np.fft.rfft(sound) * 10 ** (gain / 20), samples)
    sound *= 10 ** (strength * SWELL / 20 * _smooth(6, samples, count, generator))
    level = np.sqrt((windows.astype(np.float64) ** 2).mean(axis=1) / np.maximum((sound**2).mean(axis=1), 1e-12))
    return np.clip(sound * level[:, None], -1, 1).astype(np.float32)


def _bent(windows: np.ndarray, generator: np.random.Generator, strength: float) -> np.ndarray:
    """Some of the square and the cube added, of the waveform as loud as its peak."""
    peak = np.maximum(np.abs(windows).max(axis=1, keepdims=True), 1e-4)
    unit = windows / peak
    square, cube = strength * BEND * generator.uniform(-1, 1, (2, len(windows), 1))
    bent = unit + square * (unit**2 - (unit**2).mean(axis=1, keepdims=True)) + cube * unit**3
    return peak * bent


def _gain(samples: int, rate: int, count: int, generator: np.random.Generator) -> np.ndarray:
    """dB of every frequency of an FFT, (count, samples // 2 + 1)."""
    frequencies = np.arange(samples // 2 + 1) * rate / samples
    octaves = np.log2(np.maximum(frequencies, rate / 2 / 2**OCTAVES) / (rate / 2))  # -OCTAVES to 0
    tilt = TILT * generator.standard_normal((count, 1)) * (octaves + OCTAVES / 2)
    knots = BROAD * generator.standard_normal((count, OCTAVES + 1))
    broad = np.stack([np.interp(octaves, np.arange(-OCTAVES, 1), row) for row in knots])
    size = generator.uniform(0, 1, (count, 1))
    narrow = NARROW * size * _smooth(max(2, round(rate / 2 / NARROW_HZ)), len(frequencies), count, generator)
    return np.clip(tilt + broad + narrow, -40, 40)


def _smooth(knots: int, length: int, count: int, generator: np.random.Generator) -> np.ndarray:
    """(count, length) of straight lines between random heights of standard deviation 1."""
    places = np.linspace(0, knots - 1, length)
    return np.stack([np.interp(places, np.arange(knots), row) for row in generator.standard_normal((count, knots))])
