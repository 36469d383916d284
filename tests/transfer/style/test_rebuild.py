import numpy as np
import pytest

from spectro.inversion import inversion_error
from spectro.stft import SpectrogramSetting
from tests.transfer.conftest import tone
from transfer.style.rebuild import Rebuilder
from transfer.style.settings import Recipe

SETTING = SpectrogramSetting(rate=8_000, n_fft=256, hop=32, seconds=0.5)


def rebuilt(signal: np.ndarray, phase: str, columns: int) -> tuple[np.ndarray, Rebuilder]:
    """The sound of a recording's own magnitude, in pieces of `columns`."""
    rebuilder = Rebuilder(SETTING, signal.shape[1], Recipe(phase=phase, inversion_iterations=30), seed=0)
    spectrum = SETTING.analyse(signal)
    parts = [
        rebuilder.add(np.abs(spectrum[..., first : first + columns]), spectrum[..., first : first + columns])
        for first in range(0, spectrum.shape[-1], columns)
    ]
    return np.concatenate(parts, axis=1), rebuilder


@pytest.mark.parametrize("length", [1, 63, 640, 8_000, 8_001, 20_011])
def test_the_contents_phase_gives_the_content_back(length: int):
    signal = np.random.default_rng(0).standard_normal((2, length)).astype(np.float32)
    sound, _ = rebuilt(signal, "content", 56)
    assert sound.shape == signal.shape
    np.testing.assert_allclose(sound, signal, atol=0.02)


@pytest.mark.parametrize("phase", ["content", "heap", "random"])
def test_the_error_told_is_the_error_measured(phase: str):
    signal = np.random.default_rng(1).standard_normal((1, 20_000)).astype(np.float32)
    sound, rebuilder = rebuilt(signal, phase, 56)
    measured = inversion_error(sound, np.abs(SETTING.analyse(signal)), SETTING)
    assert rebuilder.error_db == pytest.approx(measured, abs=0.3)


def unevenness_db(sound: np.ndarray) -> float:
    """Loudest against softest frame of the bin that holds the tone."""
    level = np.abs(SETTING.analyse(sound))[0, 14, 8:-8]
    return float(20 * np.log10(level.max() / level.min()))


def far_from_tone(sound: np.ndarray) -> float:
    """The loudest bin where the tone is not: a click would be there."""
    return float(np.abs(SETTING.analyse(sound))[0, 40:, 8:-8].max())


@pytest.mark.parametrize("phase", ["content", "heap"])
def test_a_steady_tone_has_no_seam(phase: str):
    pieces, _ = rebuilt(tone(4.0), phase, 56)
    whole, _ = rebuilt(tone(4.0), phase, 10_000)
    assert unevenness_db(pieces) < 0.1
    assert far_from_tone(pieces) < 2 * far_from_tone(whole)


def test_steady_noise_has_no_seam():
    """From random phases nothing is even, but the columns at the joints are not softer than the others."""
    signal = np.random.default_rng(2).standard_normal((1, 40_000)).astype(np.float32)
    sound, _ = rebuilt(signal, "random", 56)
    heard, wanted = (np.linalg.norm(SETTING.analyse(which)[0], axis=0) for which in (sound, signal))
    level = 20 * np.log10(heard / wanted)
    joints = [column for first in range(56, 1_200, 56) for column in range(first - 16, first)]
    assert abs(level[joints].mean() - np.delete(level, joints).mean()) < 0.5


def test_silence_is_rebuilt_as_silence():
    sound, rebuilder = rebuilt(np.zeros((1, 3_000), np.float32), "content", 56)
    assert not sound.any()
    assert rebuilder.error_db is None
