"""Drums: functions of a generator that return one hit, float32 (samples,), peak about 1."""

from __future__ import annotations

import numpy as np

from spectro.demo.effects import filtered, saturate
from spectro.demo.oscillators import decay, hertz, oscillate
from spectro.demo.score import RATE


def noise(rng: np.random.Generator, seconds: float) -> np.ndarray:
    """White noise of standard deviation 0.4."""
    return 0.4 * rng.standard_normal(int(seconds * RATE), np.float32)


def kick(rng: np.random.Generator, base: float = 50.0, punch: float = 180.0, length: float = 0.16) -> np.ndarray:
    """A sine that falls from base + punch to base Hz, dying in `length` seconds, with a click."""
    samples = int(min(4 * length, 0.6) * RATE)
    fall = base + punch * decay(samples, rng.uniform(0.018, 0.035), 1e-4)
    click = filtered(noise(rng, 0.01), "highpass", 2_000)
    body = oscillate("sine", fall, samples) * decay(samples, length, 0.001)
    body[: len(click)] += rng.uniform(0.1, 0.6) * click * decay(len(click), 0.003, 1e-4)
    return saturate(body, rng.uniform(1.0, 2.5))


def hard_kick(rng: np.random.Generator, note: float, drive: float) -> np.ndarray:
    """The distorted kick of hardstyle: a punch, then a tail on a pitch, driven until it is nearly a square."""
    samples = int(rng.uniform(0.30, 0.36) * RATE)
    fall = hertz(note) * (1 + rng.uniform(4, 8) * decay(samples, 0.02, 1e-4))
    body = saturate(oscillate("sine", fall, samples), drive) * decay(samples, rng.uniform(0.25, 0.5), 0.001)
    crunch = filtered(saturate(body, drive), "bandpass", (rng.uniform(250, 600), rng.uniform(2_500, 6_000)))
    return saturate(body + rng.uniform(0.5, 1.3) * crunch, 1.5)


def snare(rng: np.random.Generator, tone: float = 190.0, length: float = 0.12, bright: float = 7_000) -> np.ndarray:
    """Two sines at `tone` Hz under a burst of noise up to `bright` Hz."""
    rattle = filtered(noise(rng, 4 * length), "bandpass", (rng.uniform(500, 1_500), bright))
    samples = len(rattle)
    bend = tone * (1 + 0.5 * decay(samples, 0.01, 1e-4))
    shell = (oscillate("sine", bend, samples) + 0.5 * oscillate("sine", 1.6 * bend, samples)) * decay(samples, 0.06)
    return saturate(0.6 * shell + 1.8 * rattle * decay(samples, length, 0.001), 1.2)


def clap(rng: np.random.Generator, length: float = 0.10) -> np.ndarray:
    """Four bursts of noise about 10 ms apart, the last one ringing on."""
    burst = filtered(noise(rng, 4 * length + 0.04), "bandpass", (rng.uniform(800, 1_200), rng.uniform(3_000, 7_000)))
    samples, out = len(burst), np.zeros(len(burst), np.float32)
    for start in np.cumsum(rng.uniform(0.007, 0.013, 3)):
        out[int(start * RATE) :] += 0.6 * decay(samples - int(start * RATE), 0.005, 5e-4)
    out[int(0.032 * RATE) :] += decay(samples - int(0.032 * RATE), length, 5e-4)
    return saturate(2.2 * burst * out, 1.2)


def hat(rng: np.random.Generator, length: float = 0.03, cutoff: float = 6_500) -> np.ndarray:
    """Hi-hat: high noise with a little metal in it; 0.02 to 0.05 s is closed, 0.1 to 0.3 s open."""
    samples = int(4.5 * length * RATE)
    metal = sum(oscillate("square", f, samples, rng.random()) for f in rng.uniform(2_500, 6_000, 4))
    mixed = noise(rng, 4.5 * length)[:samples] + rng.uniform(0.02, 0.12) * metal
    return 1.6 * filtered(mixed, "highpass", cutoff, order=3) * decay(samples, length, 5e-4)


def rim(rng: np.random.Generator) -> np.ndarray:
    """A short wooden click."""
    samples = int(0.06 * RATE)
    wood = oscillate("triangle", rng.uniform(450, 900), samples) + oscillate("sine", rng.uniform(1_400, 1_900), samples)
    return 0.6 * wood * decay(samples, 0.012, 5e-4)


def shaker(rng: np.random.Generator) -> np.ndarray:
    """A soft rise and fall of high noise."""
    grains = filtered(noise(rng, 0.09), "bandpass", (4_000, 9_000))
    return 1.5 * grains * np.hanning(len(grains)).astype(np.float32)


def crash(rng: np.random.Generator, length: float = 0.7) -> np.ndarray:
    """A cymbal: bright noise that dies slowly."""
    wash = filtered(noise(rng, 3 * length), "highpass", rng.uniform(2_500, 4_500))
    return wash * decay(len(wash), length, 0.002)
