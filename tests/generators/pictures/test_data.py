"""Pictures on their way to a model: moved in pitch, with the numbers of their labels."""

from types import SimpleNamespace

import numpy as np
import pytest

from generators.pictures.data import Feed, batches, label_numbers, moved
from midi.codecs import codec_named
from training.errors import InputError


def test_a_picture_moves_by_its_rows_unless_a_note_would_be_lost():
    pictures = np.full((5, 8, 3, 2), -1.0, np.float32)
    pictures[:, 2, 1, 0], pictures[:, 4, :, 1] = 1.0, 0.5
    out = moved(pictures, np.array([0, 3, -2, 4, -3]), -1.0)
    for number, rows in enumerate((0, 3, -2, 0, 0)):
        np.testing.assert_array_equal(out[number], np.roll(pictures[number], rows, axis=0))


def test_an_empty_picture_stays_empty():
    black = np.zeros((2, 4, 4, 1), np.float32)
    np.testing.assert_array_equal(moved(black, np.array([3, -3]), 0.0), black)


def test_every_step_up_and_down_is_drawn_as_often():
    picture = np.zeros((1, 20, 1, 1), np.float32)
    picture[0, 10] = 1.0
    out, target = Feed(2, 0.0)(np.repeat(picture, 5_000, axis=0), None, np.random.default_rng(0))
    assert target is None
    counts = np.bincount(out[:, :, 0, 0].argmax(axis=1), minlength=20)
    assert counts.sum() == counts[8:13].sum() == 5_000
    assert np.abs(counts[8:13] - 1_000).max() < 150


def test_labels_become_inputs():
    pictures, labels = np.zeros((3, 4, 4, 1), np.float32), np.array([1, 0, 1], np.int32)
    inputs, target = Feed(0, 0.0)(pictures, labels, np.random.default_rng(0))
    assert target is None
    np.testing.assert_array_equal(inputs[1], labels)


def test_a_label_is_its_place_among_the_labels():
    corpus = SimpleNamespace(rows=[{"label": label} for label in ("b", "a", "rare")], source_of=np.array([0, 0, 1, 2]))
    assert label_numbers(corpus, ("a", "b")).tolist() == [1, 1, 0, -1]


@pytest.mark.parametrize("codec", ["interleaved32", "lossless"])
def test_pictures_whose_rows_are_no_pitches_cannot_be_transposed(codec):
    with pytest.raises(InputError, match=f"those of {codec} are not one a pitch: use --transpose 0"):
        batches(None, np.arange(4), codec_named(codec), 0.0, 2, transpose=1)
