"""Velocities by the sound's level: MIDI's law, whatever the instrument's harmonics, around one velocity."""

import keras
import numpy as np
import pytest

from spectro.layers import LogFrequency
from transfer.transcription.dynamics import FULL, MIDDLE, put_around_the_middle, velocities
from transfer.transcription.model import A0, PER_SEMITONE, PRESETS
from transfer.transcription.notes import LOWEST, heard

CONFIG = PRESETS["ours"]
PITCH = 64


def at(level, partials, rows=340):
    """What is told of a steady PITCH, RMS `level`, with so many partials of one size, in its middle."""
    octave = 12 * PER_SEMITONE
    layer = LogFrequency(CONFIG.rate, CONFIG.hop, CONFIG.windows, A0 * 2 ** (-1 / octave), octave, rows)
    time = np.arange(CONFIG.rate) / CONFIG.rate
    hertz = 440 * 2 ** ((PITCH - 69) / 12)
    sound = sum(np.sin(2 * np.pi * number * hertz * time) for number in range(1, partials + 1))
    sound *= level / np.sqrt(np.square(sound).mean())
    picture = keras.ops.convert_to_numpy(layer(sound[None].astype(np.float32)))[0]
    return velocities(picture, layer, 0.1)[len(picture) // 2]


@pytest.mark.parametrize("partials", [1, 2, 5])
def test_a_note_is_as_loud_as_its_power_says(partials):
    for level in (0.1, 0.05, 0.01):
        loud = at(level, partials)
        assert loud[PITCH - LOWEST] == pytest.approx(10 ** ((20 * np.log10(level / 0.1) - FULL) / 40), rel=0.05)
        assert loud[PITCH - LOWEST - 2] < 0.2 * loud[PITCH - LOWEST]


def test_pictures_may_be_lower_than_the_harmonics():
    rows = PER_SEMITONE * (PITCH - LOWEST + 1) + 2
    assert at(0.1, 1, rows)[PITCH - LOWEST] == pytest.approx(at(0.1, 1)[PITCH - LOWEST], rel=1e-3)


def test_ratios_stay_around_the_middle():
    parts = [heard(*(np.zeros(count) for _ in range(3)), np.array(loud)) for count, loud in ((2, [10.5, 21]), (1, [12]))]
    put_around_the_middle(parts)
    assert [notes["velocity"].tolist() for notes in parts] == [[70, 127], [MIDDLE]]
