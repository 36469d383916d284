"""Pictures drawn cell after cell: by their own seeds alone, keeping what is known, bolder or safer, led by labels."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from generators import pixelcnn
from generators.contract import Guided, Known
from midi.codecs import codec_named
from training.errors import InputError
from training.family import Context

CODEC = codec_named("roll64")
SEEDS = np.arange(20, dtype=np.uint64)


@pytest.fixture(scope="module")
def sampler():
    """Of an untrained model whose cells are on once in eight times, but for one row of weights that make a difference."""
    return pixelcnn.sampler(model(), CODEC)


def model(classes: int = 0):
    keras.utils.set_random_seed(0)
    config = replace(pixelcnn.PRESETS["quick"], conditional=classes > 0)
    made = pixelcnn.build(config, Context(classes))
    generator = np.random.default_rng(0)
    for weight in made.trainable_variables:
        weight.assign(generator.normal(0, 0.3, weight.shape))
    made.network.head.output_layer.bias.assign(np.full(64, -2.0))
    return made


@pytest.fixture(scope="module")
def drawn(sampler):
    return sampler.draw(SEEDS)


def test_pictures_are_of_the_codecs_levels_and_differ(drawn):
    assert drawn.shape == (20, *CODEC.shape)
    assert set(np.unique(drawn)) == {0, 255}
    assert len(np.unique(drawn, axis=0)) == 20


def test_a_picture_does_not_depend_on_what_is_drawn_beside_it(sampler, drawn):
    np.testing.assert_array_equal(sampler.draw(SEEDS[[17, 3]]), drawn[[17, 3]])


def test_temperature_0_takes_what_is_most_probable(sampler, drawn):
    safe = sampler.draw(SEEDS[:2], temperature=0.0)
    np.testing.assert_array_equal(safe[0], safe[1])
    assert (safe > 0).mean() < (drawn > 0).mean() < (sampler.draw(SEEDS[:4], temperature=3.0) > 0).mean()


def test_known_cells_stay_and_those_after_them_follow_from_them(sampler, drawn):
    mask = np.zeros(drawn.shape, bool)
    mask[:, :, :16] = True
    mask[:, :10, 16] = True  # low pitches, on top in roll64, are drawn first
    found = sampler.draw(SEEDS, known=Known(drawn[::-1].copy(), mask))
    np.testing.assert_array_equal(found[mask], drawn[::-1][mask])
    again = sampler.draw(SEEDS, known=Known(drawn, mask))  # its own beginning
    np.testing.assert_array_equal(again, drawn)


def test_what_is_known_everywhere_comes_back(sampler, drawn):
    np.testing.assert_array_equal(
        sampler.draw(SEEDS[:3], known=Known(drawn[:3], np.ones((3, *CODEC.shape), bool))), drawn[:3]
    )


def test_cells_that_would_be_kept_without_having_been_seen_are_refused(sampler, drawn):
    for where in (np.s_[:, :, 20:], np.s_[:, 30:, :]):
        mask = np.zeros((2, *CODEC.shape), bool)
        mask[where] = True
        with pytest.raises(InputError, match="come after some that are to be drawn: train pixelcnn with"):
            sampler.draw(SEEDS[:2], known=Known(drawn[:2], mask))


def test_guidance_goes_from_no_label_through_the_label_and_beyond():
    made = model(classes=2)
    assert isinstance(pixelcnn.sampler(made, CODEC), Guided)
    bias = made.network.labels.embeddings
    bias.assign(np.stack([np.full(bias.shape[1], value) for value in (-3.0, 3.0, 0.0)]))
    labels = np.zeros(len(SEEDS), np.int32)

    def density(guidance, numbers):
        return float((replace(pixelcnn.sampler(made, CODEC), guidance=guidance).draw(SEEDS, numbers) > 0).mean())

    plain = density(1.0, labels)
    none = density(1.0, labels + 2)
    assert density(0.0, labels) == none == density(0.0, labels + 1)
    further = density(2.0, labels)
    assert plain != none
    assert np.sign(further - plain) == np.sign(plain - none)


def masked(order):
    """A sampler of a small masked network."""
    keras.utils.set_random_seed(0)
    config = replace(pixelcnn.PRESETS["quick"], network="masked", order=order, filters=2, blocks=1)
    return pixelcnn.sampler(pixelcnn.build(config, Context()), CODEC)


def test_holes_are_filled_in_by_a_network_of_any_order():
    """In pictures of another width than those of its training."""
    sampler = masked("any")
    pictures = (255 * np.random.default_rng(0).integers(0, 2, (2, 64, 6, 1))).astype(np.uint8)
    mask = np.ones(pictures.shape, bool)
    mask[0, :, 2:4] = mask[1, 30:40] = False
    found = sampler.draw(SEEDS[:2], known=Known(pictures, mask))
    np.testing.assert_array_equal(found[mask], pictures[mask])
    assert (found[~mask] != pictures[~mask]).any()
    assert sampler.any_width


@pytest.mark.parametrize(("order", "first"), [("time", np.s_[:, :, :1]), ("s-curve", np.s_[:, :1]), ("rows", np.s_[:, :1])])
def test_networks_of_one_order_keep_what_comes_first_in_it(order, first):
    sampler = masked(order)
    mask = np.zeros((1, *CODEC.shape), bool)
    mask[first] = True
    ranks = sampler.model.ranks(*CODEC.shape[:2])
    assert ranks[mask[0, ..., 0]].max() < ranks[~mask[0, ..., 0]].min()
    with pytest.raises(InputError, match="come after some that are to be drawn"):
        sampler.draw(SEEDS[:1], known=Known(np.zeros(mask.shape, np.uint8), ~mask))


@pytest.mark.parametrize("order", ["hilbert", "random"])
def test_orders_of_one_size_take_no_other_width(order):
    assert not masked(order).any_width
