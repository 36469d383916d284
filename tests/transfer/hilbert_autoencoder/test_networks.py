"""The loss with known answers: nothing, a level, a sample."""

import keras
import numpy as np
import pytest

from transfer.hilbert_autoencoder.networks import SPECTRAL_WINDOWS as WINDOWS
from transfer.hilbert_autoencoder.networks import SpectralLoss, log_power


def noise():
    return (0.5 + 0.05 * np.random.default_rng(0).standard_normal((3, 8_192))).astype(np.float32)


def test_the_same_sound_costs_nothing():
    assert float(SpectralLoss(1e-3)(noise(), noise())) == 0


def test_half_as_loud():
    """6 dB are 0.602 in log10 of the power, in every cell; the squared error is that of half the sound."""
    sound = noise()
    quieter = 0.5 + (sound - 0.5) / 2
    expected = np.square((sound - 0.5) / 2).mean() / 1e-3 + (2 * np.log10(2)) ** 2
    assert float(SpectralLoss(1e-3)(sound, quieter)) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("window", WINDOWS)
def test_a_sine_of_full_scale_is_near_0_db(window):
    sine = 0.5 + 0.5 * np.sin(2 * np.pi * np.arange(8_192) / 16)[None].astype(np.float32)
    power = keras.ops.convert_to_numpy(log_power(sine, window))
    assert power.shape == (1, (8_192 - window) // (window // 4) + 1, window // 2 + 1)
    assert power.max() == pytest.approx(0, abs=0.01)
    assert keras.ops.convert_to_numpy(log_power(np.full((1, 8_192), 0.5, np.float32), window)).max() == pytest.approx(-9)


def test_windows_shorter_than_a_frame_are_compared_by_what_fits():
    sound = noise()[:, :1_024]
    assert float(SpectralLoss(1e-3)(sound, 0.5 + (sound - 0.5) / 2)) > 0


def test_it_comes_back_from_its_settings():
    loss = keras.losses.deserialize(keras.losses.serialize(SpectralLoss(0.25)))
    assert loss.weight == 0.25
