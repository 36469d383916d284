"""Heads of spectra: running means against a loop, bands that part the rows, a loss that is that of what is drawn."""

import numpy as np
import pytest

from generators.layers.spectrum_heads import (
    DEVIATION,
    FAST,
    SLOW,
    BandsHead,
    RunningStatistics,
    first_statistics,
    members,
    normal_nll,
)


def test_the_statistics_are_three_running_means():
    """Against a loop; and in two parts as in one."""
    statistics = RunningStatistics(4, 70.0)
    columns = np.random.default_rng(0).uniform(0, 1, (2, 30, 4)).astype(np.float32)
    state = np.array(first_statistics(columns[:, 0]))
    whole = np.array(statistics(columns, state))
    fast, slow, rough = np.split(state, 3, axis=-1)
    keep = {seconds: np.exp(-1 / (seconds * 70.0)) for seconds in (FAST, SLOW, DEVIATION)}
    for time in range(30):
        distance = np.abs(columns[:, time] - fast)
        fast = keep[FAST] * fast + (1 - keep[FAST]) * columns[:, time]
        slow = keep[SLOW] * slow + (1 - keep[SLOW]) * columns[:, time]
        rough = keep[DEVIATION] * rough + (1 - keep[DEVIATION]) * distance
        np.testing.assert_allclose(whole[:, time], np.concatenate([fast, slow, rough], axis=-1), atol=1e-5)
    rest = np.array(statistics(columns[:, 11:], whole[:, 10]))
    np.testing.assert_allclose(rest, whole[:, 11:], atol=1e-5)


def test_a_constant_sound_is_remembered_as_it_is():
    column = np.linspace(0, 1, 5, dtype=np.float32)[None]
    fast, slow, rough = np.split(
        np.array(RunningStatistics(5, 100.0)(np.repeat(column[:, None], 400, 1), first_statistics(column)))[0], 3, -1
    )
    np.testing.assert_allclose(fast[-1], column[0], atol=1e-4)
    np.testing.assert_allclose(slow[-1], column[0], atol=1e-4)
    assert np.all(rough[-1] < 0.001)


@pytest.mark.parametrize(("rows", "bands"), [(631, 32), (65, 6), (5, 5), (100, 1)])
def test_bands_are_all_rows_once(rows, bands):
    member = members(rows, bands)
    np.testing.assert_array_equal(member.sum(axis=1), 1)
    widths = member.sum(axis=0)
    assert member.shape == (rows, bands)
    assert widths.min() >= 1
    assert np.all(np.diff(member.argmax(axis=1)) >= 0)
    assert widths[-1] >= widths[0]


def test_the_loss_is_the_normal_nll():
    from scipy.stats import norm

    value, mean, deviation = np.random.default_rng(0).uniform(0.1, 1, (3, 50)).astype(np.float32)
    np.testing.assert_allclose(
        normal_nll(value, mean, deviation), -norm(mean, deviation).logpdf(value), rtol=1e-4, atol=1e-5
    )


def test_draws_have_the_distribution_that_the_loss_knows():
    """Many draws of one next column: the mean loss a bin is that of a normal distribution of the drawn deviation."""
    head = BandsHead(20, 3, 2, 8)
    generator = np.random.default_rng(0)
    hidden, column = generator.normal(size=(1, 8)).astype("f"), np.full((1, 20), 0.5, np.float32)
    statistics = np.concatenate([column, column, np.full_like(column, 0.05)], axis=-1)
    count = 4_000
    many = [np.repeat(one, count, axis=0) for one in (hidden, column, statistics)]
    normal = generator.standard_normal((count, head.noise)).astype("f")
    normal[:, :2] = generator.gumbel(size=(count, 2))
    drawn = np.array(head.draw(*many, normal))
    assert np.abs(drawn.mean(axis=0) - 0.5).max() < 0.5
    own = head.loss(*(one[:, None] for one in many), drawn[:, None])
    other = head.loss(*(one[:, None] for one in many), np.clip(drawn + 0.1, 0, 1)[:, None])
    assert float(own["nll_per_bin"]) < float(other["nll_per_bin"])
    far = head.loss(*(one[:, None] for one in many), np.clip(drawn + 0.4, 0, 1)[:, None])
    assert float(own["nll_per_band"]) < float(far["nll_per_band"])
    still = np.array(head.draw(*many, np.zeros_like(normal)))
    assert np.ptp(still, axis=0).max() < 1e-6
    assert drawn.std(axis=0).min() > 0.01
