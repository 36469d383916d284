"""Figures of music: known answers."""

import numpy as np
import pytest

from midi.codecs import codec_named
from midi.codecs.codec import ONSET, SUSTAIN
from midi.measures.continuation import (
    DISTANCES,
    FIGURES,
    SEAMS,
    columns_in_bar,
    compared,
    distance_table,
    distances_of,
    figures_of,
    rows_of,
    seam_table,
    seams_of,
    table_of,
)


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


def held(*rows, columns=8):
    """Chords of these rows, one after the other, each struck once and held for `columns`."""
    out = silence(len(rows) * columns)
    for number, row in enumerate(rows):
        out[number * columns : (number + 1) * columns, row] = SUSTAIN
        out[number * columns, row] = ONSET
    return out


def test_a_seam_shows_in_change_and_in_onsets():
    columns = held(40, 40, 40, 41, 41, 41)  # the harmony changes at column 24
    columns[[22, 23, 25], 50] = ONSET
    found = seams_of(columns, [24], 8)
    assert list(found) == list(SEAMS)
    assert found["onsets_at_joints"] == 1 + 3, "two columns either way"
    assert found["onsets_elsewhere"] == 1
    silent = np.array([8.0, 2.0]), np.array([8.0, 1.0])  # cells of the chord and of the other note, before and after
    assert found["change_at_joints"] == pytest.approx(
        1 - silent[0][1] * silent[1][1] / np.prod([np.linalg.norm(part) for part in silent])
    )
    assert found["change_elsewhere"] == pytest.approx(
        np.mean([1 - 8 / np.linalg.norm(silent[1]), 0])  # the lines at 32 and 40; those before the joint are the prompt's
    )


def test_where_all_bar_lines_are_alike_there_is_no_seam():
    columns = np.tile(held(40, 47), (4, 1))
    for joints in ([16], [16, 40], [8, 16, 24, 32, 40, 48, 56]):
        found = seams_of(columns, joints, 8)
        assert found["onsets_at_joints"] == found["onsets_elsewhere"] == 1
        assert found["change_at_joints"] == found["change_elsewhere"] == 1
    assert seams_of(silence(32), [8], 8) == dict.fromkeys(SEAMS, 0)
    half = silence(32)
    half[:16] = held(40, 40)
    assert seams_of(half, [16], 8)["change_at_joints"] == 1


def test_pitch_classes_do_not_know_octaves():
    assert distances_of(held(40, 52), held(52, 40))["pitch_classes"] == pytest.approx(0)
    assert seams_of(held(40, 52, 64), [8], 8)["change_at_joints"] == pytest.approx(0)


def test_distances_of_known_pairs():
    truth, other = held(40, 42), held(40, 43)
    assert distances_of(truth, truth) == pytest.approx(dict.fromkeys(DISTANCES, 0))
    assert distances_of(other, truth) == pytest.approx(
        {"cells": 1 - 8 / 24, "pitch_classes": 1 - 64 / 128, "onsets": 1 - 2 * 1 / 4}
    )
    assert distances_of(silence(16), truth) == dict.fromkeys(DISTANCES, 1)
    assert distances_of(silence(16), silence(16)) == dict.fromkeys(DISTANCES, 0)
    late = np.roll(truth, 1, axis=0)
    assert distances_of(late, truth)["onsets"] == 1, "a column late is another note"
    assert distances_of(late, truth)["cells"] == pytest.approx(1 - 14 / 18)


def test_tables_have_a_row_for_each_pair():
    stretches = [held(40, 41, 42, 43), held(50, 51, 52, 53)]
    seams = seam_table(stretches, [[8], [16]], 8)
    assert [seams[name].tolist() for name in SEAMS] == [
        [seams_of(each, joints, 8)[name] for each, joints in zip(stretches, ([8], [16]), strict=True)] for name in SEAMS
    ]
    assert distance_table(stretches, stretches[::-1])["cells"].tolist() == [1, 1]


def test_figures_lie_within_the_middle_of_real_ones_or_not():
    real = {"density": np.arange(101.0), "longest": np.ones(101)}
    found = compared(real, {"density": np.array([2.0, 50, 99]), "longest": np.array([1.0, 2, 2])}, real)
    assert found["density"]["real"] == [5, 50, 95]
    assert (found["density"]["generated"], found["density"]["repeated"]) == (50, 50)
    assert (found["density"]["within"], found["longest"]["within"]) == (True, False)
    assert [found[name]["fraction_within"] for name in real] == pytest.approx([1 / 3, 1 / 3])
    head, density, _ = rows_of(found)
    assert len(head) == len(density)
    assert density[1:] == ("5", "50", "95", "50", "yes", "33 %", "50")
    assert rows_of(compared(real, real))[1][-1] == ""
