"""Measures of sounds with known answers."""

import numpy as np
import pytest

from generators.sounds.statistics import distance, measured
from spectro.stft import SpectrogramSetting

SETTING = SpectrogramSetting()


def picture_of(sound):
    magnitude = np.abs(SETTING.analyse(sound.astype(np.float32)))
    return SETTING.to_picture(magnitude, SETTING.full_scale)


def test_a_tone_noise_and_clicks():
    time = np.arange(2 * SETTING.rate) / SETTING.rate
    tone = measured(picture_of(0.5 * np.sin(2 * np.pi * 1000 * time))[:, 10:-10], SETTING)
    noise = measured(picture_of(0.1 * np.random.default_rng(0).standard_normal(len(time)))[:, 10:-10], SETTING)
    assert tone["flatness"] < 0.01
    assert 0.4 < noise["flatness"] < 0.7  # of noise: exp(-Euler's number) = 0.56
    assert tone["centroid"] == pytest.approx(1000, rel=0.05)
    assert noise["centroid"] == pytest.approx(SETTING.rate / 4, rel=0.05)
    assert tone["movement"] < 0.5 < noise["movement"]
    clicks = 1e-4 * np.random.default_rng(0).standard_normal(len(time))
    clicks[SETTING.rate // 8 :: SETTING.rate // 4] = 0.9  # four a second
    assert measured(picture_of(clicks), SETTING)["onsets"] == pytest.approx(4, abs=0.3)


def test_silence():
    found = measured(np.zeros((SETTING.rows, 50)), SETTING)
    assert found == {"level": -120.0, "flatness": 0.0, "centroid": 0.0, "onsets": 0.0, "movement": 0.0}


def test_distance():
    one = np.full((SETTING.rows, 20), 0.5)
    assert distance(one, one, SETTING) == 0
    assert distance(one, one + 0.1, SETTING) == pytest.approx(8.0)
