"""Shares of batches: all rows are in one of them, and none is empty."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.corpora.batches import Batches
from training.devices.replicas import Whole, check_even, rows_of, share, weighted
from training.errors import InputError


def batches(count, size, shuffle=False):
    return Batches(np.arange(count), np.arange(count), size, targets=-np.arange(count), shuffle=shuffle)


@given(rows=st.integers(1, 40), replicas=st.integers(1, 9))
@settings(deadline=None, max_examples=40)
def test_shares_are_the_batch(rows, replicas):
    batch = ((np.arange(rows), 2 * np.arange(rows)), -np.arange(rows))
    shares = [share(batch, replica, replicas) for replica in range(replicas)]
    assert [list(np.concatenate(parts)) for parts in zip(*map(keras.tree.flatten, shares), strict=True)] == [
        list(array) for array in keras.tree.flatten(batch)
    ]
    sizes = [rows_of(each) for each in shares]
    assert max(sizes) - min(sizes) <= 1


@given(count=st.integers(1, 40), size=st.integers(1, 9), replicas=st.integers(1, 6))
@settings(deadline=None, max_examples=60)
def test_evaluation_is_complete_and_leaves_no_device_without_a_row(count, size, replicas):
    fed = batches(count, size)
    try:
        whole = Whole(fed, replicas)
    except InputError:
        assert min(count, size) < replicas
        return
    parts = [whole[index] for index in range(len(whole))]
    assert list(np.concatenate([items for items, _ in parts])) == list(range(count))
    assert list(np.concatenate([targets for _, targets in parts])) == [-item for item in range(count)]
    assert min(map(rows_of, parts)) >= replicas


def test_uneven_training_batches_are_refused():
    check_even(batches(12, 4, shuffle=True), 2)
    with pytest.raises(InputError, match="2 devices cannot share a batch of 5 items"):
        check_even(batches(12, 5, shuffle=True), 2)


def test_labels_weigh_as_in_fit():
    targets = np.eye(3, dtype=np.float32)[[2, 0]]
    assert weighted((targets, targets), {0: 1.0, 1: 2.0, 2: 5.0})[2].tolist() == [5, 1]
    assert weighted((targets,), None) == (targets,)
