"""Sets against sets: known answers, SciPy's kernel densities integrated by brute force, symmetries, degenerate sets."""

import json
import time
from dataclasses import asdict

import numpy as np
import pytest
from scipy.spatial.distance import cdist, pdist
from scipy.stats import gaussian_kde

from midi.measures.comparison import compare, mean_overlap, size, split_half
from midi.measures.distances import BINS, distances, overlap
from training.errors import InputError


def normal(count, mean=0.0, deviation=1.0, seed=0):
    return {"x": np.random.default_rng(seed).normal(mean, deviation, count)}


def one(a, b, **options):
    return compare(a, b, **{"repeats": 0} | options)["x"]


def kernel_overlap(within, between, width=None):
    """Overlap and divergence of `gaussian_kde`, on a fine grid; width: that of both kernels, default each by Scott."""
    estimates = [gaussian_kde(values, None if width is None else width / values.std(ddof=1)) for values in (within, between)]
    reach = 3 * max(values.std() for values in (within, between))
    grid = np.linspace(min(within.min(), between.min()) - reach, max(within.max(), between.max()) + reach, 4_001)
    p, q = (np.maximum(estimate(grid), 1e-12) for estimate in estimates)
    return np.trapezoid(np.minimum(p, q), grid), np.trapezoid(p * np.log(p / q), grid)


@pytest.mark.parametrize(("mean", "deviation"), [(0, 1), (1, 1), (0, 2), (2, 0.5)])
def test_is_what_scipys_kernel_densities_give(mean, deviation):
    a, b = normal(40), normal(50, mean, deviation, seed=1)
    within, between = pdist(a["x"][:, None]), cdist(a["x"][:, None], b["x"][:, None]).ravel()
    width = max(values.std() * len(values) ** -0.2 for values in (within, between))
    found = one(a, b)
    wanted = kernel_overlap(within, between, width)
    assert found.overlap == pytest.approx(wanted[0], abs=0.005)
    assert found.divergence == pytest.approx(wanted[1], rel=0.03, abs=0.003)
    own_widths = kernel_overlap(within, between)
    assert found.overlap == pytest.approx(own_widths[0], abs=0.05)


def test_area_under_two_known_densities():
    """Exact shares of two normal laws two deviations apart: overlap 2 Phi(-1), divergence 2."""
    cell = np.arange(BINS)
    p, q = (np.exp(-(((cell - middle) / 100) ** 2) / 2) * 1e9 for middle in (412, 612))
    found = overlap(p, q)
    assert found[0] == pytest.approx(0.3173, abs=0.003)
    assert found[1] == pytest.approx(2, rel=0.03)


def test_the_same_set_overlaps_itself_whole():
    for a in (normal(300), {"x": np.random.default_rng(0).integers(20, 30, 300).astype(float)}):
        found = one(a, a)
        assert found.overlap > 0.98
        assert found.divergence < 0.01


def test_far_sets_do_not_overlap():
    found = one(normal(200), normal(200, 50, seed=1))
    assert found.overlap < 1e-3
    assert 10 < found.divergence < 24
    assert found.distance == pytest.approx(50, rel=0.01)


def test_overlap_falls_as_sets_part():
    overlaps = [one(normal(300), normal(300, mean, seed=1)).overlap for mean in (0, 1, 2, 4)]
    assert overlaps == sorted(overlaps, reverse=True)
    assert overlaps[0] > 0.95 > 0.3 > overlaps[-1]


def test_a_collapsed_set_is_seen():
    found = one(normal(200), {"x": np.full(100, 0.125)})
    assert (found.b.distance, found.b.deviation) == (0, 0)
    assert found.b.overlap < 0.2 < found.overlap < 0.9
    assert mean_overlap({"x": found}, "b") == found.b.overlap
    assert mean_overlap({"x": found}) == found.overlap


def test_order_does_not_matter():
    a, b = normal(150), normal(120, 0.5, seed=1)
    order = np.random.default_rng(2)
    shuffled = one({"x": order.permutation(a["x"])}, {"x": order.permutation(b["x"])})
    for side, wanted in zip((shuffled.a, shuffled.b), (one(a, b).a, one(a, b).b), strict=True):
        assert asdict(side) == pytest.approx(asdict(wanted))


def test_sides_change_places():
    a, b = normal(150), normal(120, 0.5, seed=1)
    there, back = one(a, b), one(b, a)
    assert (there.a, there.b) == (back.b, back.a)


def test_scale_does_not_matter():
    a, b = normal(100), normal(100, 1, seed=1)
    larger = one({"x": 1000 * a["x"]}, {"x": 1000 * b["x"]})
    assert larger.overlap == pytest.approx(one(a, b).overlap, abs=1e-3)


