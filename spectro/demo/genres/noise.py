"""Noise, no music: coloured noise, wind, rain, surf, crackle, room hum, machines, one or two at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from spectro.demo import effects, textures
from spectro.demo.mastering import master

SOURCES = {
    "coloured": lambda rng, samples: textures.coloured(rng, samples, rng.uniform(-2.2, 0.5)),
    "wind": textures.wind,
    "rain": lambda rng, samples: textures.drops(rng, samples, rng.uniform(20, 400)),
    "surf": textures.waves,
    "crackle": lambda rng, samples: textures.crackle(rng, samples, rng.uniform(10, 300), rng.uniform(1_500, 8_000)),
    "hum": textures.hum,
    "machine": textures.machine,
}


def play(rng: np.random.Generator, samples: int) -> np.ndarray:
    """A finished piece of noise, float32 (2, samples)."""
    names = rng.choice(list(SOURCES), size=int(rng.integers(1, 3)), replace=False)
    mix = np.zeros((2, samples), np.float32)
    for name, gain in zip(names, (1.0, rng.uniform(0.2, 0.8)), strict=False):
        effects.add(mix, _scene(rng, samples, SOURCES[name]), 0, gain, rng.uniform(-0.4, 0.4))
    return master(mix, rng, -20)


def _scene(rng: np.random.Generator, samples: int, source: Callable) -> np.ndarray:
    """One source recorded by two microphones, (2, samples), slowly coming and going, RMS 1."""
    here, there = source(rng, samples), source(rng, samples)
    mixed = np.stack([here, here + rng.uniform(0, 1) * there])
    mixed *= 1 - rng.uniform(0, 0.8) * textures.drift(rng, samples, rng.uniform(1.5, 6))
    return mixed / np.float32(max(effects.loudness(mixed), 1e-9))
