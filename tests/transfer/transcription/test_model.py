"""The network hears what lies where it should, whatever the windows, and its heads learn what they are for."""

import dataclasses

import keras
import numpy as np
import pytest
from keras import ops

from training.errors import InputError
from training.family import Context
from training.runs import load
from transfer.transcription import model
from transfer.transcription.networks import NotesLoss, Stack, harmonic_shifts
from transfer.transcription.transcriber import Transcriber, reach

QUICK = model.PRESETS["quick"]


def test_stacked_harmonics_lie_on_one_row():
    shifts = harmonic_shifts((0.5, 1, 2, 3), 36)
    assert shifts == (-36, 0, 36, 57)
    picture = np.zeros((1, 2, 160, 1), np.float32)
    picture[0, :, [50 + shift for shift in shifts]] = 1
    stacked = ops.convert_to_numpy(Stack(shifts, 100)(picture))
    assert stacked.shape == (1, 2, 100, 4)
    assert stacked[0, 0, 50].tolist() == [1, 1, 1, 1]
    assert stacked[0, 0].sum(axis=1).max() == 4
    assert stacked[0, 0, 49].tolist() == [0, 0, 0, 0]


def test_the_loss_is_what_it_says():
    generator = np.random.default_rng(0)
    true, found = generator.uniform(0.01, 0.99, (2, 2, 5, 88, 4)).astype(np.float32)
    entropy = -(true * np.log(found) + (1 - true) * np.log(1 - found))[..., :3] * [2, 3, 4]
    error = 5 * true[..., 0] * (true[..., 3] - found[..., 3]) ** 2
    expected = (entropy.sum(axis=(2, 3)) + error.sum(axis=2)).mean()
    assert float(NotesLoss((2, 3, 4, 5))(true, found)) == pytest.approx(expected, rel=1e-5)
    copy = NotesLoss.from_config(NotesLoss((2, 3, 4, 5)).get_config())
    assert copy.weights == (2, 3, 4, 5)


@pytest.mark.parametrize("config", [QUICK, dataclasses.replace(QUICK, blocks=2, kernel=5, dilations=(2, 3), windows=(512,))])
def test_a_frame_depends_on_what_is_within_reach_alone(config):
    keras.utils.set_random_seed(0)
    network = model.build(config, Context(steps=1))
    sound = np.random.default_rng(0).normal(0, 0.1, (1, 8_000)).astype(np.float32)
    changed = sound.copy()
    changed[:, : 32 * config.hop - reach(config) * config.hop] = 0.3
    before, after = (ops.convert_to_numpy(network(each))[0] for each in (sound, changed))
    np.testing.assert_allclose(after[32:], before[32:], atol=1e-5)
    assert np.abs(after[: 32 - reach(config)] - before[: 32 - reach(config)]).max() > 1e-4


def test_windows_joined_equal_one_long_pass(run):
    transcriber = Transcriber(run)
    seconds = 26
    sound = np.random.default_rng(0).normal(0, 0.1, seconds * 8_000).astype(np.float32)
    whole = 255 * ops.convert_to_numpy(load(run)(sound[None]))[0][..., :3]
    joined = np.concatenate(list(transcriber.stream(np.array_split(sound, 50))))[..., :3]
    assert len(joined) == len(whole) == 1 + seconds * 64
    inner = slice(transcriber.margin, len(whole) - transcriber.margin)
    assert np.abs(joined[inner] - whole[inner]).max() <= 0.51


def test_time_moves_with_the_sound(run):
    transcriber = Transcriber(run)
    sound = np.zeros(4 * 8_000, np.float32)
    sound[8_000:16_000] = np.random.default_rng(0).normal(0, 0.1, 8_000)
    rolls = [np.concatenate(list(transcriber.stream([np.roll(sound, 125 * frames)]))) for frames in (0, 10)]
    edge = transcriber.margin
    assert np.abs(rolls[1][edge + 10 : -edge].astype(int) - rolls[0][edge : -edge - 10]).max() <= 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [({"windows": (100,)}, "--windows must be even and twice --hop 125"), ({"windows": (1_023,)}, "even")],
)
def test_options_that_do_not_go_together(changes, told):
    with pytest.raises(InputError, match=told):
        model.build(dataclasses.replace(QUICK, **changes), Context(steps=1))
