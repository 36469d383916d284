"""What cells may be: two states or three, values back into classes, notes that end when they have sounded long enough."""

from dataclasses import replace

import numpy as np
import pytest

from generators.sequences.representation import ended, folded, held_columns, said_classes, states_of, values_of, with_onsets
from midi.codecs import codec_named
from midi.codecs.codec import ONSET, REST, SUSTAIN
from midi.columns import PAD


def column(*classes):
    return np.array([classes], np.int32)


@pytest.mark.parametrize(("name", "states"), [("beats88", 3), ("levels88", 3), ("frames88", 2), ("roll96", 2)])
def test_black_and_white_pictures_have_two_states(name, states):
    assert states_of(codec_named(name)) == states
    assert len(values_of(states)) == states


def test_two_states_are_on_and_off_and_back():
    notes = np.array([[REST, ONSET, SUSTAIN, REST], [ONSET, SUSTAIN, SUSTAIN, REST], [PAD] * 4], np.uint8)
    two = folded(notes, 2)
    assert two.tolist() == [[REST, ONSET, ONSET, REST], [ONSET, ONSET, ONSET, REST], [PAD] * 4]
    assert with_onsets(two[:2], 2).tolist() == [[REST, ONSET, ONSET, REST], [ONSET, SUSTAIN, SUSTAIN, REST]]
    np.testing.assert_array_equal(folded(notes, 3), notes)
    np.testing.assert_array_equal(with_onsets(notes, 3), notes)


def test_folding_and_unfolding_undo_each_other():
    on = np.random.default_rng(0).integers(0, 2, (200, 30)).astype(np.uint8)
    unfolded = with_onsets(on, 2)
    np.testing.assert_array_equal(folded(unfolded, 2), on)
    np.testing.assert_array_equal(with_onsets(folded(unfolded, 2), 2), unfolded)
    codec = replace(codec_named("frames88"), columns=200, high=50)
    np.testing.assert_array_equal(codec.classes(codec.from_classes(unfolded.T[None]))[0].T, unfolded)


@pytest.mark.parametrize("name", ["beats88", "frames88"])
def test_values_are_read_as_the_nearest_class(name):
    codec = codec_named(name)
    said = np.random.default_rng(0).uniform(-0.2, 1.2, (2, 50, 88)).astype(np.float32)
    levels = np.array([0, 125, 255]) / 255 if states_of(codec) == 3 else np.array([0, 1])
    classes = said_classes(said, codec)
    assert classes.dtype == np.uint8
    np.testing.assert_array_equal(classes, np.abs(said[..., None] - levels).argmin(axis=-1))
    np.testing.assert_allclose(values_of(states_of(codec)), levels, atol=1e-7)
    np.testing.assert_array_equal(said_classes(classes.astype(np.int32), codec), classes)


def test_how_long_notes_have_been_held():
    columns = np.array(
        [
            [REST, ONSET, SUSTAIN, ONSET, ONSET, REST, ONSET],
            [ONSET, SUSTAIN, SUSTAIN, REST, SUSTAIN, REST, SUSTAIN],
            [SUSTAIN, SUSTAIN, SUSTAIN, REST, ONSET, ONSET, REST],
        ],
        np.uint8,
    )
    assert held_columns(columns).tolist() == [2, 3, 3, 0, 1, 1, 0]
    assert held_columns(columns[:1]).tolist() == [0, 1, 1, 1, 1, 0, 1]
    assert held_columns(columns[:0]).tolist() == [0] * 7


def test_a_note_that_goes_on_after_silence_is_as_old_as_it_sounds():
    """Written by a model, whose first sustained cell begins a note: the silence before it is no part of the note."""
    columns = np.array([[ONSET], [REST], [SUSTAIN], [SUSTAIN]], np.uint8)
    assert held_columns(columns).tolist() == [2]


def test_a_note_ends_when_it_has_sounded_long_enough():
    said = column(SUSTAIN, SUSTAIN, ONSET, ONSET, REST, REST)
    held = column(3, 4, 4, 0, 4, 0)
    classes, after = map(np.asarray, ended(said, held, 4))
    assert classes.tolist() == [[SUSTAIN, REST, ONSET, ONSET, REST, REST]]
    assert after.tolist() == [[4, 0, 1, 1, 0, 0]]


def test_no_note_of_a_piece_is_longer_than_the_longest():
    said = np.array([[ONSET, SUSTAIN, SUSTAIN, SUSTAIN, ONSET, SUSTAIN], [REST] * 4 + [ONSET, SUSTAIN]], np.int32)
    held, heard = np.zeros((1, 2), np.int32), []
    for column in said.T:
        classes, held = map(np.asarray, ended(column[None], held, 3))
        heard.append(classes[0])
        np.testing.assert_array_equal(held[0], held_columns(np.array(heard)))
    said[0, 3] = REST
    np.testing.assert_array_equal(np.transpose(heard), said)
