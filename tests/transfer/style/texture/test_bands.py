import numpy as np
import pytest

from transfer.style.texture.bands import SETTING, Bands, levels

BANDS = Bands()


def test_every_bin_belongs_to_bands_by_shares_of_one():
    np.testing.assert_allclose(BANDS.weights.sum(axis=0), 1, atol=1e-6)
    assert (BANDS.weights >= 0).all()
    assert BANDS.weights.any(axis=1).all()


def test_white_noise_has_the_level_0_in_every_band():
    noise = np.random.default_rng(0).standard_normal((1, 5 * SETTING.rate)).astype(np.float32)
    powers = BANDS.powers(SETTING.analyse(noise))
    np.testing.assert_allclose(powers.mean(axis=1) / BANDS.mean_power(powers), 1, rtol=0.2)


def test_levels_do_not_depend_on_loudness():
    noise = np.random.default_rng(0).standard_normal((1, SETTING.rate)).astype(np.float32)
    one, other = (BANDS.powers(SETTING.analyse(gain * noise)) for gain in (0.01, 0.5))
    np.testing.assert_allclose(levels(one, BANDS.mean_power(one)), levels(other, BANDS.mean_power(other)), atol=1e-4)


def test_a_gain_of_all_bands_is_a_gain_of_all_bins():
    gains = np.full((len(BANDS.weights), 3), 0.7, np.float32)
    np.testing.assert_allclose(BANDS.spread(gains), 0.7, atol=1e-6)


def test_a_tone_is_in_the_band_around_it():
    tone = np.sin(2 * np.pi * 1000 * np.arange(SETTING.rate) / SETTING.rate)[None]
    band = int(BANDS.powers(SETTING.analyse(tone)).mean(axis=1).argmax())
    hertz = np.linspace(0, SETTING.rate / 2, SETTING.rows)
    inside = hertz[BANDS.weights[band] > 0]
    assert inside.min() < 1000 < inside.max()


@pytest.mark.parametrize("value", [0.0, 1e-30])
def test_silence_has_the_lowest_level(value: float):
    assert levels(np.full((2, 2), value, np.float32), 1.0) == pytest.approx(np.log(10**-3.6), rel=1e-5)
