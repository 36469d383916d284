"""Columns as steps: two states or three, values back into classes, notes that end when they have sounded long enough."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from generators.sequences.columns import ColumnLimit, Columns, columns_sounded
from generators.sequences.representation import Stretch
from midi.codecs import codec_named
from midi.codecs.codec import ONSET, REST, SUSTAIN
from midi.columns import PAD
from training.errors import InputError


def column(*classes):
    return np.array([classes], np.int32)


@pytest.mark.parametrize(("name", "states"), [("beats88", 3), ("levels88", 3), ("frames88", 2)])
def test_black_and_white_pictures_have_two_states(name, states):
    columns = Columns(codec_named(name))
    assert columns.vocabulary == (states,) * 88
    assert len(columns.values) == states


def test_two_states_are_on_and_off_and_back():
    notes = np.array([[REST, ONSET, SUSTAIN, REST], [ONSET, SUSTAIN, SUSTAIN, REST], [PAD] * 4], np.uint8)
    black, grey = Columns(codec_named("frames88")), Columns(codec_named("beats88"))
    two = black.to_model(notes)
    assert two.tolist() == [[REST, ONSET, ONSET, REST], [ONSET, ONSET, ONSET, REST], [PAD] * 4]
    assert black.from_model(two[:2]).tolist() == [[REST, ONSET, ONSET, REST], [ONSET, SUSTAIN, SUSTAIN, REST]]
    np.testing.assert_array_equal(grey.to_model(notes), notes)
    np.testing.assert_array_equal(grey.from_model(notes), notes)


def test_folding_and_unfolding_undo_each_other():
    on = np.random.default_rng(0).integers(0, 2, (200, 30)).astype(np.uint8)
    codec = replace(codec_named("frames88"), columns=200, high=50)
    columns = Columns(codec)
    unfolded = columns.from_model(on)
    np.testing.assert_array_equal(columns.to_model(unfolded), on)
    np.testing.assert_array_equal(columns.from_model(columns.to_model(unfolded)), unfolded)
    np.testing.assert_array_equal(codec.classes(codec.from_classes(unfolded.T[None]))[0].T, unfolded)


@pytest.mark.parametrize("name", ["beats88", "frames88"])
def test_values_are_read_as_the_nearest_class(name):
    columns = Columns(codec_named(name))
    generated = np.random.default_rng(0).uniform(-0.2, 1.2, (50, 88)).astype(np.float32)
    levels = np.array([0, 125, 255]) / 255 if columns.states == 3 else np.array([0, 1])
    classes = columns.from_model(generated)
    assert classes.dtype == np.uint8
    np.testing.assert_array_equal(columns.to_model(classes), np.abs(generated[..., None] - levels).argmin(axis=-1))
    np.testing.assert_allclose(columns.values, levels, atol=1e-7)
    np.testing.assert_array_equal(columns.from_model(columns.to_model(classes).astype(np.int32)), classes)


def test_for_how_long_notes_have_sounded():
    columns = np.array(
        [
            [REST, ONSET, SUSTAIN, ONSET, ONSET, REST, ONSET],
            [ONSET, SUSTAIN, SUSTAIN, REST, SUSTAIN, REST, SUSTAIN],
            [SUSTAIN, SUSTAIN, SUSTAIN, REST, ONSET, ONSET, REST],
        ],
        np.uint8,
    )
    assert columns_sounded(columns).tolist() == [2, 3, 3, 0, 1, 1, 0]
    assert columns_sounded(columns[:1]).tolist() == [0, 1, 1, 1, 1, 0, 1]
    assert columns_sounded(columns[:0]).tolist() == [0] * 7


def test_a_note_that_goes_on_after_a_rest_is_as_old_as_it_sounds():
    """Written by a model, whose first sustained cell begins a note: the rest before it is no part of the note."""
    columns = np.array([[ONSET], [REST], [SUSTAIN], [SUSTAIN]], np.uint8)
    assert columns_sounded(columns).tolist() == [2]


def test_a_note_ends_when_it_has_sounded_long_enough():
    generated = column(SUSTAIN, SUSTAIN, ONSET, ONSET, REST, REST)
    sounded = column(3, 4, 4, 0, 4, 0)
    classes, after = map(np.asarray, ColumnLimit(4)(generated, sounded))
    assert classes.tolist() == [[SUSTAIN, REST, ONSET, ONSET, REST, REST]]
    assert after.tolist() == [[4, 0, 1, 1, 0, 0]]


def test_no_note_of_a_piece_is_longer_than_the_longest():
    generated = np.array([[ONSET, SUSTAIN, SUSTAIN, SUSTAIN, ONSET, SUSTAIN], [REST] * 4 + [ONSET, SUSTAIN]], np.int32)
    sounded, limited = np.zeros((1, 2), np.int32), []
    for column in generated.T:
        classes, sounded = map(np.asarray, ColumnLimit(3)(column[None], sounded))
        limited.append(classes[0])
        np.testing.assert_array_equal(sounded[0], columns_sounded(np.array(limited)))
    generated[0, 3] = REST
    np.testing.assert_array_equal(np.transpose(limited), generated)


@pytest.mark.parametrize(("name", "down"), [("beats88", -3), ("frames88", 3)])
def test_transposition_moves_pitches_up_or_loses_no_note(name, down):
    columns = Columns(codec_named(name))
    steps = np.zeros((4, 88), np.uint8)
    steps[0, 10], steps[1, 60], steps[3] = ONSET, ONSET, PAD
    moved = columns.transposed(steps, 3)
    np.testing.assert_array_equal(np.argwhere(moved[:2]), [[0, 10 + down], [1, 60 + down]])
    assert (moved[3] == PAD).all()
    assert columns.transposed(steps, -28 * np.sign(down)) is None
    assert columns.transposed(steps, 28 * np.sign(down)) is None
    np.testing.assert_array_equal(columns.transposed(np.zeros((2, 88), np.uint8), 60), np.zeros((2, 88)))


def test_lengths_and_notes():
    """In quarters where columns are parts of one; a bar of seconds is two of them."""
    beats, seconds, frames = (Columns(codec_named(name)) for name in ("beats88", "levels88", "frames88"))
    assert [each.steps_per_bar for each in (beats, seconds, frames)] == [16, 40, 8]
    steps = np.zeros((12, 88), np.uint8)
    steps[2:5, 40], steps[4, 41] = (ONSET, SUSTAIN, ONSET), ONSET
    assert [each.duration(steps) for each in (beats, seconds, frames)] == [3, None, 6]
    assert beats.notes(steps) == 3
    assert frames.notes(steps) == 2, "frames do not tell that a note begins again"


def test_a_stretch_is_of_steps_or_of_bars():
    beats, steps = Columns(codec_named("beats88")), np.zeros((40, 88), np.uint8)
    assert Stretch(2).within(beats, steps) == 32
    assert Stretch(2, 5).within(beats, steps) == 5
    assert Stretch(8).within(beats, steps) == 40
    assert [Stretch(bars).filled(beats, steps) for bars in (2, 2.5, 3)] == [True, True, False]


def test_a_stretch_of_steps_without_a_length_is_found_by_how_long_they_last():
    tokens = SimpleNamespace(steps_per_bar=None, bars=lambda steps: np.cumsum(steps) / 4)
    steps = np.array([[0], [3], [0], [1], [0], [2], [0]])
    assert [Stretch(bars).within(tokens, steps) for bars in (0.5, 1, 1.25, 2)] == [1, 5, 5, 7]
    assert Stretch(1.5).filled(tokens, steps)
    assert not Stretch(1.75).filled(tokens, steps)
    assert Stretch(1, 3).within(tokens, steps) == 3


def test_facts_make_the_same_again_and_other_lengths_of_pictures_serve():
    columns = Columns(codec_named("beats88"))
    assert Columns.from_facts(columns.facts() | {"seed": 1}) == columns
    assert columns.serves({"codec": columns.codec.facts() | {"columns": 7}})
    assert not columns.serves(Columns(codec_named("levels88")).facts())
    with pytest.raises(InputError, match="interleaved32 do not show one cell a pitch"):
        Columns(codec_named("interleaved32"))
