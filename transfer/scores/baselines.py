"""What doing next to nothing reaches: the content itself, equalised to the style, mixed with it."""

from __future__ import annotations

import numpy as np

FRACTIONS = (0.2, 0.35, 0.5, 0.7, 1.0)
"""Of the style in the mixes."""
WINDOW, HOP = 2048, 512


def baselines(content: np.ndarray, style: np.ndarray) -> dict[str, np.ndarray]:
    """Name -> sound (samples,), of content and style (samples,) of one length."""
    mixes = {f"mix {part:g}": (1 - part) * content + part * style for part in FRACTIONS}
    return {"content": content, "equalised": equalised(content, style)} | mixes


def equalised(content: np.ndarray, style: np.ndarray) -> np.ndarray:
    """The content with the style's average spectrum: every bin of its STFT scaled by the ratio of the RMS magnitudes."""
    from spectro.libraries import librosa

    spectra = [librosa.stft(sound, n_fft=WINDOW, hop_length=HOP) for sound in (content, style)]
    ours, wanted = (np.sqrt(np.mean(np.abs(spectrum) ** 2, axis=1, keepdims=True)) for spectrum in spectra)
    gain = wanted / np.maximum(ours, 1e-4 * ours.max())  # what the content has not, no equaliser brings
    return librosa.istft(spectra[0] * gain, hop_length=HOP, n_fft=WINDOW, length=len(content))
