"""Rules that make real values binary."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from midi.codecs.binarise import Binarise, calibrated_threshold, stretched, without_isolated
from training.errors import InputError

few = settings(max_examples=60, deadline=None)


def picture(*rows):
    return np.array(rows, np.float32)[None, ..., None]


def test_the_threshold_is_on_the_models_own_scale():
    values = picture([-1, -0.01, 0, 0.2, 0.7, 1])
    assert Binarise()(values).ravel().tolist() == [0, 0, 255, 255, 255, 255]
    assert Binarise()(values, low=0.0).ravel().tolist() == [0, 0, 0, 0, 255, 255]
    assert Binarise(threshold=0.2)(values, low=0.0).ravel().tolist() == [0, 0, 0, 255, 255, 255]
    assert Binarise()(values).dtype == np.uint8
    assert Binarise()(values).shape == values.shape


def test_each_picture_is_stretched_by_itself():
    values = np.concatenate([picture([0.0, 0.1, 0.2]), picture([-1.0, 0.0, 0.1]), picture([0.3, 0.3, 0.3])])
    np.testing.assert_allclose(stretched(values)[:2, 0, :, 0], [[0, 0.5, 1], [0, 1 / 1.1, 1]], rtol=1e-6)
    on = Binarise(rule="stretch", threshold=0.55)(values)[:, 0, :, 0]
    assert on.tolist() == [[0, 0, 255], [0, 255, 255], [0, 0, 0]]


def test_draws_follow_the_values_and_the_seed():
    values = np.tile(np.array([-1.0, -0.5, 0.0, 0.5, 1.0], np.float32), (1, 20_000, 1))[..., None]
    on = Binarise(rule="draw", seed=3)(values)
    np.testing.assert_allclose(on.mean(axis=(0, 1, 3)) / 255, [0, 0.25, 0.5, 0.75, 1], atol=0.015)
    np.testing.assert_array_equal(on, Binarise(rule="draw", seed=3)(values))
    assert (on != Binarise(rule="draw", seed=4)(values)).any()


def deleted_in_place(row):
    """The published scan: a white pixel with black neighbours goes, left to right, but at the ends of the row."""
    row = list(row)
    for column in range(1, len(row) - 1):
        if row[column] and not row[column - 1] and not row[column + 1]:
            row[column] = False
    return row


@given(arrays.arrays(bool, st.tuples(st.just(2), st.integers(1, 3), st.integers(1, 12), st.just(1))))
@few
def test_isolated_notes_go_as_published(on):
    expected = [[deleted_in_place(row) for row in image[..., 0]] for image in on]
    np.testing.assert_array_equal(without_isolated(on)[..., 0], expected)
    np.testing.assert_array_equal(Binarise(isolated=False)(on * 2.0 - 1)[..., 0], np.array(expected) * 255)
    np.testing.assert_array_equal(Binarise()(on * 2.0 - 1) > 0, on)


@given(
    arrays.arrays(np.float32, st.integers(1, 60), elements=st.sampled_from([-1.0, -0.3, 0.0, 0.1, 0.7, 1.0])),
    st.floats(0, 1),
)
@few
def test_no_threshold_is_nearer_to_the_density(values, density):
    """Against every possible threshold; ties make most densities impossible."""
    reached = np.mean(values >= calibrated_threshold(values, density))
    possible = [np.mean(values >= threshold) for threshold in (*values, 2)]
    wanted = round(density * len(values)) / len(values)
    assert abs(reached - wanted) <= min(abs(share - wanted) for share in possible) + 1e-9


def test_a_calibrated_threshold_on_many_values():
    values = np.random.default_rng(0).normal(size=(50, 96, 96, 1)).astype(np.float32)
    threshold = calibrated_threshold(values, 0.037)
    assert threshold == pytest.approx(1.7866, abs=0.02)  # the normal distribution's quantile
    assert Binarise(threshold=threshold)(values).mean() / 255 == pytest.approx(0.037, abs=1e-6)


def test_the_ends_of_the_density():
    values = np.array([0.5, 1.0, 1.0], np.float32)
    assert not (values >= calibrated_threshold(values, 0)).any()
    assert (values >= calibrated_threshold(values, 1)).all()


def test_what_is_refused():
    with pytest.raises(InputError, match="threshold, stretch or draw; received 'mean'"):
        Binarise(rule="mean")
    with pytest.raises(InputError, match=r"0 to 1; received 1\.5"):
        calibrated_threshold(np.zeros(3), 1.5)
    with pytest.raises(InputError, match="no values"):
        calibrated_threshold(np.zeros(0), 0.5)
    for call in (Binarise(), lambda values: calibrated_threshold(values, 0.5)):
        with pytest.raises(InputError, match="NaN"):
            call(np.full((1, 2, 2, 1), np.nan))
