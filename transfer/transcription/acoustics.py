"""What recordings vary in besides their notes: level, room, noise, equalisation, voices, bare tones, drums taken out."""

from __future__ import annotations

import numpy as np

from midi.synthesis.timbres import frequency
from spectro.libraries import librosa

LEVEL = 0.1
"""RMS of the loudest half second, to which all sound is brought."""
ROOM = 0.6
"""Seconds in which a room dies away by 60 dB, at most."""
OVERTONES = 4
"""That `sines` have at most."""
SEPARATED_BY = 0.064
"""Seconds of the window by which drums are told from notes; by twice of that, librosa's own, attacks go with the drums."""


def levelled(sound: np.ndarray, rate: int) -> np.ndarray:
    """Brought to LEVEL; silence stays silence."""
    loudest = loudness(sound, rate)
    return (sound * (LEVEL / loudest if loudest > 0 else 1.0)).astype(np.float32)


def loudness(sound: np.ndarray, rate: int) -> float:
    """RMS of the loudest half second of (samples,)."""
    size = rate // 2
    parts = [sound[first : first + size] for first in range(0, len(sound), size)]
    return max((float(np.sqrt(np.square(part, dtype=np.float64).sum() / size)) for part in parts), default=0.0)


def without_drums(sound: np.ndarray, rate: int) -> np.ndarray:
    """What of (samples,) does not come suddenly (Fitzgerald, "Harmonic/percussive separation using median filtering", DAFx
    2010)."""
    size = round(SEPARATED_BY * rate)
    return librosa.effects.harmonic(sound, n_fft=size, hop_length=size // 4)


def sines(notes: np.ndarray, rate: int, generator: np.random.Generator) -> np.ndarray:
    """Sines with few overtones or none, as whistles and flutes have, that swell or begin at once, and last or die away."""
    attack, release, dies = generator.uniform(0.004, 0.12), generator.uniform(0.01, 0.1), generator.uniform(-2, 4)
    overtones = max(0.0, generator.uniform(-0.3, 0.4))
    sound = np.zeros(round(rate * (notes["end"].max() / 1_000 + release)) + 2, np.float32)
    for note in notes:
        length = (note["end"] - note["start"]) / 1_000
        time = np.arange(round(rate * (length + release))) / rate
        envelope = np.minimum(time / attack, 1) * np.clip((length + release - time) / release, 0, 1)
        phase = 2 * np.pi * (float(frequency(int(note["pitch"]))) * time + generator.random())
        wave = sum(overtones**above * np.sin((1 + above) * phase) for above in range(1 + OVERTONES))
        begin = round(rate * note["start"] / 1_000)
        sound[begin : begin + len(time)] += note["velocity"] / 127 * envelope * np.exp(-max(0.0, dies) * time) * wave
    return sound / max(float(np.abs(sound).max()), 1e-9)


def voice(samples: int, rate: int, generator: np.random.Generator) -> np.ndarray:
    """Syllables of standard deviation 1, whose pitch never stays: pulses through three formants, and hisses between them."""
    time = np.arange(samples) / rate
    knots = np.arange(0, time[-1] + 0.2, generator.uniform(0.08, 0.2))
    glide = generator.uniform(90, 260) * 2 ** np.interp(time, knots, generator.normal(0, 0.25, len(knots)))
    pulses = np.fft.rfft(np.diff(np.floor(np.cumsum(glide) / rate), prepend=0))
    hertz = np.fft.rfftfreq(samples, 1 / rate)
    centres = (generator.uniform(300, 900), generator.uniform(900, 2_200), generator.uniform(2_200, 3_000))
    sound = np.fft.irfft(pulses * sum(1 / (1 + ((hertz - centre) / 100) ** 2) for centre in centres), samples)
    syllables = np.sin(2 * np.pi * generator.uniform(2, 6) * time)
    sound *= np.maximum(syllables, 0) / max(float(np.std(sound)), 1e-12)
    sound += generator.uniform(0, 0.3) * generator.standard_normal(samples) * np.maximum(-syllables, 0)
    return sound / max(float(np.std(sound)), 1e-12)


def summed(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Of two sounds, the shorter one followed by silence."""
    size = max(len(one), len(other))
    return np.pad(one, (0, size - len(one))) + np.pad(other, (0, size - len(other)))


def equalised(sound: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A tilt and broad bumps of its spectrum, of some dB."""
    spectrum = np.fft.rfft(sound)
    octaves = np.log2(np.maximum(np.arange(len(spectrum)), 1) / len(spectrum))
    knots = generator.uniform(0, 4) * generator.standard_normal(9)
    gain = generator.uniform(-2, 2) * (octaves + 5) + np.interp(octaves, np.arange(-8, 1), knots)
    return np.fft.irfft(spectrum * 10 ** (np.clip(gain, -24, 12) / 20), len(sound)).astype(np.float32)


def in_room(sound: np.ndarray, rate: int, generator: np.random.Generator) -> np.ndarray:
    """With a noise that dies away, as a room answers; half of the excerpts stay dry."""
    dies, wet = generator.uniform(0.1, ROOM), generator.uniform(-20, -4)
    if generator.random() < 0.5:
        return sound
    time = np.arange(round(1.5 * dies * rate)) / rate
    answer = generator.standard_normal(len(time)) * 10 ** (-3 * time / dies)
    answer *= 10 ** (wet / 20) / np.sqrt(np.square(answer).sum())
    answer[0] += 1
    size = len(sound) + len(answer)
    return np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(answer, size), size)[: len(sound)].astype(np.float32)


def noise(samples: int, generator: np.random.Generator) -> np.ndarray:
    """Of standard deviation 1, from white to falling by 6 dB an octave."""
    spectrum = np.fft.rfft(generator.standard_normal(samples))
    spectrum /= np.maximum(np.arange(len(spectrum)), 20) ** generator.uniform(0, 1)
    sound = np.fft.irfft(spectrum, samples)
    return (sound / max(float(np.std(sound)), 1e-12)).astype(np.float32)
