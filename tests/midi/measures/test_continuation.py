"""Figures of music: known answers."""

import numpy as np
import pytest

from midi.codecs import codec_named
from midi.codecs.codec import ONSET, SUSTAIN
from midi.measures.continuation import FIGURES, columns_in_bar, figures_of, table_of


def silence(columns=32, rows=88):
    return np.zeros((columns, rows), np.uint8)


def test_one_held_note():
    columns = silence()
    columns[4:16, 40] = SUSTAIN
    columns[4, 40] = ONSET
    assert figures_of(columns, 8) == {
        "longest": 12 / 8,
        "density": 12 / 32,
        "range": 0,
        "onsets": 8 / 32,
        "groove": pytest.approx(1 - 1 / (3 * 8)),  # one column of the 24 that have a neighbour differs
        "repetition": 0,
    }


def test_silence():
    figures = figures_of(silence(), 8)
    assert figures == {"longest": 0, "density": 0, "range": 0, "onsets": 0, "groove": 1, "repetition": 0}
    assert list(figures) == list(FIGURES)


def test_a_repeated_bar():
    bar = np.random.default_rng(0).integers(0, 3, (8, 88)).astype(np.uint8)
    figures = figures_of(np.tile(bar, (4, 1)), 8)
    assert figures["groove"] == 1
    assert figures["repetition"] == pytest.approx(1)
    assert figures["density"] == pytest.approx((bar > 0).sum() / 8)
    assert figures["onsets"] == pytest.approx((bar == ONSET).sum())
    assert figures["range"] == 87


def test_a_bar_that_comes_back_later_is_a_repetition_but_no_groove():
    columns = silence(24)
    columns[0, 60] = columns[3, 62] = columns[16, 60] = columns[19, 62] = ONSET
    columns[8 + 1, 60] = columns[8 + 5, 64] = ONSET
    figures = figures_of(columns, 8)
    assert figures["repetition"] == pytest.approx((0 + 1) / 2)  # the second bar is like none, the third like the first
    assert figures["groove"] == pytest.approx(1 - 4 / 8)
    assert figures["range"] == 4
    columns[16:] = 0
    columns[16, 60] = ONSET
    assert figures_of(columns, 8)["repetition"] == pytest.approx(0.5**0.5 / 2)  # half of the first bar's two notes


def test_the_rhythm_is_all_that_groove_hears():
    columns = silence(16)
    columns[[0, 3, 6], 40] = columns[[8, 11, 14], 70] = ONSET
    figures = figures_of(columns, 8)
    assert (figures["groove"], figures["repetition"]) == (1, 0)


def test_silent_bars_and_what_is_left_of_a_bar_do_not_count_as_repetitions():
    columns = silence(28)
    columns[[0, 16], 40] = ONSET
    columns[25:, 41] = ONSET
    assert figures_of(columns, 8)["repetition"] == 1
    short = figures_of(columns[:5], 8)
    assert (short["groove"], short["repetition"]) == (1, 0)


def test_a_note_struck_again_is_not_long():
    columns = silence()
    columns[:, 40] = SUSTAIN
    columns[[0, 10, 30], 40] = ONSET
    assert figures_of(columns, 8)["longest"] == 20 / 8


def test_a_bar_is_four_quarters_or_two_seconds():
    assert columns_in_bar(codec_named("beats88")) == 16
    assert columns_in_bar(codec_named("frames88")) == 8
    assert columns_in_bar(codec_named("levels88")) == 40


def test_a_table_has_a_row_for_each_stretch():
    stretches = [np.random.default_rng(seed).integers(0, 3, (20 + seed, 88)).astype(np.uint8) for seed in range(3)]
    table = table_of(stretches, 8)
    assert set(table) == set(FIGURES)
    for number, stretch in enumerate(stretches):
        assert {name: values[number] for name, values in table.items()} == figures_of(stretch, 8)
