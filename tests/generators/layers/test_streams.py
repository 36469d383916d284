"""The streams of a picture against loops over its cells."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from generators.layers.streams import Streams


@pytest.mark.parametrize(("shape", "patch"), [((30, 14, 1), 4), ((12, 6, 2), 3)])
def test_streams_are_pixels_onsets_and_their_sums(shape, patch):
    on = np.random.default_rng(0).random((2, *shape)) < 0.4
    streams = np.asarray(Streams(patch)(np.where(on, 1.0, -1.0).astype(np.float32)))
    height, groups = -(-shape[0] // 12) * 12, -(-shape[1] // patch)
    full = np.zeros((2, height, groups * patch, shape[2]))
    full[:, : shape[0], : shape[1]] = on
    begins = full.copy()
    begins[:, :, 1:] *= 1 - full[:, :, :-1]
    planes = []
    for plane in (full, begins):
        classes = sum(plane[:, first : first + 12] for first in range(0, height, 12))
        planes += [plane, classes, plane.sum(axis=1, keepdims=True)]
    for group in range(groups):
        columns = slice(group * patch, group * patch + patch)
        expected = np.concatenate([plane[:, :, columns].reshape(2, -1) for plane in planes], axis=1)
        np.testing.assert_allclose(streams[:, group], expected, atol=1e-6)


def test_it_is_saved_with_its_patch():
    assert Streams.from_config(Streams(5).get_config()).patch == 5
    assert keras.saving.get_registered_name(Streams) == "generators>Streams"
