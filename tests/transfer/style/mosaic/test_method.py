"""Mosaics of sounds with known answers: of a sound by itself, of notes that the style has only elsewhere, of silence."""

from dataclasses import replace

import numpy as np
import pytest

from tests.transfer.style.mosaic.sounds import RATE, error_db, hats, melody
from transfer.style.mosaic.method import PRESETS, MosaicMethod
from transfer.style.settings import Settings, mask_of
from transfer.style.sounds import Sound
from transfer.style.texture.bands import SETTING

SETTINGS = PRESETS["ours"]
NOTES = (220.0, 293.66, 349.23, 246.94)


def transferred(content: np.ndarray, style: np.ndarray, settings: Settings = SETTINGS, watch=lambda losses: False):
    method = MosaicMethod(settings)
    return method.transfer(Sound(content, SETTING), method.style_statistics(Sound(style, SETTING)), watch=watch)


def pitch_at(sound: np.ndarray, seconds: float) -> float:
    """Hz of the strongest partial below 600 Hz."""
    part = sound[round(seconds * RATE) :][: RATE // 4]
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 17))
    hertz = np.fft.rfftfreq(1 << 17, 1 / RATE)
    return float(hertz[spectrum[hertz < 600].argmax()])


def test_of_a_sound_by_itself_it_is_the_sound():
    """Of one that nowhere repeats itself: a grain as good, but of another phase, would do as well by magnitudes."""
    sound = melody(NOTES[:2]) + 0.3 * np.random.default_rng(0).standard_normal(round(0.8 * RATE)).astype(np.float32)
    result = transferred(sound, sound)
    assert error_db(result.sound[0], sound) < -20
    assert [len(history) for history in result.histories] == [SETTINGS.iterations]
    assert "nothing to invert" in result.summary


def test_grains_have_the_contents_pitch_and_the_styles_sound():
    """A style of one note with hats: the content's notes come, each with a hat at its beginning."""
    struck = melody((261.63,), 0.4) + 0.5 * hats(0.4, rate=2.5)
    content = melody(NOTES)
    result = transferred(content, struck).sound[0]
    for number, note in enumerate(NOTES):
        assert abs(12 * np.log2(pitch_at(result, 0.4 * number + 0.1) / note)) < 0.6


def test_strength_0_is_the_content_and_a_mask_leaves_the_rest_alone():
    quick = replace(SETTINGS, iterations=2)
    content, style = melody(NOTES), hats(0.5)
    np.testing.assert_allclose(transferred(content, style, replace(quick, style_strength=0.0)).sound[0], content, atol=1e-4)
    masked = transferred(content, style, replace(quick, mask=mask_of(("0-0.5s",)))).sound[0]
    np.testing.assert_allclose(masked[RATE:], content[RATE:], atol=1e-4)
    assert np.abs(masked[: RATE // 3] - content[: RATE // 3]).max() > 0.02


def test_silence_stays_silence():
    content = np.concatenate([melody(NOTES[:2]), np.zeros(RATE, np.float32), melody(NOTES[:1])])
    sound = transferred(content, hats(0.5)).sound[0]
    assert not sound[RATE : round(1.7 * RATE)].any()
    assert sound[: RATE // 2].any()


def test_channels_keep_their_places():
    left = melody(NOTES[:2])
    sound = transferred(np.stack([left, 0.25 * left]), melody(NOTES[2:])).sound
    np.testing.assert_allclose(sound[1], 0.25 * sound[0], atol=1e-4)


@pytest.mark.parametrize("seconds", [1 / RATE, 0.02, 0.3])
def test_sounds_shorter_than_a_grain(seconds: float):
    content, style = (np.full(round(seconds * RATE), 0.1, np.float32) for _ in range(2))
    for one, other in ((content, melody(NOTES[:1])), (melody(NOTES[:1]), style)):
        sound = transferred(one, other).sound
        assert sound.shape == (1, len(one))
        assert np.isfinite(sound).all()


def test_long_contents_have_no_clicks_at_joints():
    """Neither between grains nor between tiles does the sound jump more than the style does."""
    content, style = np.tile(melody(NOTES), 5)[: 8 * RATE], melody((233.08, 311.13))
    result = transferred(content, style, replace(SETTINGS, iterations=5))
    assert (result.tiles, result.optimised_tiles) == (2, 2)
    jumps = np.abs(np.diff(result.sound[0], 2)) / np.abs(result.sound[0]).max()
    assert jumps.max() < 1.5 * (np.abs(np.diff(style, 2)) / np.abs(style).max()).max()


def test_interrupted_it_leaves_the_content():
    content, seen = np.tile(melody(NOTES), 5)[: 8 * RATE], []

    def watch(losses: dict[str, float]) -> bool:
        seen.append(losses)
        return len(seen) == 2

    result = transferred(content, hats(0.5), watch=watch)
    assert result.interrupted
    assert (len(seen), result.optimised_tiles, result.tiles) == (2, 1, 2)
    last = slice(6 * RATE, None)
    np.testing.assert_allclose(result.sound[0, last] / 10 ** (result.gain_db / 20), content[last], atol=1e-3)
