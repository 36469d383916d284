import numpy as np
import pytest

from spectro.stft import SETTINGS
from transfer.style.result import CEILING, MAX_COLUMNS, MAX_LIMITED, Preview, Result, assemble, blank
from transfer.style.settings import Settings, mask_of
from transfer.style.sounds import Sound, tiles

SETTING = SETTINGS["quick"]


def noise(rms: float = 0.1) -> np.ndarray:
    return (rms * np.random.default_rng(0).standard_normal((1, 4 * SETTING.rate))).astype(np.float32)


def assembled(gain, settings: Settings, sound: np.ndarray | None = None) -> Result:
    """The content by its own phases, each column with a gain of its own: `gain(times in seconds)`."""
    content = Sound(noise() if sound is None else sound, SETTING)
    result = blank(content, content, Preview(), lambda shape: np.zeros(shape, np.float32))
    runs, column = [], 0
    for tile in tiles(content.blocks(), SETTING, overlap=0):
        spectrum = tile.spectrum[..., : tile.columns]
        times = (column + np.arange(tile.columns)) * SETTING.hop / SETTING.rate
        runs.append((np.abs(spectrum) * gain(times), spectrum, False))
        column += tile.columns
    assemble(result, runs, settings, seed=0)
    return result


def test_loudness_is_the_contents():
    result = assembled(lambda times: np.full_like(times, 3.0), Settings())
    np.testing.assert_allclose(result.sound, noise(), atol=1e-4)
    assert result.gain_db == pytest.approx(20 * np.log10(1 / 3), abs=0.01)
    assert result.inversion_error_db is None


def test_a_mask_keeps_the_rest_sample_by_sample():
    result = assembled(lambda times: np.full_like(times, 0.25), Settings(mask=mask_of(("0-1s",))))
    np.testing.assert_allclose(result.sound[:, 2 * SETTING.rate :], noise()[:, 2 * SETTING.rate :], atol=1e-4)
    assert np.std(result.sound[:, : SETTING.rate // 2]) == pytest.approx(0.025, rel=0.1)


def test_peaks_are_limited_by_so_much_and_the_rest_is_made_less_loud():
    result = assembled(lambda times: np.where((times > 2.0) & (times < 2.2), 100.0, 0.1), Settings(), noise(0.25))
    assert np.abs(result.sound).max() <= CEILING + 1e-6
    assert result.limited_db == pytest.approx(-20 * np.log10(MAX_LIMITED), abs=0.1)
    assert np.std(result.sound) < 0.9 * 0.25


def test_short_pictures_are_kept_and_channels_give_their_loudest():
    preview = Preview()
    pictures = np.random.default_rng(0).random((2, 5, 30), np.float32)
    for first in range(0, 30, 7):
        preview.add(pictures[..., first : first + 7])
    np.testing.assert_array_equal(preview.picture, pictures.max(axis=0))


def test_long_pictures_are_pooled_by_their_loudest():
    preview = Preview()
    picture = np.random.default_rng(0).random((1, 3, 3 * MAX_COLUMNS + 5), np.float32)
    for first in range(0, picture.shape[-1], 631):
        preview.add(picture[..., first : first + 631])
    assert preview.pooled == 4
    padded = np.pad(picture[0], [(0, 0), (0, -picture.shape[-1] % 4)])
    np.testing.assert_array_equal(preview.picture, padded.reshape(3, -1, 4).max(axis=2))
