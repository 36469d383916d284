"""spectro.inversion against librosa's Griffin-Lim, and what must hold for any length, batch, start and loudness."""

from __future__ import annotations

import inspect
from itertools import pairwise

import librosa
import numpy as np
import pytest

from spectro.inversion import LIMIT_DB, griffin_lim, inversion_error
from spectro.stft import SpectrogramSetting
from tests.data import real_data
from training.errors import InputError

SETTING = SpectrogramSetting(rate=8000, n_fft=256, hop=40)
SAMPLES = 4000


def sound(samples: int = SAMPLES, seed: int = 0) -> np.ndarray:
    """A falling tone over quiet noise."""
    rng, time = np.random.default_rng(seed), np.arange(samples) / 8000
    tone = np.sin(2 * np.pi * (900 + 200 * seed) * time * (1 - 0.3 * time))
    return (0.5 * tone + 0.02 * rng.normal(size=samples)).astype(np.float32)


def magnitude_of(signal: np.ndarray, setting: SpectrogramSetting = SETTING) -> np.ndarray:
    return np.abs(setting.analyse(signal))


@pytest.mark.parametrize("momentum", [0.0, 0.99])
def test_equals_librosa_from_the_same_start(momentum: float) -> None:
    magnitude = magnitude_of(sound())
    start = 2 * np.pi * np.random.RandomState(5).random_sample(magnitude.shape)
    name = "rng" if "rng" in inspect.signature(librosa.griffinlim).parameters else "random_state"  # before librosa 1.0
    theirs = librosa.griffinlim(
        magnitude,
        n_iter=8,
        hop_length=40,
        n_fft=256,
        length=SAMPLES,
        pad_mode="constant",
        momentum=momentum,
        **{name: np.random.RandomState(5)},
    )
    ours = griffin_lim(magnitude, SETTING, length=SAMPLES, iterations=8, momentum=momentum, start=start)
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.parametrize("momentum", [0.0, 0.99])
@pytest.mark.parametrize("start", ["random", "heap"])
def test_error_falls_with_iterations(momentum: float, start: str) -> None:
    magnitude = magnitude_of(sound())
    errors = [
        inversion_error(
            griffin_lim(magnitude, SETTING, length=SAMPLES, iterations=n, momentum=momentum, start=start), magnitude, SETTING
        )
        for n in (0, 4, 32)
    ]
    assert errors[0] > errors[1] + 1 > errors[2] + 2


def test_plain_never_gets_worse() -> None:
    """Griffin and Lim's theorem, up to float32; the norm counts DC and Nyquist once, so leave a little room."""
    magnitude = magnitude_of(sound())
    errors = [
        inversion_error(
            griffin_lim(magnitude, SETTING, length=SAMPLES, iterations=n, momentum=0, start="random"), magnitude, SETTING
        )
        for n in range(12)
    ]
    assert all(after < before + 0.01 for before, after in pairwise(errors))


def test_heap_start_beats_random_start() -> None:
    magnitude = magnitude_of(sound())
    heap, random = (
        inversion_error(griffin_lim(magnitude, SETTING, length=SAMPLES, iterations=10, start=start), magnitude, SETTING)
        for start in ("heap", "random")
    )
    assert heap < random - 6


@pytest.mark.parametrize("iterations", [0, 1, 10])
def test_true_phase_is_kept(iterations: int) -> None:
    spectrum = SETTING.analyse(sound())
    magnitude = np.abs(spectrum)
    for start in (spectrum, np.angle(spectrum)):
        rebuilt = griffin_lim(magnitude, SETTING, length=SAMPLES, iterations=iterations, start=start)
        assert inversion_error(rebuilt, magnitude, SETTING) < -80
        np.testing.assert_allclose(rebuilt, sound(), atol=1e-4)


@pytest.mark.parametrize("samples", [1, 39, 40, 41, 255, 257, 1000, 1039])
@pytest.mark.parametrize("start", ["heap", "random"])
def test_any_length(samples: int, start: str) -> None:
    signal = sound(samples)
    rebuilt = griffin_lim(magnitude_of(signal), SETTING, length=samples, iterations=3, start=start)
    assert rebuilt.shape == (samples,)
    assert rebuilt.dtype == np.float32
    assert np.isfinite(rebuilt).all()


@pytest.mark.parametrize(("n_fft", "hop"), [(255, 40), (64, 32), (16, 1), (2, 1)])
def test_any_setting(n_fft: int, hop: int) -> None:
    setting = SpectrogramSetting(n_fft=n_fft, hop=hop)
    spectrum = setting.analyse(sound(500))
    rebuilt = griffin_lim(np.abs(spectrum), setting, length=500, iterations=2, start=spectrum)
    assert inversion_error(rebuilt, np.abs(spectrum), setting) < -80


@pytest.mark.parametrize("start", ["heap", "random"])
def test_no_click_at_the_end_under_a_vanishing_window(start: str) -> None:
    setting = SpectrogramSetting(rate=8000, n_fft=128, hop=64)
    rebuilt = griffin_lim(magnitude_of(sound(4031), setting), setting, length=4031, iterations=20, start=start)
    assert np.abs(rebuilt[-40:]).max() < 1.5 * np.abs(rebuilt[:-40]).max()


