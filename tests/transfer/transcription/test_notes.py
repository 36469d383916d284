"""Notes become a roll and come back; of a roll that is not sure of itself they come as the thresholds say."""

import numpy as np
import pytest

from transfer.transcription.notes import LOWEST, PITCHES, Thresholds, heard, notes_of, roll_of

RATE = 62.5


def some(count=60, seed=0):
    """Notes at random, those of a pitch apart from each other."""
    generator = np.random.default_rng(seed)
    onset = np.arange(count) * 0.11 + generator.uniform(0, 0.05, count)
    pitch = generator.permutation(np.arange(LOWEST, LOWEST + PITCHES))[:count]
    return heard(onset, onset + generator.uniform(0.1, 2, count), pitch, generator.integers(1, 128, count))


def test_notes_come_back_from_their_roll():
    notes = some()
    found = notes_of([roll_of(notes, 600, RATE)], RATE, Thresholds())
    assert (found["pitch"] == notes["pitch"]).all()
    np.testing.assert_allclose(found["onset"], notes["onset"], atol=0.1 / RATE)
    np.testing.assert_allclose(found["offset"], notes["offset"], atol=0.6 / RATE)
    np.testing.assert_allclose(found["velocity"].astype(int), notes["velocity"], atol=1)


def test_notes_that_are_struck_again_at_once_stay_two():
    notes = heard(np.array([1.0, 1.5]), np.array([1.5, 2.0]), np.array([60, 60]), np.array([90, 40]))
    found = notes_of([roll_of(notes, 200, RATE)], RATE, Thresholds())
    np.testing.assert_allclose(found["onset"], [1, 1.5], atol=1e-3)
    assert abs(int(found["velocity"][1]) - 40) <= 1


def test_a_roll_may_begin_within_the_piece():
    notes = some(20)
    later = notes_of([roll_of(notes, 100, RATE, begin=0.8)], RATE, Thresholds())
    inside = notes[(notes["onset"] > 0.83) & (notes["onset"] < 2.2)]
    assert np.abs(inside["onset"] - 0.8 - later["onset"][:, None]).min(axis=0).max() < 0.1 / RATE


def test_pitches_that_a_piano_lacks_are_left_out():
    assert not roll_of(heard(*(np.array([value]) for value in (0.1, 0.5, 20, 80))), 50, RATE).any()
    assert not len(notes_of([np.zeros((50, PITCHES, 4), np.uint8)], RATE, Thresholds()))
    assert not len(notes_of([], RATE, Thresholds()))


def test_thresholds_decide():
    roll = roll_of(some(10), 200, RATE)
    unsure = np.rint(0.3 * roll).astype(np.uint8)
    assert not len(notes_of([unsure], RATE, Thresholds(onset=0.4)))
    assert len(notes_of([unsure], RATE, Thresholds(onset=0.2, frame=0.2))) == 10
    lasting = [note["offset"] - note["onset"] for note in notes_of([roll], RATE, Thresholds(shortest=1.0))]
    assert 0 < len(lasting) < 10
    assert min(lasting) >= 1


@pytest.mark.parametrize(("sudden", "frames", "count"), [(0.7, 40, 1), (0.7, 8, 0), (0.95, 40, 0), (1.0, 40, 0)])
def test_a_note_with_a_weak_onset_is_one_whose_frames_are_sure(sudden, frames, count):
    roll = np.zeros((100, PITCHES, 4), np.uint8)
    roll[20 : 20 + frames, 40, 1] = 230
    roll[20, 40, 0] = 60
    found = notes_of([roll], RATE, Thresholds(onset=0.4, sudden=sudden))
    assert len(found) == count
    if count:
        assert found[0].tolist()[:3] == (20 / RATE, 60 / RATE, LOWEST + 40)
        assert found[0]["confidence"] == pytest.approx(230 / 255)


def test_a_note_that_does_not_sound_is_none():
    roll = roll_of(heard(*(np.array([value]) for value in (1.0, 2.0, 60, 80))), 200, RATE)
    roll[..., 1] = 0
    assert not len(notes_of([roll], RATE, Thresholds()))


@pytest.mark.parametrize("sudden", [0.7, 1.0])
def test_it_does_not_matter_in_how_many_stretches_a_roll_comes(sudden):
    generator, notes = np.random.default_rng(1), some(80)
    roll = roll_of(np.concatenate([notes, notes]), 800, RATE)
    roll[:, 30:40, 1] = 255  # pitches that never rest
    roll = np.minimum(roll, generator.integers(0, 256, roll.shape)).astype(np.uint8)
    whole = notes_of([roll], RATE, Thresholds(sudden=sudden))
    assert len(whole) > 50
    for _ in range(3):
        stretches = np.split(roll, np.sort(generator.integers(0, 800, 12)))
        np.testing.assert_array_equal(notes_of(stretches, RATE, Thresholds(sudden=sudden)), whole)
