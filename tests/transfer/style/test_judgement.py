"""Whatever the sounds are, a transfer is judged: figures, or the reason why there are none."""

import json

import numpy as np
import pytest

from classifiers.prediction import Classifier
from spectro.audio import write
from spectro.demo import compose
from transfer.scores import Scores
from transfer.style.judgement import UNDEFINED, judge

RATE = 22_050


@pytest.fixture
def judged(tmp_path, run):
    classifier = Classifier(run)

    def judged(content, style, result, rate=RATE):
        paths = [tmp_path / f"{name}.wav" for name in ("content", "style", "result")]
        for path, sound in zip(paths, (content, style, result), strict=True):
            write(path, np.asarray(sound, np.float32), rate, "FLOAT")
        return judge(*paths, classifier)

    return judged


def music(genre: str = "lo_fi", seconds: float = 2.0) -> np.ndarray:
    return compose(genre, 0, seconds)


def test_the_result_stands_before_the_baselines(judged):
    found = judged(music(), music("hardstyle"), music("hardstyle"))
    assert list(found.scores)[:3] == ["result", "content", "equalised"]
    assert found.scores["result"].texture == pytest.approx(1, abs=1e-6)
    assert found.score == found.scores["result"].score
    assert set(found.verdicts) == {"content", "equalised", "result"}
    assert sum(found.verdicts["equalised"]["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert found.seconds == pytest.approx(2)
    facts = json.loads(json.dumps(found.facts()))
    assert facts["scores"]["equalised"]["score"] == found.scores["equalised"].score
    assert (facts["not_scored"], facts["undefined"]) == (None, {})


def test_one_sound_three_times(judged):
    found = judged(music(), music(), music())
    assert found.scores["result"] == Scores(None, None, None, None, None)
    assert found.facts()["undefined"] == UNDEFINED
    assert found.artifacts.level_db is None
    assert found.score is None


def test_only_the_beginning_of_a_long_sound_is_scored(judged, monkeypatch):
    monkeypatch.setattr("transfer.scores.prepare.MAX_SECONDS", 1.5)
    content, style = music(), music("hardstyle")
    other_end = content.copy()
    other_end[..., 2 * RATE - RATE // 4 :] = 0.1
    whole, changed = judged(content, style, content), judged(content, style, other_end)
    assert whole.seconds == 1.5
    assert changed.scores == whole.scores


CLICK = np.eye(1, 2 * RATE)
TONE = 0.3 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE)


@pytest.mark.parametrize(
    ("content", "style", "result", "reason"),
    [
        (music()[..., :5000], music(), music(), "scores need 1 s"),
        (music(), music(), 0 * music(), "result is silent"),
        (np.stack([TONE, -TONE]), music(), music(), "its channels are in antiphase and cancel each other"),
        (music(), 1e-6 * music(), music(), "style is silent"),
        (TONE, CLICK, TONE, ""),
        (CLICK, TONE, music(), ""),
        (np.full(2 * RATE, 0.2), TONE, CLICK, ""),
        (music(), np.array([0.5]), TONE, ""),
        (music(), music()[..., :300], music("hardstyle"), ""),
    ],
)
def test_whatever_cannot_be_scored_has_a_reason(judged, content, style, result, reason):
    found = judged(content, style, result)
    assert reason in found.reason
    assert bool(found.reason) == bool(reason) == (found.facts()["scores"] is None)
    for one in found.scores.values():
        assert all(figure is None or np.isfinite(figure) for figure in vars(one).values())
    json.dumps(found.facts(), allow_nan=False)
