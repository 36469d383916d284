from dataclasses import replace

import numpy as np
import pytest

from tests.transfer.conftest import tone
from training.errors import InputError
from transfer.style.features.extractor import Extractor
from transfer.style.features.lil_data import PRESETS
from transfer.style.methods import transfer_style
from transfer.style.sounds import Sound, count_tiles

QUICK = PRESETS["quick"]


def decibels(ratio: float) -> float:
    return 20 * np.log10(ratio)


@pytest.mark.parametrize(("seconds", "channels"), [(1 / 8_000, 1), (0.01, 2), (0.3, 1), (1.3, 3)])
def test_any_length_and_channels_come_back_at_the_contents_level(extractor: Extractor, noise, seconds, channels):
    content = noise(seconds, channels)
    result = transfer_style(content, noise(0.7, 2, seed=1), extractor, QUICK)
    assert result.sound.shape == content.shape
    assert np.isfinite(result.sound).all()
    assert abs(decibels(np.linalg.norm(result.sound) / np.linalg.norm(content))) < 0.1
    assert result.tiles == result.optimised_tiles == count_tiles(result.content)
    assert [len(history) for history in result.histories] == [QUICK.iterations] * result.tiles * channels
    assert (
        result.previews["result"].columns == result.previews["content"].columns == extractor.setting.frames(content.shape[1])
    )


def test_without_style_the_content_comes_back_over_all_tiles(extractor: Extractor):
    content = tone(3.0)
    result = transfer_style(content, tone(1.0, 900.0), extractor, replace(QUICK, style_weight=0.0))
    assert result.tiles > 5
    error = (result.sound - content)[:, :-128]
    assert decibels(np.abs(error).max() / 0.3) < -35  # windows that overlap by half only, as here, bind phases loosely
    assert result.inversion_error_db < -45


def test_it_changes_the_sound_and_each_channel_for_itself(extractor: Extractor, noise):
    content = np.concatenate([noise(0.5), noise(0.5)])
    result = transfer_style(content, tone(0.5), extractor, QUICK)
    assert decibels(np.linalg.norm(result.sound - content) / np.linalg.norm(content)) > -40
    np.testing.assert_allclose(result.sound[0], result.sound[1], atol=1e-5)


@pytest.mark.parametrize("phase", ["content", "random", "heap"])
def test_the_same_seed_gives_the_same_sound(extractor: Extractor, noise, phase):
    settings = replace(QUICK, phase=phase)
    first, second = (transfer_style(noise(0.6), tone(0.5), extractor, settings, seed=3).sound for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_loud_result_is_limited_rather_than_clipped(extractor: Extractor):
    content = np.sign(tone(0.6)) * np.float32(0.999)
    result = transfer_style(content, tone(0.6, 900.0), extractor, replace(QUICK, phase="random"))
    assert np.abs(result.sound).max() <= 0.99
    assert result.limited_db < 0
    assert "limited" in result.summary


def test_silence_within_the_content_stays_silent(extractor: Extractor, noise):
    content = noise(1.5)
    content[:, 4_000:8_000] = 0
    result = transfer_style(content, tone(0.5), extractor, replace(QUICK, style_weight=1e4))
    assert np.abs(result.sound[:, 4_300:7_700]).max() < 1e-3


def test_stopped_the_rest_is_the_content(extractor: Extractor, noise):
    content, seen = noise(2.0), []

    def watch(losses: dict) -> bool:
        seen.append(losses)
        return len(seen) == 4

    result = transfer_style(content, tone(0.5), extractor, replace(QUICK, style_weight=1e4), watch=watch)
    assert result.interrupted
    assert result.optimised_tiles == 2 < result.tiles
    assert [len(history) for history in result.histories] == [3, 1]
    rest = result.sound[:, 10_000:-64] / 10 ** (result.gain_db / 20)
    np.testing.assert_allclose(rest, content[:, 10_000:-64], atol=2e-3)


def test_the_style_statistic_is_taken_over_all_of_the_style(extractor: Extractor, noise):
    half, other = noise(0.5, seed=1), tone(0.5)
    settled = [
        extractor.style_statistics([(picture_of(extractor, sound), 1.0) for sound in sounds])["conv_1"]
        for sounds in ([half], [other], [half, other])
    ]
    np.testing.assert_allclose(settled[2], (settled[0] + settled[1]) / 2, rtol=1e-5)


def picture_of(extractor: Extractor, sound: np.ndarray) -> np.ndarray:
    return extractor.setting.to_picture(np.abs(extractor.setting.analyse(sound)))[0]


@pytest.mark.parametrize(
    ("sound", "reason"),
    [
        (np.zeros((1, 800), np.float32), "silent"),
        (np.full((1, 800), 1e-6, np.float32), "silent"),
        (np.full((2, 800), np.nan, np.float32), "NaN"),
    ],
)
def test_a_bad_sound_is_refused_with_a_reason(extractor: Extractor, sound: np.ndarray, reason: str):
    with pytest.raises(InputError, match=reason):
        Sound(sound, extractor.setting)


def test_the_extractor_knows_what_its_content_layer_sees(extractor: Extractor):
    rows, columns = extractor.seen()
    assert 0.8 * 65 < rows <= 65
    assert 0.8 * 63 < columns <= 63
