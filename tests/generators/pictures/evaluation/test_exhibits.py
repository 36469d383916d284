"""The plane of a latent map is that of the principal components, and every kind of map is drawn."""

import numpy as np
import pytest
from PIL import Image
from sklearn.decomposition import PCA

from generators.pictures.evaluation.exhibits import Plane, draw_latent_map


def points(dimensions, count=200):
    rng = np.random.default_rng(0)
    return rng.standard_normal((count, dimensions)) @ rng.standard_normal((dimensions, dimensions)) + 3


@pytest.mark.parametrize("dimensions", [2, 3, 17])
def test_plane_is_the_principal_components(dimensions):
    codes = points(dimensions)
    plane, expected = Plane.of(codes), PCA(2).fit(codes)
    np.testing.assert_allclose(np.abs(plane(codes)), np.abs(expected.transform(codes)), atol=1e-9)
    np.testing.assert_allclose(plane.shares, expected.explained_variance_ratio_)
    np.testing.assert_allclose(plane.axes.T @ plane.axes, np.eye(2), atol=1e-12)


def test_directions_do_not_flip():
    codes = points(5)
    np.testing.assert_allclose(Plane.of(codes).axes, Plane.of(2 * codes.mean(axis=0) - codes).axes, atol=1e-9)


def test_one_dimension_or_none_that_varies():
    line = Plane.of(points(1))
    assert line.shares == (1.0, 0.0)
    assert not line(points(1))[:, 1].any()
    assert Plane.of(np.ones((4, 3))).shares == (0.0, 0.0)


@pytest.mark.parametrize("labels", [None, ["a", "b"], [f"style {number}" for number in range(13)]])
def test_maps_are_drawn(labels, tmp_path):
    codes = points(4, 40)
    names = [labels[number % len(labels)] for number in range(40)] if labels else None
    draw_latent_map(tmp_path / "map.png", codes, codes[:5], np.linspace(0, 1, 40), names)
    with Image.open(tmp_path / "map.png") as image:
        assert len(np.unique(np.asarray(image.convert("RGB")).reshape(-1, 3), axis=0)) > 10
