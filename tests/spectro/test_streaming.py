"""Columns that come piece by piece: no seam, the error that is told, and sounds that are gone on with."""

import numpy as np
import pytest

from spectro.inversion import inversion_error
from spectro.stft import SETTINGS, SpectrogramSetting
from spectro.streaming import StreamingGriffinLim, scratch_array, whole_columns

SETTING = SpectrogramSetting(rate=8_000, n_fft=256, hop=32, seconds=0.5)


def tone(seconds: float) -> np.ndarray:
    """440 Hz of amplitude 0.3: float32 (1, samples)."""
    time = np.arange(round(seconds * SETTING.rate)) / SETTING.rate
    return (0.3 * np.sin(2 * np.pi * 440 * time)).astype(np.float32)[None]


def rebuilt(signal: np.ndarray, start: str, columns: int) -> tuple[np.ndarray, StreamingGriffinLim]:
    """The sound of a recording's own magnitude, in pieces of `columns`; start: heap, random or content, its own phases."""
    momentum = 0 if start == "content" else 0.99
    stream = StreamingGriffinLim(SETTING, samples=signal.shape[1], iterations=30, momentum=momentum)
    spectrum = SETTING.analyse(signal)
    pieces = [spectrum[..., first : first + columns] for first in range(0, spectrum.shape[-1], columns)]
    parts = [stream.add(np.abs(piece), np.angle(piece) if start == "content" else start) for piece in pieces]
    return np.concatenate(parts, axis=1), stream


@pytest.mark.parametrize("length", [1, 63, 640, 8_000, 8_001, 20_011])
def test_the_contents_phase_gives_the_content_back(length: int):
    signal = np.random.default_rng(0).standard_normal((2, length)).astype(np.float32)
    sound, _ = rebuilt(signal, "content", 56)
    assert sound.shape == signal.shape
    np.testing.assert_allclose(sound, signal, atol=0.02)


@pytest.mark.parametrize("start", ["content", "heap", "random"])
def test_the_error_told_is_the_error_measured(start: str):
    signal = np.random.default_rng(1).standard_normal((1, 20_000)).astype(np.float32)
    sound, stream = rebuilt(signal, start, 56)
    measured = inversion_error(sound, np.abs(SETTING.analyse(signal)), SETTING)
    assert stream.error_db == pytest.approx(measured, abs=0.3)


def unevenness_db(sound: np.ndarray) -> float:
    """Loudest against softest frame of the bin that holds the tone."""
    level = np.abs(SETTING.analyse(sound))[0, 14, 8:-8]
    return float(20 * np.log10(level.max() / level.min()))


def far_from_tone(sound: np.ndarray) -> float:
    """The loudest bin where the tone is not: a click would be there."""
    return float(np.abs(SETTING.analyse(sound))[0, 40:, 8:-8].max())


@pytest.mark.parametrize("start", ["content", "heap"])
def test_a_steady_tone_has_no_seam(start: str):
    pieces, _ = rebuilt(tone(4.0), start, 56)
    whole, _ = rebuilt(tone(4.0), start, 10_000)
    assert unevenness_db(pieces) < 0.1
    assert far_from_tone(pieces) < 2 * far_from_tone(whole)


def test_steady_noise_has_no_seam():
    """From random phases nothing is even, but the columns at the joints are not softer than the others."""
    signal = np.random.default_rng(2).standard_normal((1, 40_000)).astype(np.float32)
    sound, _ = rebuilt(signal, "random", 56)
    heard, wanted = (np.linalg.norm(SETTING.analyse(which)[0], axis=0) for which in (sound, signal))
    level = 20 * np.log10(heard / wanted)
    joints = [column for first in range(56, 1_200, 56) for column in range(first - 16, first)]
    assert abs(level[joints].mean() - np.delete(level, joints).mean()) < 0.5


def test_silence_is_rebuilt_as_silence():
    sound, stream = rebuilt(np.zeros((1, 3_000), np.float32), "content", 56)
    assert not sound.any()
    assert stream.error_db is None


def test_a_sound_goes_on_without_a_seam():
    """True columns after a true beginning: the sound itself again, piece by piece, and the very samples of the lead."""
    setting = SETTINGS["lil_data"]
    time = np.arange(3 * setting.rate) / setting.rate
    sound = (0.4 * np.sin(2 * np.pi * 440 * time) + 0.2 * np.sin(2 * np.pi * 997 * time)).astype(np.float32)
    cut = 2 * setting.rate + 37
    known = whole_columns(setting, cut)
    magnitude = np.abs(setting.analyse(sound))[:, known:][:, :90]
    stream = StreamingGriffinLim(setting, sound[:cut])
    made = np.concatenate([stream.add(magnitude[:, :40]), stream.add(magnitude[:, 40:]), stream.finish()])
    first = (known - 1) * setting.hop - stream.lead
    assert len(made) == stream.lead + 90 * setting.hop
    np.testing.assert_array_equal(made[: 4 * setting.hop], sound[first:][: 4 * setting.hop])
    middle = made[: stream.lead + 60 * setting.hop]
    assert np.corrcoef(middle, sound[first:][: len(middle)])[0, 1] > 0.95
    assert np.abs(np.diff(middle)).max() < 1.5 * np.abs(np.diff(sound)).max()


def test_silence_stays_silent():
    stream = StreamingGriffinLim(SETTINGS["quick"])
    made = np.concatenate([stream.add(np.zeros((65, 30), np.float32)), stream.finish()])
    assert not made.any()


def test_the_phases_of_a_recording_are_taken_as_they_are_without_iterations():
    signal = np.random.default_rng(3).standard_normal((1, 9_000)).astype(np.float32)
    spectrum = SETTING.analyse(signal)
    stream = StreamingGriffinLim(SETTING, samples=9_000)
    pieces = [spectrum[..., first : first + 100] for first in range(0, spectrum.shape[-1], 100)]
    sound = np.concatenate([stream.add(np.abs(piece), np.angle(piece), iterations=0) for piece in pieces], axis=1)
    np.testing.assert_allclose(sound, signal, atol=0.02)


def test_what_the_inversion_missed_is_told_of_a_sound_gone_on_with():
    stream = StreamingGriffinLim(SETTING)
    assert stream.error_db is None
    stream.add(np.abs(SETTING.analyse(tone(2.0)))[0])
    assert stream.error_db < -10


def test_the_scratch_array_is_zero_and_leaves_no_file(tmp_path):
    array = scratch_array(tmp_path, (2, 1_500_000))
    assert not array.any()
    array[1, -1] = 2
    assert array[1, -1] == 2
    assert not list(tmp_path.iterdir())
