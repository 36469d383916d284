"""The texture method on sounds with known answers: a steady tone, pulses, noise."""

from dataclasses import replace

import numpy as np
import pytest

from transfer.scores.measures import TEXTURE, TIMBRE, modulation
from transfer.scores.prepare import levelled
from transfer.style.settings import Settings, mask_of
from transfer.style.sounds import Sound
from transfer.style.texture.bands import SETTING
from transfer.style.texture.method import PRESETS, TextureMethod

RATE = SETTING.rate
SETTINGS = replace(PRESETS["ours"], iterations=40)


def pulses(seconds: float, rate: float, seed: int = 1) -> np.ndarray:
    """Noise that is struck `rate` times a second."""
    time = np.arange(round(seconds * RATE)) / RATE
    envelope = np.exp(-12 * np.mod(time, 1 / rate))
    return (0.3 * envelope * np.random.default_rng(seed).standard_normal(len(time))).astype(np.float32)


def chord(seconds: float) -> np.ndarray:
    """Three notes with partials and a little hiss."""
    time = np.arange(round(seconds * RATE)) / RATE
    notes = [220.0, 277.18, 329.63]
    tone = sum(np.sin(2 * np.pi * note * n * time) / n for note in notes for n in range(1, 12))
    hiss = np.random.default_rng(0).standard_normal(len(time))
    return (0.05 * tone * (1 + 0.5 * np.sin(2 * np.pi * 0.5 * time)) + 0.003 * hiss).astype(np.float32)


def transferred(content: np.ndarray, style: np.ndarray, settings: Settings = SETTINGS, watch=lambda losses: False):
    method = TextureMethod(settings)
    return method.transfer(Sound(content, SETTING), method.style_statistics(Sound(style, SETTING)), watch=watch)


@pytest.fixture(scope="module")
def full():
    return transferred(chord(5.0), pulses(4.0, 4.0))


def at_strength(strength: float, **given):
    return transferred(chord(5.0), pulses(4.0, 4.0), replace(SETTINGS, style_strength=strength, **given)).sound[0]


def test_the_style_pulses_are_heard_in_the_content(full):
    content, style, result = (modulation(levelled(sound, "")) for sound in (chord(5.0), pulses(5.0, 4.0), full.sound))
    assert np.linalg.norm(result - style) < 0.7 * np.linalg.norm(content - style)


def test_the_notes_stay(full):
    spectrum = np.abs(np.fft.rfft(full.sound[0] * np.hanning(full.sound.shape[1])))
    hertz = np.fft.rfftfreq(full.sound.shape[1], 1 / RATE)
    for note in (220.0, 277.18, 329.63):
        near = (hertz > note * 0.97) & (hertz < note * 1.03)
        assert abs(1200 * np.log2(hertz[near][spectrum[near].argmax()] / note)) < 3


def test_strength_0_is_the_content():
    np.testing.assert_allclose(at_strength(0.0), chord(5.0), atol=1e-4)


def test_strength_is_monotonic(full):
    """In colour all the way; the movement is the style's well before full strength, and from there on changes little."""
    sounds = [chord(5.0), at_strength(0.2), at_strength(0.4), at_strength(0.6), full.sound]
    style, *views = (levelled(sound, "") for sound in (pulses(5.0, 4.0), *sounds))
    colours = [TIMBRE.compare(TIMBRE.view(views[0]), TIMBRE.view(style), TIMBRE.view(view)) for view in views]
    movements = [TEXTURE.compare(modulation(views[0]), modulation(style), modulation(view)) for view in views]
    assert colours == sorted(colours)
    assert movements[:-1] == sorted(movements[:-1])
    assert movements[-1] > 0.8 * movements[-2] > 0.3


def test_a_mask_leaves_the_rest_alone(full):
    masked = at_strength(1.0, mask=mask_of(("0-2s",)))
    np.testing.assert_allclose(masked[3 * RATE :], chord(5.0)[3 * RATE :], atol=1e-4)
    assert np.abs(masked[: 2 * RATE] - chord(5.0)[: 2 * RATE]).max() > 0.05


def test_a_longer_sound_has_no_seams():
    result = transferred(chord(9.0), pulses(3.0, 4.0))
    assert result.sound.shape == (1, 9 * RATE)
    assert result.optimised_tiles == 2
    jump = np.abs(np.diff(result.sound[0], 2))
    joint = slice(round(4.3 * RATE), round(5.1 * RATE))  # where the tiles overlap
    assert jump[joint].max() < 1.5 * np.delete(jump, np.r_[joint]).max()


def test_pauses_around_a_style_are_no_style():
    method, clip = TextureMethod(SETTINGS), SETTING.columns * SETTING.hop
    style = np.pad(pulses(4.0, 4.0), (RATE // 2, clip - RATE // 2 - 4 * RATE))
    around = np.concatenate([style, np.zeros(3 * clip, np.float32), style])
    alone, found = (method.style_statistics(Sound(sound, SETTING)) for sound in (style, around))
    for name, statistic in alone.statistics.items():
        np.testing.assert_allclose(found.statistics[name], statistic, atol=0.05, err_msg=name)


def test_channels_get_the_same_gains():
    left = chord(5.0)
    result = transferred(np.stack([left, 0.25 * left]), pulses(4.0, 4.0)).sound
    np.testing.assert_allclose(result[1], 0.25 * result[0], atol=1e-5)


def test_silence_stays_silence():
    content = chord(9.0)
    content[3 * RATE : 4 * RATE] = 0
    content[6 * RATE :] = 1e-6 * np.random.default_rng(0).standard_normal(3 * RATE)
    sound = transferred(content, pulses(4.0, 4.0)).sound[0]
    assert not sound[round(3.1 * RATE) : round(3.9 * RATE)].any()
    assert np.abs(sound[round(6.1 * RATE) :]).max() < 1e-4


@pytest.mark.parametrize("seconds", [0.02, 0.4])
def test_sounds_shorter_than_a_clip(seconds: float):
    sound = transferred(chord(seconds), pulses(seconds, 4.0)).sound
    assert sound.shape == (1, round(seconds * RATE))
    assert np.isfinite(sound).all()


def test_levels_of_the_sources_do_not_matter():
    one = transferred(chord(3.0), pulses(3.0, 4.0)).sound
    other = transferred(0.02 * chord(3.0), 3.0 * pulses(3.0, 4.0)).sound
    assert np.corrcoef(one[0], other[0])[0, 1] > 0.99
    assert np.std(other) == pytest.approx(0.02 * np.std(one), rel=0.05)


def test_an_identical_style_changes_little():
    result = transferred(chord(5.0), chord(5.0)).sound[0]
    assert np.linalg.norm(result - chord(5.0)) < 0.2 * np.linalg.norm(chord(5.0))


def test_interrupted_it_leaves_the_content():
    calls = []

    def watch(losses: dict[str, float]) -> bool:
        calls.append(losses)
        return len(calls) == 3

    result = transferred(chord(9.0), pulses(3.0, 4.0), watch=watch)
    assert result.interrupted
    assert (len(calls), result.optimised_tiles, result.tiles) == (3, 1, 2)
    ratio = result.sound[0, 6 * RATE :] / np.where(np.abs(chord(9.0)[6 * RATE :]) > 0.05, chord(9.0)[6 * RATE :], np.nan)
    assert np.nanstd(ratio) < 1e-3, "what was not reached is the content"
