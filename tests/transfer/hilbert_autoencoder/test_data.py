"""Augmentation of timbre: by the generator alone, at the same level, more of it with more strength; nothing else moves."""

import numpy as np
import pytest

from transfer.hilbert_autoencoder.data import with_other_timbre

RATE = 22_050


@pytest.fixture
def windows():
    return (0.05 * np.random.default_rng(0).standard_normal((8, 4096))).astype(np.float32)


def drawn(windows, seed=1, strength=1.0):
    return with_other_timbre(windows, RATE, np.random.default_rng(seed), strength)


def test_the_generator_alone_decides(windows):
    np.testing.assert_array_equal(drawn(windows), drawn(windows))
    assert np.abs(drawn(windows) - drawn(windows, seed=2)).max() > 0.01


def test_every_window_is_another_and_keeps_its_level(windows):
    found = drawn(np.repeat(windows[:1], 8, axis=0))
    assert np.ptp(found, axis=0).max() > 0.01
    np.testing.assert_allclose(np.sqrt((found**2).mean(axis=1)), np.sqrt((windows[:1] ** 2).mean()), rtol=1e-3)
    assert (found.shape, found.dtype) == (windows.shape, np.float32)


def test_strength_is_how_much(windows):
    errors = [np.square(drawn(windows, strength=strength) - windows).mean() for strength in (0, 0.1, 0.5, 1)]
    assert errors[0] < 1e-12
    assert errors == sorted(errors)


def test_loud_sounds_stay_in_range_and_silence_stays_silent(windows):
    assert np.abs(drawn(np.clip(20 * windows, -1, 1))).max() <= 1
    assert not drawn(np.zeros_like(windows)).any()


def test_a_tone_keeps_its_pitch():
    time = np.arange(16_384) / RATE
    tones = 0.3 * np.sin(2 * np.pi * np.array([[110], [440], [1_760]]) * time).astype(np.float32)
    spectra = np.abs(np.fft.rfft(drawn(tones) * np.hanning(16_384)))
    heard = spectra.argmax(axis=1) * RATE / 16_384 / [110, 440, 1_760]
    np.testing.assert_allclose(heard, np.rint(heard), atol=0.02)
    assert set(np.rint(heard)) <= {1, 2, 3}
