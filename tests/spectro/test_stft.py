"""spectro.stft against librosa, and the identities that analysis, inverse and picture must keep."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectro.stft import SETTINGS, SpectrogramSetting, overlap_add
from training.errors import InputError

SMALL = SpectrogramSetting(n_fft=64, hop=16)


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


@pytest.mark.parametrize("window", ["hann", "hamming", "blackman"])
@pytest.mark.parametrize(("n_fft", "hop"), [(64, 16), (1260, 175), (63, 16), (30, 7), (16, 8), (9, 4)])
def test_analysis_equals_librosa(n_fft: int, hop: int, window: str) -> None:
    setting, signal = SpectrogramSetting(n_fft=n_fft, hop=hop, window=window), noise(2, 3001)
    ours = setting.analyse(signal)
    theirs = librosa.stft(signal, n_fft=n_fft, hop_length=hop, window=window, pad_mode="constant")
    assert ours.dtype == np.complex64
    assert ours.shape == (2, setting.rows, setting.frames(3001))
    np.testing.assert_allclose(ours[..., : theirs.shape[-1]], theirs, atol=2e-6 * n_fft)


@settings(max_examples=40, deadline=None)
@given(samples=st.integers(1, 400), n_fft=st.integers(8, 80), parts=st.integers(3, 9), seed=st.integers(0, 99))
def test_inverse_is_exact_for_any_length(samples: int, n_fft: int, parts: int, seed: int) -> None:
    setting = SpectrogramSetting(n_fft=n_fft, hop=max(n_fft // parts, 1))
    signal = noise(samples, seed=seed)
    np.testing.assert_allclose(setting.synthesise(setting.analyse(signal), samples), signal, atol=1e-5)


def test_inverse_of_the_preset_and_of_a_batch() -> None:
    setting, signal = SETTINGS["lil_data"], noise(2, 22_050)
    assert (setting.rows, setting.columns) == (631, 631)
    np.testing.assert_allclose(setting.synthesise(setting.analyse(signal), 22_050), signal, atol=1e-5)


def test_inverse_is_the_least_squares_one() -> None:
    """No signal nearby has a spectrum nearer to an impossible one (the gradient of the distance is zero)."""
    wanted = (noise(33, 9) + 1j * noise(33, 9, seed=1)).astype(np.complex64)
    signal = SMALL.synthesise(wanted, 128)
    # DC and Nyquist count once in a real signal's spectrum, the other rows twice; imaginary parts there cannot be kept.
    weight = np.full((33, 1), 2.0)
    weight[[0, -1]] = 1
    wanted[[0, -1]] = wanted[[0, -1]].real

    def distance(candidate: np.ndarray) -> float:
        return float(np.sum(weight * np.abs(SMALL.analyse(candidate) - wanted) ** 2))

    for seed in range(5):
        step = 0.1 * noise(128, seed=seed)
        assert distance(signal) < min(distance(signal + step), distance(signal - step))


def test_default_length_and_padding_beyond_the_frames() -> None:
    spectrum = SMALL.analyse(noise(100))
    assert SMALL.synthesise(spectrum).shape == (SMALL.samples(SMALL.frames(100)),) == (96,)
    longer = SMALL.synthesise(spectrum, 500)
    assert longer.shape == (500,)
    assert not longer[200:].any()


def test_an_empty_signal_has_one_empty_frame() -> None:
    assert not SMALL.analyse(np.zeros(0)).any()
    assert SMALL.analyse(np.zeros(0)).shape == (33, 1)


def test_overlap_add_is_the_sum_of_shifted_frames() -> None:
    frames = noise(2, 5, 10)
    expected = np.zeros((2, 10 + 4 * 3), np.float32)
    for t in range(5):
        expected[:, 3 * t : 3 * t + 10] += frames[:, t]
    np.testing.assert_allclose(overlap_add(frames, 3), expected, atol=1e-6)


def test_full_scale_sine_is_picture_one() -> None:
    setting = SpectrogramSetting(n_fft=64, hop=16, reference="absolute")
    sine = np.sin(2 * np.pi * 8 / 64 * np.arange(1024))
    picture = setting.to_picture(np.abs(setting.analyse(sine)))
    assert picture[8, 20] == pytest.approx(1, abs=1e-5)
    half = setting.to_picture(np.abs(setting.analyse(sine / 2)))
    assert half[8, 20] == pytest.approx(1 - 6.0206 / 80, abs=1e-4)


@settings(max_examples=30, deadline=None)
@given(floor=st.floats(-120, -20), reference=st.floats(1e-3, 1e3), seed=st.integers(0, 99))
def test_picture_round_trip(floor: float, reference: float, seed: int) -> None:
    setting = SpectrogramSetting(n_fft=64, hop=16, floor_db=floor)
    level = np.random.default_rng(seed).uniform(floor + 0.1, 0, (33, 5))
    magnitude = (reference * 10 ** (level / 20)).astype(np.float32)
    picture = setting.to_picture(magnitude, reference)
    assert picture.dtype == np.float32
    assert picture.min() >= 0
    assert picture.max() <= 1
    np.testing.assert_allclose(setting.to_magnitude(picture, reference), magnitude, rtol=2e-4)


def test_silence_is_the_floor_and_stays_silence() -> None:
    picture = SMALL.to_picture(np.zeros((33, 4)))
    assert not picture.any()
    assert not SMALL.to_magnitude(picture, 1.0).any()
    magnitude = np.ones((33, 4))
    magnitude[:, 2] = 1e-9
    assert not SMALL.to_picture(magnitude)[:, 2].any()
    assert not SMALL.to_magnitude(SMALL.to_picture(magnitude), 1.0)[:, 2].any()


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"hop": 0}, "positive"),
        ({"rate": -1}, "positive"),
        ({"n_fft": 1}, "positive"),
        ({"hop": 700}, "n_fft // 2 = 630"),
        ({"floor_db": 0.0}, "-80"),
        ({"reference": "track"}, "'track'"),
    ],
)
def test_wrong_settings_are_told_in_one_line(wrong: dict, named: str) -> None:
    with pytest.raises(InputError, match=named) as error:
        SpectrogramSetting(**wrong)
    assert "\n" not in str(error.value)


def test_unknown_window_is_told() -> None:
    with pytest.raises(InputError, match="'gauze'"):
        SpectrogramSetting(window="gauze").window_array()


@pytest.mark.parametrize(
    ("magnitude", "named"),
    [
        (np.full((33, 4), np.nan), "finite"),
        (np.full((33, 4), np.inf), "finite"),
        (np.full((33, 4), -1.0), "decibels"),
        (np.zeros((4, 33)), "33 rows"),
        (np.zeros(33), "33 rows"),
        (np.zeros((33, 0)), "33 rows"),
        (np.zeros((33, 4), complex), "absolute"),
    ],
)
def test_wrong_magnitudes_are_told_in_one_line(magnitude: np.ndarray, named: str) -> None:
    with pytest.raises(InputError, match=named) as error:
        SMALL.checked(magnitude)
    assert "\n" not in str(error.value)
