"""Sets that are alike come near the floor; those that are not, or that hold one picture again and again, do not."""

import numpy as np
import pytest

from generators.pictures.data import open_images
from generators.pictures.evaluation.likeness import PictureSet, likeness
from midi.codecs import codec_named
from midi.measures.comparison import compare, split_half
from midi.measures.tables import measure_pictures
from training.errors import InputError

ROLL = codec_named("roll96")


@pytest.fixture(scope="module")
def images(pieces, runs):
    corpus = open_images(pieces, ROLL, runs["vae"].parent / "cache")
    return corpus[np.random.default_rng(0).permutation(len(corpus))]


@pytest.fixture(scope="module")
def halves(images):
    return [measure_pictures(images[first::2], ROLL) for first in (0, 1)]


def test_data_against_data_are_at_the_floor(halves):
    found = likeness(*halves, repeats=0)
    for side in found.record().values():
        assert side["share"] == pytest.approx(1, abs=0.06)
        assert side["floor"] > 0.85


def test_every_measure_is_that_of_midi(halves):
    found = likeness(*halves, repeats=3, seed=4)
    one = {"pitch_range": halves[0]["pitch_range"]}
    assert (
        found.against["pitch_range"]
        == compare(one, {"pitch_range": halves[1]["pitch_range"]}, repeats=3, seed=4)["pitch_range"]
    )
    assert found.floor["pitch_range"] == split_half(one, repeats=3, seed=4)["pitch_range"]
    assert list(found.against) == list(halves[0])


def test_noise_is_not_like_data(images, halves):
    noise = (np.random.default_rng(1).random(images[:60].shape) < 0.05) * np.uint8(255)
    record = likeness(halves[0], measure_pictures(noise, ROLL), repeats=0).record()
    assert record["from_data"]["share"] < 0.6


def test_one_picture_again_and_again_shows_seen_from_the_samples(images, halves):
    same = measure_pictures(np.repeat(images[:1], 20, axis=0), ROLL)
    record = likeness(halves[0], same, repeats=0).record()
    assert record["from_samples"]["share"] < 0.4
    assert record["from_samples"]["share"] < record["from_data"]["share"]


def test_black_pictures_earn_nothing_where_data_have_a_measure(halves):
    black = measure_pictures(np.zeros((20, 96, 96, 1), np.uint8), ROLL)
    found = likeness(halves[0], black, repeats=0)
    assert found.against["polyphony"].overlap is None
    counted = [name for name, one in found.floor.items() if one.overlap is not None and not found.against[name].constant]
    expected = np.mean([found.against[name].overlap or 0 for name in counted])
    assert "polyphony" in counted
    assert found.record()["from_data"]["overlap"] == pytest.approx(expected)
    assert expected < 0.2


def test_too_few_pictures_are_one_line(halves):
    few = {name: values[:3] for name, values in halves[0].items()}
    with pytest.raises(InputError, match="4 pieces"):
        likeness(few, halves[1])


def test_a_set_knows_its_cells(images):
    found = PictureSet.of("data", images[:8], ROLL)
    np.testing.assert_allclose(found.cells.density, (images[:8] > 127).mean(axis=(1, 2, 3)))
    assert len(found) == len(found.measured) == 8
    chosen = found.chosen(found.cells.density > np.median(found.cells.density))
    assert len(chosen["empty"]) == 4
