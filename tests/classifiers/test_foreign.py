"""Figures of novelty: counted clip by clip, the area under the ROC curve pair by pair, silence aside."""

import numpy as np
import pytest

from classifiers import foreign
from spectro.stft import SpectrogramSetting
from training.errors import InputError


@pytest.fixture(autouse=True)
def of_peaks(monkeypatch):
    """A clip's novelty is its peak, in 10,000ths; folders are lists of such, separated by commas."""

    def opened(data, setting, cache):
        return np.array([[0, int(peak), 0] for peak in data.split(",")], np.int16)

    def outputs(network, corpus, places):
        return {"novelty": corpus[places].max(axis=1) / 10_000}

    monkeypatch.setattr(foreign, "open_clips", opened)
    monkeypatch.setattr(foreign, "outputs_of", outputs)


def scores(known, *folders):
    return foreign.novelty_scores(None, np.array(known), folders, SpectrogramSetting())


def test_the_area_is_how_often_a_foreign_clip_is_more_novel():
    known = [0.5, 0.9, 1.2, 1.2]
    found = scores(known, "9000,12000,20000")["foreign"][0]
    pairs = [(other > one) + 0.5 * (other == one) for other in (0.9, 1.2, 2.0) for one in known]
    assert found["auroc"] == pytest.approx(np.mean(pairs))
    assert (found["clips"], found["novel"]) == (3, pytest.approx(2 / 3))


def test_several_folders_are_also_told_together():
    found = scores([0.5, 1.5], "20000", "3000,3000,4000")
    assert (found["clips"], found["novel"]) == (2, 0.5)
    assert [(row["data"], row["clips"], row["novel"]) for row in found["foreign"]] == [
        ("20000", 1, 1), ("3000,3000,4000", 3, 0), ("all", 4, 0.25),
    ]  # fmt: skip
    assert [row["auroc"] for row in found["foreign"]] == [1, 0, 0.25]
    heads, *rows = foreign.novelty_table(found)
    assert all(len(row) == len(heads) for row in rows)
    assert rows[-1] == ("all", "4", "25.0 %", "0.250")


def test_silent_clips_do_not_count():
    assert scores([0.5], "0,2,20000")["foreign"][0]["clips"] == 1
    with pytest.raises(InputError, match="0,1 has no clip with sound"):
        scores([0.5], "0,1")