def test_histograms_are_compared_by_euclidean_distance():
    rng = np.random.default_rng(0)
    a, b = rng.dirichlet(np.ones(144), 30).reshape(30, 12, 12), rng.dirichlet(np.ones(144), 20).reshape(20, 12, 12)
    found = one({"x": a}, {"x": b})
    assert found.distance == pytest.approx(np.mean([np.linalg.norm(left - right) for left in a for right in b]))
    assert found.a.distance == pytest.approx(pdist(a.reshape(30, -1)).mean())
    assert found.a.mean is None


def test_constant_measures():
    same = {"x": np.full(10, 90.0)}
    found = one(same, same)
    assert (found.overlap, found.divergence) == pytest.approx((1, 0))
    assert found.constant
    assert mean_overlap({"x": found}) is None
    other = one(same, {"x": np.full(10, 70.0)})
    assert other.overlap < 1e-3
    assert not other.constant


def test_undefined_values_are_left_out_and_counted():
    a, b = normal(100), normal(100, seed=1)
    with_gaps = {"x": np.concatenate([a["x"], np.full(7, np.nan)])}
    found = one(with_gaps, b)
    assert (found.a.undefined, found.a.count, found.b.undefined) == (7, 100, 0)
    assert found.overlap == one(a, b).overlap


@pytest.mark.parametrize("defined", [0, 1])
def test_without_two_pieces_there_is_no_overlap(defined):
    a = {"x": np.array([1.0] * defined + [np.nan] * 5)}
    found = one(a, normal(10), repeats=10)
    assert (found.overlap, found.divergence, found.distance, found.a.overlap_interval) == (None,) * 4
    assert found.a.mean == (1 if defined else None)
    assert mean_overlap({"x": found}) is None


def test_two_pieces_are_enough():
    found = compare(normal(2), normal(2, seed=1), repeats=20)["x"]
    assert 0 <= found.overlap <= 1


def test_halves_of_one_set_are_alike():
    table = {"x": normal(600)["x"], "y": np.random.default_rng(3).dirichlet(np.ones(12), 600)}
    floor = split_half(table, repeats=0)
    assert min(each.overlap for each in floor.values()) > 0.93
    assert floor["x"].a.count == floor["x"].b.count == 300
    assert split_half(table, repeats=0, seed=1)["x"].overlap != floor["x"].overlap


def test_intervals_hold_the_truth_and_narrow_with_the_sets():
    truth = one(normal(2_000), normal(2_000, 1, seed=1)).overlap
    widths = []
    for count in (40, 400):
        low, high = one(normal(count, seed=2), normal(count, 1, seed=3), repeats=100).a.overlap_interval
        assert low < truth < high
        widths.append(high - low)
    assert widths[1] < widths[0] / 2


def test_bootstrap_weighs_pieces_not_pairs():
    a, b = np.random.default_rng(0).normal(size=(2, 6, 1))
    pairs = distances(a, b)
    weights = np.array([2, 0, 1, 3, 0, 0.0]), np.array([1, 1, 0, 2, 1, 1.0])
    copies = [np.repeat(rows, weight.astype(int), axis=0) for rows, weight in zip((a, b), weights, strict=True)]
    within, between = pdist(copies[0]), cdist(*copies).ravel()
    within = within[within > 0]  # copies of one piece are no pair
    edges = np.linspace(0, pairs.largest, BINS + 1)
    wanted = overlap(*(np.histogram(values, edges)[0].astype(float) for values in (within, between)))
    assert pairs.scores(weights)[0] == pytest.approx(wanted, abs=1e-6)


def test_seeds_and_json():
    a, b = normal(60), normal(60, seed=1)
    first, again, other = (compare(a, b, repeats=20, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    json.dumps({name: asdict(each) for name, each in first.items()}, allow_nan=False)


def test_large_sets_are_drawn_from():
    found = one(normal(5_000), normal(300, seed=1), limit=200)
    assert (found.a.count, found.b.count) == (200, 200)
    assert one(normal(5_000), normal(300, seed=1), limit=200, seed=1).overlap != found.overlap


def test_a_thousand_against_ten_thousand_takes_seconds():
    rng = np.random.default_rng(0)
    tables = [{"x": rng.normal(size=n), "y": rng.dirichlet(np.ones(128), n)} for n in (1_000, 10_000)]
    began = time.process_time()
    compare(*tables, repeats=20)
    assert time.process_time() - began < 8


def test_bad_sets():
    with pytest.raises(InputError, match="same measures"):
        compare({"x": np.ones(3)}, {"y": np.ones(3)})
    with pytest.raises(InputError, match="without pieces"):
        compare({"x": np.ones(3)}, {"x": np.ones(0)})
    with pytest.raises(InputError, match="needs 4 pieces"):
        split_half({"x": np.ones(3)})
    assert size({"x": np.ones(3)}) == 3
