"""Sound without notes: coloured noise, crackle, rain, wind, hum, machines. Functions return float32 (samples,)."""

from __future__ import annotations

import numpy as np
from scipy.fft import irfft, rfft
from scipy.signal import oaconvolve

from spectro.demo.effects import filtered
from spectro.demo.oscillators import decay, oscillate
from spectro.demo.score import RATE


def coloured(rng: np.random.Generator, samples: int, slope: float) -> np.ndarray:
    """Noise of standard deviation 1 whose power goes with frequency ** slope: 0 white, -1 pink, -2 brown."""
    size = 1 << (samples - 1).bit_length()
    spectrum = rfft(rng.standard_normal(size, np.float32))
    frequency = np.fft.rfftfreq(size, 1 / RATE)
    out = irfft(spectrum * np.maximum(frequency, 20).astype(np.float32) ** np.float32(slope / 2), size)[:samples]
    return (out / (out.std() + 1e-12)).astype(np.float32)


def drift(rng: np.random.Generator, samples: int, seconds: float) -> np.ndarray:
    """A slow curve from 0 to 1 that turns about every `seconds` seconds (cosine interpolation of random values)."""
    knots = rng.random(int(samples / RATE / seconds) + 3)
    place = np.arange(samples, dtype=np.float64) / (seconds * RATE) + rng.random()
    index = place.astype(np.int64)
    blend = (1 - np.cos(np.pi * (place - index))) / 2
    return (knots[index] * (1 - blend) + knots[index + 1] * blend).astype(np.float32)


def crackle(rng: np.random.Generator, samples: int, rate: float, dull: float = 4_000) -> np.ndarray:
    """Clicks of a record: `rate` a second, most of them faint, each a few samples long, low-passed at `dull` Hz."""
    clicks = np.zeros(samples, np.float32)
    count = rng.poisson(rate * samples / RATE)
    np.add.at(clicks, rng.integers(0, samples, count), (rng.normal(0, 1, count) ** 3 / 4).astype(np.float32))
    return filtered(clicks, "lowpass", dull)


def drops(rng: np.random.Generator, samples: int, rate: float) -> np.ndarray:
    """Rain: `rate` drops a second, each a short ringing hiss from one of six kinds, over a bed of high noise."""
    out = 0.05 * filtered(coloured(rng, samples, 0), "highpass", rng.uniform(800, 3_000))
    for frequency in rng.uniform(900, 6_500, 6):
        length = int(0.03 * RATE)
        drop = oscillate("sine", frequency, length) * decay(length, rng.uniform(0.001, 0.006), 3e-4)
        out += oaconvolve(crackle(rng, samples, rate / 6, 10_000), drop)[:samples]
    return out.astype(np.float32)


def wind(rng: np.random.Generator, samples: int) -> np.ndarray:
    """Gusts: pink noise through wandering bands."""
    bed = coloured(rng, samples, -1)
    bands = ((120, 350), (300, 700), (600, 1_400))
    gusts = sum(filtered(bed, "bandpass", band) * drift(rng, samples, rng.uniform(0.8, 3)) ** 2 for band in bands)
    return (0.1 * bed + gusts).astype(np.float32)


def hum(rng: np.random.Generator, samples: int) -> np.ndarray:
    """A room with mains in it: 50 or 60 Hz with uneven harmonics over brown noise."""
    mains = 50.0 if rng.random() < 0.5 else 60.0
    tones = sum(rng.random() / k * oscillate("sine", mains * k, samples, rng.random()) for k in range(1, 9))
    return (0.5 * tones + rng.uniform(0.2, 0.8) * coloured(rng, samples, rng.uniform(-2, -1))).astype(np.float32)


def machine(rng: np.random.Generator, samples: int) -> np.ndarray:
    """A motor: noise and buzz, shaken at 4 to 30 turns a second with slowly wandering speed."""
    speed = rng.uniform(4, 30) * (0.9 + 0.2 * drift(rng, samples, 4.0))
    shake = 0.5 + 0.5 * oscillate("saw", speed.astype(np.float64), samples) * rng.uniform(0.3, 1)
    buzz = oscillate("saw", speed * int(rng.integers(3, 12)), samples)
    body = filtered(coloured(rng, samples, rng.uniform(-1.5, 0)), "lowpass", rng.uniform(1_500, 8_000))
    return (shake * body + rng.uniform(0, 0.5) * buzz).astype(np.float32)


def waves(rng: np.random.Generator, samples: int) -> np.ndarray:
    """Surf: coloured noise that swells and breaks every few seconds."""
    swell = drift(rng, samples, rng.uniform(1.5, 4)) ** 2
    bright = filtered(coloured(rng, samples, 0), "highpass", 1_000) * swell**2
    return (coloured(rng, samples, -1.5) * (0.15 + swell) + 0.5 * bright).astype(np.float32)
