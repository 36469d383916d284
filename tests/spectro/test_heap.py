"""spectro.heap: what the phase of tones, impulses and mixtures must be, and how well it inverts."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal

from spectro.heap import heap_phase, window_gamma
from spectro.inversion import inversion_error
from spectro.stft import SpectrogramSetting
from training.errors import InputError

SETTING = SpectrogramSetting(rate=8000, n_fft=256, hop=32)


def mixture(samples: int = 6000, seed: int = 0) -> np.ndarray:
    """Two chirps and three bursts of noise."""
    rng, time = np.random.default_rng(seed), np.arange(samples) / 8000
    sound = scipy.signal.chirp(time, 300, time[-1], 1200) + 0.5 * scipy.signal.chirp(time, 3000, time[-1], 2000)
    for start in (samples // 6, samples // 2, 4 * samples // 5):
        sound[start : start + 300] += rng.normal(size=300) * np.hanning(300)
    return sound.astype(np.float32)


def rebuilt_error(magnitude: np.ndarray, phase: np.ndarray, samples: int, setting: SpectrogramSetting = SETTING) -> float:
    return inversion_error(setting.synthesise(magnitude * np.exp(1j * phase), samples), magnitude, setting)


def difference(angle: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The angle between two angles, in [0, pi]."""
    return np.abs(np.angle(np.exp(1j * (angle - other))))


@pytest.mark.parametrize(
    "setting",
    [
        SETTING,
        SpectrogramSetting(rate=8000, n_fft=255, hop=40),
        SpectrogramSetting(rate=8000, n_fft=256, hop=32, window="blackman"),
        SpectrogramSetting(rate=8000, n_fft=256, hop=32, window="cosine"),
    ],
)
def test_beats_random_and_zero_phase_clearly(setting: SpectrogramSetting) -> None:
    sound = mixture()
    magnitude = np.abs(setting.analyse(sound))
    random = np.random.default_rng(0).uniform(-np.pi, np.pi, magnitude.shape)
    ours = rebuilt_error(magnitude, heap_phase(magnitude, setting), len(sound), setting)
    assert ours < -17
    assert ours < rebuilt_error(magnitude, random, len(sound), setting) - 12
    assert ours < rebuilt_error(magnitude, np.zeros_like(magnitude), len(sound), setting) - 12


@pytest.mark.parametrize("bin_", [20.0, 20.3, 37.5])
def test_tone_advances_by_its_frequency(bin_: float) -> None:
    """As analysed: from frame to frame by its frequency, from row to row by the window's delay."""
    tone = np.sin(2 * np.pi * bin_ / 256 * np.arange(4000))
    spectrum = SETTING.analyse(tone)
    phase, row = heap_phase(np.abs(spectrum), SETTING), round(bin_)
    error = phase[row - 1 : row + 2, 10:-10] - np.angle(spectrum[row - 1 : row + 2, 10:-10])
    assert difference(error[:, 1:], error[:, :-1]).max() < 0.02
    assert difference(error[1:], error[:-1]).max() < 0.1


@pytest.mark.parametrize("setting", [SETTING, SpectrogramSetting(rate=8000, n_fft=255, hop=32)])
def test_impulse_keeps_its_place(setting: SpectrogramSetting) -> None:
    click = np.zeros(2000, np.float32)
    click[997] = 1
    magnitude = np.abs(setting.analyse(click))
    rebuilt = setting.synthesise(magnitude * np.exp(1j * heap_phase(magnitude, setting)), 2000)
    assert abs(int(np.argmax(np.abs(rebuilt))) - 997) <= 1
    assert np.sum(rebuilt[990:1005] ** 2) > 0.8 * np.sum(rebuilt**2)


def test_order_of_integration_is_as_good_as_an_exact_heap() -> None:
    """Rounded priorities must not cost quality: the paper's algorithm with Python's heap, on a small picture."""
    sound = mixture(2400)
    magnitude = np.abs(SETTING.analyse(sound))
    exact = rebuilt_error(magnitude, _textbook(magnitude, SETTING), len(sound))
    assert rebuilt_error(magnitude, heap_phase(magnitude, SETTING), len(sound)) < exact + 1


