"""How near a sound comes to the truth: the same piece, played by the instrument that it should have become.

Both at 22,050 Hz, mono, RMS 0.1, the sound cut or filled up with silence to the truth's length: rate, channels and level do
not matter, time does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from transfer.scores.prepare import RATE, levelled

WINDOW, HOP = 2048, 512
"""Samples of a frame, and from one to the next."""
FLOOR = 80.0
"""dB below the loudest cell of the truth that count as silence."""
BANDS, COEFFICIENTS = 64, 20
"""Mel bands, and the MFCCs of a frame; the first of them, its level, is left out."""


@dataclass(frozen=True)
class Distances:
    """Of a sound from the truth."""

    spectral: float
    """Log-spectral distance in dB: of the power spectra in dB (Hann window, FLOOR), the root mean square over the bins of
    a frame, mean of the frames. 0 is the truth."""
    mfcc: float
    """MFCC distance in dB: the Euclidean distance of MFCCs 2 to 20 (orthonormal cosine transform of dB in 64 mel bands),
    mean of the frames. 0 is the truth."""
    pitch: float
    """Pitch preservation: cosine of the chroma (frames of 4,096 samples, every 1,024), mean of the frames in which the truth
    has any. 1 is the truth."""


def distances(sound: np.ndarray, truth: np.ndarray) -> Distances:
    """Of two sounds (samples,) or (channels, samples) at RATE. InputError: one of them is silent, empty or not finite."""
    sound, truth = levelled(sound, "the sound"), levelled(truth, "the truth")
    missing = max(0, len(truth) - len(sound))
    sound = levelled(np.pad(sound[: len(truth)], (0, missing)), "the sound, cut to the truth's length,")
    loudest = _power(truth).max()
    one, other = (10 * np.log10(np.maximum(_power(part) / loudest, 10 ** (-FLOOR / 10))) for part in (sound, truth))
    spectral = np.sqrt(((one - other) ** 2).mean(axis=0)).mean()
    mfcc = np.linalg.norm(_mfcc(sound) - _mfcc(truth), axis=0).mean()
    return Distances(float(spectral), float(mfcc), _pitch_preservation(sound, truth))


def error(copy: np.ndarray, original: np.ndarray) -> tuple[float, float]:
    """(RMS error in dB of full scale, signal-to-noise ratio in dB) of a copy; both (channels, samples) of one shape."""
    power = np.mean(np.square(np.asarray(copy, np.float64) - original)) + 1e-20
    return float(10 * np.log10(power)), float(10 * np.log10(np.mean(np.square(original, dtype=np.float64)) / power))


def _power(sound: np.ndarray) -> np.ndarray:
    from spectro.libraries import librosa

    return np.abs(librosa.stft(sound, n_fft=WINDOW, hop_length=HOP)) ** 2


def _mfcc(sound: np.ndarray) -> np.ndarray:
    from spectro.libraries import librosa

    found = librosa.feature.mfcc(y=sound, sr=RATE, n_mfcc=COEFFICIENTS, n_mels=BANDS, n_fft=WINDOW, hop_length=HOP)
    return found[1:]


def _pitch_preservation(sound: np.ndarray, truth: np.ndarray) -> float:
    from spectro.libraries import librosa

    one, other = (
        librosa.feature.chroma_stft(y=part, sr=RATE, n_fft=4096, hop_length=1024, tuning=0.0) for part in (sound, truth)
    )
    scale = np.linalg.norm(one, axis=0) * np.linalg.norm(other, axis=0)
    cosine = (one * other).sum(axis=0) / np.maximum(scale, 1e-12)
    return float(cosine[np.linalg.norm(other, axis=0) > 0].mean())
