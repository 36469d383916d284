"""The hybrid brings what no gain brings, where texture puts it."""

from dataclasses import replace

import numpy as np
import pytest

from tests.transfer.style.mosaic.sounds import RATE, hats, melody, pings, power_near
from transfer.style.mosaic.hybrid import PRESETS, HybridMethod
from transfer.style.sounds import Sound
from transfer.style.texture.bands import SETTING, Bands, levels
from transfer.style.texture.method import TextureMethod

SETTINGS = replace(PRESETS["ours"], iterations=20)
CONTENT = np.tile(melody((220.0, 293.66, 349.23)), 2)


def transferred(content: np.ndarray, style: np.ndarray, method=HybridMethod, watch=lambda losses: False, **given):
    one = method(replace(SETTINGS, **given))
    return one.transfer(Sound(content, SETTING), one.style_statistics(Sound(style, SETTING)), watch=watch)


@pytest.fixture(scope="module")
def both():
    """Of hybrid and texture: the style pings at 5 kHz, the content has a hiss there."""
    content = CONTENT + (0.003 * np.random.default_rng(0).standard_normal(len(CONTENT))).astype(np.float32)
    return [transferred(content, pings(1.0, 5_000.0), method).sound for method in (HybridMethod, TextureMethod)]


def test_it_brings_what_the_content_has_not(both):
    """Texture makes the hiss pulse, the hybrid pings."""
    hybrid, texture = (power_near(sound[0], 5_000.0) for sound in both)
    assert hybrid > 1.5 * texture


def test_bands_are_as_loud_as_textures(both):
    hybrid, texture = (Bands().powers(SETTING.analyse(sound)) for sound in both)
    found, wanted = (levels(powers, Bands().mean_power(powers)).ravel() for powers in (hybrid, texture))
    assert np.corrcoef(found, wanted)[0, 1] > 0.9


def test_strength_0_is_the_content():
    np.testing.assert_allclose(
        transferred(CONTENT, hats(0.5), style_strength=0.0, iterations=2).sound[0], CONTENT, atol=1e-4
    )


def test_silence_stays_silence():
    content = np.concatenate([CONTENT, np.zeros(RATE, np.float32), CONTENT[: RATE // 2]])
    sound = transferred(content, hats(0.5), iterations=3).sound[0]
    first = len(CONTENT) + RATE // 10
    assert not sound[first : first + round(0.8 * RATE)].any()
    assert sound[: RATE // 2].any()


def test_channels_keep_their_places():
    sound = transferred(np.stack([CONTENT, 0.25 * CONTENT]), hats(0.5), iterations=3).sound
    np.testing.assert_allclose(sound[1], 0.25 * sound[0], atol=1e-4)


def test_a_sound_in_its_own_style_changes_little():
    result = transferred(CONTENT, CONTENT).sound[0]
    assert np.linalg.norm(result - CONTENT) < 0.3 * np.linalg.norm(CONTENT)


def test_interrupted_it_leaves_the_content():
    content, seen = np.tile(CONTENT, 4)[: 8 * RATE], []

    def watch(losses: dict[str, float]) -> bool:
        seen.append(losses)
        return len(seen) == 2

    result = transferred(content, hats(0.5), watch=watch)
    assert result.interrupted
    assert (len(seen), result.optimised_tiles, result.tiles) == (2, 1, 2)
    last = slice(6 * RATE, None)
    np.testing.assert_allclose(result.sound[0, last] / 10 ** (result.gain_db / 20), content[last], atol=1e-3)
