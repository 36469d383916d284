import numpy as np
import pytest

from training.errors import InputError
from transfer.style.mosaic.grains import STRETCHES, TRANSPOSITIONS, grains_of
from transfer.style.sounds import Sound
from transfer.style.texture.bands import SETTING

RATE = SETTING.rate


def tone(seconds: float, hertz: float = 440.0) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def test_copies_sound_in_every_pitch_class():
    grains = grains_of(Sound(tone(1.0), SETTING))
    ends = np.flatnonzero(~grains.follows) + 1
    hertz = np.linspace(0, RATE / 2, SETTING.rows)
    copies = np.split(grains.magnitude, ends, axis=1)
    assert len(copies) == len(TRANSPOSITIONS)
    for semitones, copy in zip(TRANSPOSITIONS, copies, strict=True):
        middle = copy[:, copy.shape[1] // 2]
        centre = np.sum(hertz * middle**2) / np.sum(middle**2)
        assert abs(12 * np.log2(centre / 440) - semitones) < 0.3


def test_the_style_itself_is_among_them():
    sound = np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    own = SETTING.analyse(sound)
    first = sum(SETTING.frames(round(RATE / 2 ** (semitones / 12))) for semitones in TRANSPOSITIONS if semitones < 0)
    grains = grains_of(Sound(sound, SETTING))
    np.testing.assert_allclose(grains.spectrum[:, first : first + own.shape[1]], own, atol=1e-4)


def test_of_a_long_style_stretches_are_taken_and_told(capsys):
    grains = grains_of(Sound(tone(STRETCHES + 30.5), SETTING))
    seconds = grains.spectrum.shape[1] * SETTING.hop / RATE / len(TRANSPOSITIONS)
    assert 0.9 * STRETCHES < seconds < 1.2 * STRETCHES
    assert "10 stretches of a second" in capsys.readouterr().err


def test_a_style_shorter_than_a_grain_is_told(capsys):
    grains = grains_of(Sound(tone(0.02), SETTING))
    assert grains.magnitude.any()
    assert "the style lasts 0.020 s, a grain 0.046 s" in capsys.readouterr().err
    grains_of(Sound(tone(0.05), SETTING))
    assert not capsys.readouterr().err


def test_channels_that_cancel_are_refused():
    with pytest.raises(InputError, match="antiphase"):
        grains_of(Sound(np.stack([tone(1.0), -tone(1.0)]), SETTING))
