import numpy as np
import pytest

from spectro.stft import SETTINGS
from transfer.style.mask import mask_of
from transfer.style.overview import Overview
from transfer.style.result import CEILING, MOST_LIMITED, Result, assemble, blank
from transfer.style.settings import Recipe
from transfer.style.sounds import Sound
from transfer.style.tiles import tiles

SETTING = SETTINGS["quick"]


def noise(rms: float = 0.1) -> np.ndarray:
    return (rms * np.random.default_rng(0).standard_normal((1, 4 * SETTING.rate))).astype(np.float32)


def assembled(gain, recipe: Recipe, sound: np.ndarray | None = None) -> Result:
    """The content by its own phases, each column with a gain of its own: `gain(times in seconds)`."""
    content = Sound(noise() if sound is None else sound, SETTING)
    result = blank(content, content, Overview(), lambda shape: np.zeros(shape, np.float32))
    runs, column = [], 0
    for tile in tiles(content.blocks(), SETTING, overlap=0):
        spectrum = tile.spectrum[..., : tile.columns]
        times = (column + np.arange(tile.columns)) * SETTING.hop / SETTING.rate
        runs.append((np.abs(spectrum) * gain(times), spectrum, False))
        column += tile.columns
    assemble(result, runs, recipe, seed=0)
    return result


def test_loudness_is_the_contents():
    result = assembled(lambda times: np.full_like(times, 3.0), Recipe())
    np.testing.assert_allclose(result.sound, noise(), atol=1e-4)
    assert result.gain_db == pytest.approx(20 * np.log10(1 / 3), abs=0.01)
    assert result.inversion_error_db is None


def test_a_mask_keeps_the_rest_sample_by_sample():
    result = assembled(lambda times: np.full_like(times, 0.25), Recipe(mask=mask_of(("0-1s",))))
    np.testing.assert_allclose(result.sound[:, 2 * SETTING.rate :], noise()[:, 2 * SETTING.rate :], atol=1e-4)
    assert np.std(result.sound[:, : SETTING.rate // 2]) == pytest.approx(0.025, rel=0.1)


def test_peaks_are_limited_by_so_much_and_the_rest_is_made_less_loud():
    result = assembled(lambda times: np.where((times > 2.0) & (times < 2.2), 100.0, 0.1), Recipe(), noise(0.25))
    assert np.abs(result.sound).max() <= CEILING + 1e-6
    assert result.limited_db == pytest.approx(-20 * np.log10(MOST_LIMITED), abs=0.1)
    assert np.std(result.sound) < 0.9 * 0.25
