"""Simple ways to go on, and what compares: known answers."""

import numpy as np
import pytest

from generators.sounds.ways import best_lag, harmony, oracle, repeated, rhythm, seam, sources
from spectro.stft import SpectrogramSetting

SETTING = SpectrogramSetting(hop=525)
COLUMN = SETTING.hop / SETTING.rate


def music(columns, period=20, seed=0):
    """A picture of beats that come again after `period` columns, each with tones of its own."""
    bar = np.random.default_rng(seed).uniform(0, 1, (SETTING.rows, period)).astype(np.float32)
    return np.tile(bar, -(-columns // period))[:, :columns]


def test_copies_take_what_was_heard_again_and_again():
    assert sources(10, 4, np.arange(9)).tolist() == [6, 7, 8, 9, 6, 7, 8, 9, 6]
    assert repeated(np.arange(3)[None], 7).tolist() == [[0, 1, 2, 0, 1, 2, 0]]
    assert repeated(np.arange(5)[None], 2).tolist() == [[3, 4]]


@pytest.mark.parametrize("columns", [15, 50])
def test_what_is_periodic_is_foreseen(columns):
    whole = music(110 + columns)
    known, truth = whole[:, :110], whole[:, 110:]
    np.testing.assert_array_equal(best_lag(known, columns, SETTING), truth)
    np.testing.assert_array_equal(oracle(known, truth, SETTING), truth)


def test_rhythm_and_harmony_and_seam():
    one, other = music(200), music(200, seed=1)
    assert rhythm(one, one, SETTING) == pytest.approx(1)
    assert abs(rhythm(one, np.roll(one, 7, axis=1), SETTING)) < 0.5
    assert rhythm(one, np.full_like(one, 0.5), SETTING) == 0
    assert harmony(one, one, SETTING) == pytest.approx(1)
    assert harmony(one, other, SETTING) < 0.7
    assert seam(one[:, :100], one[:, 100:], SETTING) == pytest.approx(1, abs=0.1)
    assert seam(one[:, :100], one[:, 99:], SETTING) == 0


def test_harmony_hears_a_semitone():
    time = np.arange(2 * SETTING.rate) / SETTING.rate
    pictures = [
        SETTING.to_picture(np.abs(SETTING.analyse(0.5 * np.sin(2 * np.pi * pitch * time))))
        for pitch in (880.0, 1760.0, 932.3)
    ]
    assert harmony(pictures[0], pictures[1], SETTING) > 0.9
    assert harmony(pictures[0], pictures[2], SETTING) < 0.5
