"""The last step of every track: tone, space, width, noise floor and loudness, from ranges that all genres share."""

from __future__ import annotations

import numpy as np

from spectro.demo import effects
from spectro.demo.score import RATE

FADE = 0.01
"""Seconds of fade at either end, so that a cut does not click."""


def master(mix: np.ndarray, rng: np.random.Generator, level_db: float = -14.0) -> np.ndarray:
    """Turn a raw mix (2, samples) into a finished track: float32, peak at most 0.95, mean 0.

    `level_db` is the genre's usual loudness in dB (RMS of full scale); a track lies within about 6 dB of it.
    """
    mix = mix / np.float32(max(effects.loudness(mix), 1e-9))
    mix = effects.tilt(mix, rng.normal(0, 2.5))
    if rng.random() < 0.35:
        mix = effects.reverb(mix, rng, rng.uniform(0.3, 1.4), rng.uniform(0.05, 0.25))
    if rng.random() < 0.15:
        mix = effects.filtered(mix, "lowpass", rng.uniform(4_500, 9_000))
    mix = effects.widen(mix, rng.uniform(0.2, 1.3))
    mix += 10 ** (rng.uniform(-66, -34) / 20) * rng.standard_normal(mix.shape, np.float32)
    gain = 10 ** ((level_db + np.clip(rng.normal(0, 3), -6, 6)) / 20)
    return _finish(effects.filtered(mix, "highpass", 24) * np.float32(gain))


def _finish(mix: np.ndarray) -> np.ndarray:
    """Limit, fade the ends and take out the mean."""
    fade = np.minimum(1, np.arange(1, mix.shape[-1] + 1, dtype=np.float32) / (FADE * RATE))
    mix = effects.limit(mix) * fade * fade[::-1]
    return (mix - mix.mean(-1, keepdims=True, dtype=np.float64)).astype(np.float32)
