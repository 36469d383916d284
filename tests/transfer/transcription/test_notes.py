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
    assert len(notes_of([unsure], RATE, Thresholds(onset=0.2))) == 10
    lasting = [note["offset"] - note["onset"] for note in notes_of([roll], RATE, Thresholds(shortest=1.0))]
    assert 0 < len(lasting) < 10
    assert min(lasting) >= 1


def cell(frames, onset=(), sounding=0, offset=()):
    """A roll in which pitch LOWEST + 40 alone is heard: (place, values) of onsets and offsets, frames that sound."""
    roll = np.zeros((frames, PITCHES, 4), np.uint8)
    for head, given in ((0, onset), (2, offset)):
        for place, values in given:
            roll[place : place + len(values), 40, head] = np.rint(255 * np.array(values))
    roll[20 : 20 + sounding, 40, 1] = 255
    return roll


def test_an_onset_counts_by_all_that_is_heard_of_it():
    """A network that does not know in which of three frames a note began is as sure of the note as one that knows."""
    spread = cell(100, onset=[(19, (0.3, 0.35, 0.3))], sounding=40)
    (note,) = notes_of([spread], RATE, Thresholds(onset=0.47))
    assert note["onset"] == pytest.approx(20 / RATE, abs=0.5 / RATE)
    assert note["confidence"] == pytest.approx(0.475, abs=0.01)
    assert not len(notes_of([spread], RATE, Thresholds(onset=0.49)))


@pytest.mark.parametrize("values", [(0.5, 1, 0.5), (0.1, 0.2, 0.1), (0.2, 0.2, 0.2, 0.2)])
def test_a_note_ends_where_most_tells_of_an_end(values):
    """However little that is, and although it goes on to sound, as rooms and pedals let it; nothing counts once the next one
    has begun."""
    begun = [(19, (0.5, 1, 0.5)), (119, (0.5, 1, 0.5))]
    roll = cell(200, onset=begun, sounding=132, offset=[(70, values), (90, (0.05, 0.1)), (150, (0.5, 1, 0.5))])
    first, second = notes_of([roll], RATE, Thresholds())
    assert first["offset"] == pytest.approx((70 + (len(values) - 1) / 2) / RATE, abs=1 / RATE)
    assert second["offset"] == pytest.approx(151 / RATE, abs=0.1 / RATE)


def test_without_an_end_a_note_ends_where_it_stops_sounding():
    (note,) = notes_of([cell(100, onset=[(19, (0.5, 1, 0.5))], sounding=40)], RATE, Thresholds())
    assert note["offset"] == pytest.approx(59.5 / RATE, abs=0.6 / RATE)
    (note,) = notes_of([cell(100, onset=[(19, (0.5, 1, 0.5))], sounding=80)], RATE, Thresholds())
    assert note["offset"] == pytest.approx(99.5 / RATE, abs=0.6 / RATE)


def test_a_note_that_does_not_sound_is_none():
    roll = roll_of(heard(*(np.array([value]) for value in (1.0, 2.0, 60, 80))), 200, RATE)
    roll[..., 1] = 0
    assert not len(notes_of([roll], RATE, Thresholds()))


@pytest.mark.parametrize("quiet", [0, 20, 60])
@pytest.mark.parametrize("onset", [0.2, 0.4])
@pytest.mark.parametrize("long", [100, 4_096])
def test_it_does_not_matter_in_how_many_stretches_a_roll_comes(onset, quiet, long, monkeypatch):
    """Nor how much is heard of what is not there, nor how long a pitch is waited for that does not rest."""
    monkeypatch.setattr("transfer.transcription.notes.LONG", long)
    generator, notes = np.random.default_rng(1), some(80)
    roll = roll_of(np.concatenate([notes, notes]), 800, RATE)
    roll[:, 30:40, 1] = 255  # pitches that never rest
    roll = np.minimum(roll, generator.integers(0, 256, roll.shape))
    roll = np.maximum(roll, generator.integers(0, 1 + quiet, roll.shape)).astype(np.uint8)
    whole = notes_of([roll], RATE, Thresholds(onset))
    assert len(whole) > 50
    for _ in range(5):
        stretches = np.split(roll, np.sort(generator.integers(0, 800, 12)))
        np.testing.assert_array_equal(notes_of(stretches, RATE, Thresholds(onset)), whole)
