"""The order of batches is a function of seed and epoch alone."""

import numpy as np
import pytest

from training.corpora.batches import Batches, Epochs, Purpose, stream_of
from training.errors import InputError

ITEMS = np.arange(23, dtype=np.uint8)


def epoch(batches, number):
    Epochs(batches).on_epoch_begin(number)
    return [batches[i] for i in range(len(batches))]


def test_a_pass_holds_every_item_at_most_once_and_another_order_each_epoch():
    batches = Batches(ITEMS, np.arange(3, 23), 6, seed=1)
    first, second = (np.concatenate([x for (x,) in epoch(batches, number)]) for number in (0, 1))
    assert len(batches) == 3
    assert len(first) == len(set(first)) == 18
    assert set(first) <= set(range(3, 23))
    assert not np.array_equal(first, second)
    assert set(first) != set(second)


def test_an_epoch_does_not_depend_on_what_came_before():
    batches, fresh = (Batches(ITEMS, np.arange(23), 4, seed=5) for _ in range(2))
    for number in range(4):
        last = epoch(batches, number)
    for (a,), (b,) in zip(last, epoch(fresh, 3), strict=True):
        np.testing.assert_array_equal(a, b)


def test_finer_epochs_run_on_through_the_same_passes():
    whole = Batches(ITEMS, np.arange(23), 5, seed=2)
    fine = Batches(ITEMS, np.arange(23), 5, seed=2, steps=3)
    expected = [x for number in range(3) for (x,) in epoch(whole, number)]
    received = [x for number in range(4) for (x,) in epoch(fine, number)]
    np.testing.assert_array_equal(np.concatenate(received), np.concatenate(expected))


def test_evaluation_sees_every_item_in_order():
    batches = Batches(ITEMS, np.arange(23), 6, targets=ITEMS * 2, to_model=lambda x: x / 2, shuffle=False)
    received = [batches[i] for i in range(len(batches))]
    np.testing.assert_array_equal(np.concatenate([x for x, _ in received]), ITEMS / 2)
    np.testing.assert_array_equal(np.concatenate([y for _, y in received]), ITEMS * 2)


def test_augmentation_is_drawn_from_seed_epoch_and_batch():
    def noise(x, y, generator):
        return x + generator.random(len(x)), y

    batches = Batches(ITEMS, np.arange(23), 6, seed=1, transform=noise)
    again = [x for (x,) in epoch(batches, 2)]
    epoch(batches, 0)
    for a, (b,) in zip(again, epoch(batches, 2), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(again[0] % 1, again[1] % 1)


def test_streams_of_different_purpose_or_place_never_coincide():
    """Not with the order of a pass, (seed, pass), either, nor with a plain seed, with which (seed, 0) coincides."""
    seeds, numbers = (0, 1, 2, 7, 2**32 - 1), range(6)
    firsts = [np.random.default_rng((seed, number)).integers(2**63) for seed in seeds for number in numbers]
    for seed in seeds:
        firsts += [stream_of(seed, purpose, *place).integers(2**63) for purpose in Purpose for place in places(numbers)]
    plain = [np.random.default_rng(seed).integers(2**63) for seed in seeds]
    assert set(plain) <= set(firsts)
    assert len(set(firsts)) == len(firsts) == len(seeds) * (6 + len(Purpose) * 43)


def places(numbers):
    """No place, and those of one and of two numbers."""
    return [(), *((epoch,) for epoch in numbers), *((epoch, batch) for epoch in numbers for batch in numbers)]


def test_augmentation_does_not_share_the_stream_of_the_order():
    drawn = []

    def watch(x, y, generator):
        drawn.append(generator.permutation(23))
        return x, y

    batches = Batches(ITEMS, np.arange(23), 23, seed=3, transform=watch)
    for number in range(4):
        ((order,),) = epoch(batches, number)
        assert not np.array_equal(drawn[-1], order)


def test_small_parts_make_small_batches_and_empty_ones_are_refused():
    assert len(Batches(ITEMS, np.arange(3), 8)) == 1
    with pytest.raises(InputError, match="no item"):
        Batches(ITEMS, np.arange(0), 8)