def test_default_length_is_the_shortest() -> None:
    assert griffin_lim(magnitude_of(sound(1039)), SETTING, iterations=0).shape == (1000,)
    assert griffin_lim(np.ones((129, 1)), SETTING, iterations=2).shape == (0,)


@pytest.mark.parametrize("start", ["heap", "random"])
def test_batch_is_each_alone_and_seed_decides(start: str) -> None:
    batch = magnitude_of(np.stack([[sound(seed=0), sound(seed=1)], [sound(seed=2), np.zeros(SAMPLES)]]))
    together = griffin_lim(batch, SETTING, iterations=3, start=start, seed=7)
    assert together.shape == (2, 2, SAMPLES)
    np.testing.assert_array_equal(together[1, 0], griffin_lim(batch[1, 0], SETTING, iterations=3, start=start, seed=7))
    assert (together != griffin_lim(batch, SETTING, iterations=3, start=start, seed=8)).any()
    assert not together[1, 1].any()


def test_phases_of_one_recording_serve_a_batch() -> None:
    magnitude = magnitude_of(np.stack([sound(), sound(seed=1)]))
    start = SETTING.analyse(sound())
    together = griffin_lim(magnitude, SETTING, iterations=2, start=start)
    np.testing.assert_array_equal(together[1], griffin_lim(magnitude[1], SETTING, iterations=2, start=start))


def test_number_of_threads_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spectro.inversion.BLOCK_SAMPLES", 2048)
    magnitude = magnitude_of(sound())
    results = [griffin_lim(magnitude, SETTING, iterations=20, workers=workers) for workers in (1, 2, 5)]
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    magnitude = magnitude_of(sound())
    whole = griffin_lim(magnitude, SETTING, iterations=3)
    monkeypatch.setattr("spectro.inversion.BLOCK_SAMPLES", 1)
    np.testing.assert_allclose(griffin_lim(magnitude, SETTING, iterations=3), whole, atol=1e-4)


@pytest.mark.parametrize("level", [1e-30, 1e30])
def test_loudness_is_kept(level: float) -> None:
    spectrum = SETTING.analyse(sound())
    rebuilt = griffin_lim(np.abs(spectrum) * np.float32(level), SETTING, length=SAMPLES, iterations=2, start=spectrum)
    np.testing.assert_allclose(rebuilt / np.float32(level), sound(), atol=1e-4)


def test_silence_is_silence() -> None:
    silent = griffin_lim(np.zeros((129, 20)), SETTING, iterations=2)
    assert silent.shape == (760,)
    assert not silent.any()
    assert inversion_error(silent, np.zeros((129, 20)), SETTING) == -LIMIT_DB
    assert inversion_error(sound(760), np.zeros((129, 20)), SETTING) == LIMIT_DB


def test_error_is_its_definition() -> None:
    magnitude = magnitude_of(np.stack([sound(), sound(seed=1)]))
    other = np.stack([sound(seed=2), sound(seed=3)])
    ratio = np.linalg.norm(magnitude_of(other) - magnitude) / np.linalg.norm(magnitude)
    assert inversion_error(other, magnitude, SETTING) == pytest.approx(20 * np.log10(ratio), abs=1e-4)
    assert inversion_error(0 * other, magnitude, SETTING) == pytest.approx(0, abs=1e-6)


def test_progress_counts_the_whole_batch() -> None:
    calls = []
    magnitude = magnitude_of(np.stack([sound(500), sound(500, seed=1)]))
    griffin_lim(magnitude, SETTING, iterations=2, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"iterations": -1}, "-1"),
        ({"momentum": -0.1}, "-0.1"),
        ({"momentum": np.nan}, "nan"),
        ({"workers": 0}, "workers"),
        ({"length": 5000}, "4000 to 4039"),
        ({"length": 3999}, "4000 to 4039"),
        ({"start": "zero"}, "'zero'"),
        ({"start": np.zeros((129, 5))}, "129, 101"),
        ({"start": np.full((129, 101), np.nan)}, "finite"),
    ],
)
def test_wrong_arguments_are_told_in_one_line(wrong: dict, named: str) -> None:
    with pytest.raises(InputError, match=named) as error:
        griffin_lim(np.ones((129, 101)), SETTING, **wrong)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("bad", [np.nan, -1.0, np.inf])
def test_wrong_magnitudes_are_told(bad: float) -> None:
    magnitude = np.ones((129, 101))
    magnitude[3, 4] = bad
    with pytest.raises(InputError, match="finite"):
        griffin_lim(magnitude, SETTING)
    with pytest.raises(InputError, match="129 rows"):
        griffin_lim(np.ones((128, 101)), SETTING)
    with pytest.raises(InputError, match="different lengths"):
        inversion_error(np.zeros(100), np.ones((129, 101)), SETTING)


def test_a_real_recording_inverts_well() -> None:
    import soundfile

    path = real_data("audio/recordings/trumpet.ogg")
    samples, _ = soundfile.read(path, frames=22_050, dtype="float32", always_2d=True)
    setting = SpectrogramSetting()
    magnitude = magnitude_of(samples.mean(axis=1), setting)
    rebuilt = griffin_lim(magnitude, setting, length=len(samples), iterations=10)
    assert inversion_error(rebuilt, magnitude, setting) < -25
