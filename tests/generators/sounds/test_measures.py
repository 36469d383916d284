"""Measures of sounds with known answers, and the way back to sound."""

import numpy as np
import pytest

from generators.sounds.measures import distance, measured
from spectro.stft import SETTINGS, SpectrogramSetting
from spectro.streaming import Rebuild, whole_columns

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


def test_a_sound_goes_on_without_a_seam():
    """True columns after a true beginning: the sound itself again, piece by piece, and the very samples of the lead."""
    setting = SETTINGS["lil_data"]
    time = np.arange(3 * setting.rate) / setting.rate
    sound = (0.4 * np.sin(2 * np.pi * 440 * time) + 0.2 * np.sin(2 * np.pi * 997 * time)).astype(np.float32)
    cut = 2 * setting.rate + 37
    known = whole_columns(setting, cut)
    magnitude = np.abs(setting.analyse(sound))[:, known:][:, :90]
    rebuild = Rebuild(setting, sound[:cut])
    made = np.concatenate([rebuild.add(magnitude[:, :40]), rebuild.add(magnitude[:, 40:]), rebuild.finish()])
    first = (known - 1) * setting.hop - rebuild.lead
    assert len(made) == rebuild.lead + 90 * setting.hop
    np.testing.assert_array_equal(made[: 4 * setting.hop], sound[first:][: 4 * setting.hop])
    middle = made[: rebuild.lead + 60 * setting.hop]
    assert np.corrcoef(middle, sound[first:][: len(middle)])[0, 1] > 0.95
    assert np.abs(np.diff(middle)).max() < 1.5 * np.abs(np.diff(sound)).max()


def test_silence_stays_silent():
    rebuild = Rebuild(SETTINGS["quick"])
    made = np.concatenate([rebuild.add(np.zeros((65, 30), np.float32)), rebuild.finish()])
    assert not made.any()