def _textbook(magnitude: np.ndarray, setting: SpectrogramSetting) -> np.ndarray:
    from heapq import heappop, heappush

    gamma, n_fft, hop = 0.25645 * setting.n_fft**2, setting.n_fft, setting.hop
    log = np.log(np.maximum(magnitude, 1e-6 * magnitude.max()))
    even = np.pad(log, ((1, 1), (0, 0)), mode="reflect")
    along_time = 2 * np.pi * np.arange(setting.rows)[:, None] * hop / n_fft
    along_time = along_time + hop * n_fft / gamma * (even[2:] - even[:-2]) / 2
    along_frequency = -gamma / (hop * n_fft) * np.gradient(log, axis=1) - 2 * np.pi * (n_fft // 2) / n_fft
    phase, unknown = np.zeros(log.shape), np.ones(log.shape, bool)
    for seed in np.argsort(-magnitude, axis=None):
        place = np.unravel_index(seed, log.shape)
        if not unknown[place]:
            continue
        unknown[place] = False
        heap = [(-magnitude[place], *map(int, place))]
        while heap:
            _, k, t = heappop(heap)
            for row, frame in ((k + 1, t), (k - 1, t), (k, t + 1), (k, t - 1)):
                if 0 <= row < log.shape[0] and 0 <= frame < log.shape[1] and unknown[row, frame]:
                    slope = along_time if row == k else along_frequency
                    phase[row, frame] = phase[k, t] + (row - k + frame - t) * (slope[k, t] + slope[row, frame]) / 2
                    unknown[row, frame] = False
                    heappush(heap, (-magnitude[row, frame], row, frame))
    return phase


def test_same_seed_same_phase_and_batch_as_alone() -> None:
    magnitude = np.abs(SETTING.analyse(np.stack([mixture(3000), mixture(3000, seed=1)])))
    both = heap_phase(magnitude, SETTING, seed=3)
    assert both.dtype == np.float32
    np.testing.assert_array_equal(both, heap_phase(magnitude, SETTING, seed=3))
    np.testing.assert_array_equal(both[1], heap_phase(magnitude[1], SETTING, seed=3))
    assert (both != heap_phase(magnitude, SETTING, seed=4)).any()


def test_loudness_does_not_matter() -> None:
    magnitude = np.abs(SETTING.analyse(mixture(3000)))
    np.testing.assert_array_equal(heap_phase(magnitude, SETTING), heap_phase(magnitude * 2.0**40, SETTING))


@pytest.mark.parametrize("frames", [1, 2, 3, 50])
@pytest.mark.parametrize("level", [0.0, 1.0])
def test_any_number_of_frames_and_silence(frames: int, level: float) -> None:
    phase = heap_phase(np.full((SETTING.rows, frames), level), SETTING)
    assert phase.shape == (SETTING.rows, frames)
    assert np.isfinite(phase).all()
    assert np.abs(phase).max() <= np.pi + 1e-5


def test_a_picture_with_a_floor_inverts_as_well() -> None:
    """Bins below -80 dB are exactly zero in a picture; the cliff must not bend the phase beside it."""
    sound = mixture()
    magnitude = np.abs(SETTING.analyse(sound))
    floored = SETTING.to_magnitude(SETTING.to_picture(magnitude), magnitude.max())
    whole = rebuilt_error(magnitude, heap_phase(magnitude, SETTING), len(sound))
    assert rebuilt_error(floored, heap_phase(floored, SETTING), len(sound)) < whole + 1.5


def test_gamma_of_other_windows_follows_their_width() -> None:
    known = {window: window_gamma(SpectrogramSetting(window=window)) for window in ("hann", "hamming", "blackman")}
    assert known["hann"] == pytest.approx(0.25645 * 1260**2)
    assert window_gamma(SpectrogramSetting(window="blackmanharris")) < min(known.values())
    assert window_gamma(SpectrogramSetting(window="cosine")) > max(known.values())


def test_wrong_magnitude_is_told() -> None:
    with pytest.raises(InputError, match="129 rows"):
        heap_phase(np.zeros((100, 5)), SETTING)
