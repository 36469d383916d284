"""Figures of notes: those of the true ones are 1, and each mistake counts where it should."""

import numpy as np
import pytest
from mir_eval import multipitch

from transfer.transcription.measures import Figures, best_thresholds, figures, mean
from transfer.transcription.notes import Thresholds, heard

TRUE = heard(np.arange(10.0), np.arange(10.0) + 0.8, np.arange(60, 70), np.full(10, 90))


def changed(**columns):
    notes = TRUE.copy()
    for name, by in columns.items():
        notes[name] += by
    return notes


def test_the_truth_is_wholly_right_and_nothing_wholly_wrong():
    assert figures(TRUE, TRUE) == Figures(1, 1, 1, 1, 1)
    assert figures(TRUE, TRUE[:0]) == Figures(0, 0, 0, 0, 0)


def test_each_mistake_counts_where_it_should():
    assert figures(TRUE, changed(onset=0.04)).onset_f1 == 1
    assert figures(TRUE, changed(onset=0.06)).onset_f1 == 0
    assert figures(TRUE, changed(pitch=1)).onset_f1 == 0
    late = figures(TRUE, changed(offset=0.4))
    assert (late.onset_f1, late.offset_f1) == (1, 0)
    assert late.frame_f1 == pytest.approx(2 * 0.8 / (0.8 + 1.2), abs=0.02)
    half = figures(TRUE, TRUE[:5])
    assert (half.onset_precision, half.onset_recall) == (1, 0.5)
    assert mean([late, half]).onset_f1 == pytest.approx((1 + 2 / 3) / 2)


def test_frames_are_counted_as_mir_eval_counts_them():
    found = changed(onset=0.13, offset=0.3)[3:]
    times = np.arange(0, 10.2, 0.01)
    lists = [
        [440 * 2 ** ((notes["pitch"][(notes["onset"] <= t) & (t < notes["offset"])] - 69.0) / 12) for t in times]
        for notes in (TRUE, found)
    ]
    precision, recall, *_ = multipitch.metrics(times, lists[0], times, lists[1])
    assert figures(TRUE, found).frame_f1 == pytest.approx(2 * precision * recall / (precision + recall), abs=0.005)


def test_the_best_threshold_is_found():
    def score(thresholds: Thresholds) -> Figures:
        return Figures(0, 0, 1 - abs(thresholds.onset - 0.35), 1 - thresholds.onset, 0)

    chosen, found = best_thresholds(score)
    assert chosen.onset == 0.35
    assert found.onset_f1 == 1
