"""The judgement of a finished transfer: its scores beside the baselines', the classifier's verdicts, and its artifacts.

Nothing here can make a transfer fail: what cannot be scored is None, with the reason.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import soxr

from classifiers.prediction import Classifier, Prediction
from training.errors import InputError
from transfer.scores import Scores, scores
from transfer.scores.artifacts import Artifacts, artifacts
from transfer.scores.baselines import equalised
from transfer.scores.prepare import MAX_SECONDS, RATE, fitted, levelled, read_start

RESULT = "result"
"""The result's name among the scores."""
UNDEFINED = {
    "timbre": "content and style have the same colours",
    "texture": "content and style move alike",
    "content_preservation": "the style has the content's harmonies",
    "no_leakage": "content and style are one",
    "judge": "content, style and result are one",
}
"""Why a figure of `Scores` is None."""


@dataclass(frozen=True)
class Judgement:
    """Of one pair."""

    verdicts: dict[str, dict[str, Any] | None]
    """Label and probabilities of content, result (all of them) and equalised content (the part that is scored), or None
    where the mix of all channels is silent."""
    scores: dict[str, Scores] = field(default_factory=dict)
    """Of the result and, after it, of the baselines; empty if `reason` says why."""
    artifacts: Artifacts | None = None
    """What the result has and neither content nor style has."""
    seconds: float = 0.0
    """From the start: what was scored."""
    reason: str = ""
    """Why nothing is scored."""

    @property
    def score(self) -> float | None:
        """The result's."""
        return self.scores[RESULT].score if self.scores else None

    @property
    def undefined(self) -> dict[str, str]:
        """Figure of the result that is None -> why."""
        if not self.scores:
            return {}
        return {name: why for name, why in UNDEFINED.items() if getattr(self.scores[RESULT], name) is None}

    def facts(self) -> dict[str, Any]:
        """For a report."""
        return {
            "verdict": self.verdicts,
            "scores": {name: asdict(one) | {"score": one.score} for name, one in self.scores.items()} or None,
            "scored_seconds": self.seconds,
            "not_scored": self.reason or None,
            "undefined": self.undefined,
            "artifacts": asdict(self.artifacts) if self.artifacts else None,
        }


def judge(
    content: str | os.PathLike, style: str | os.PathLike, result: str | os.PathLike, classifier: Classifier
) -> Judgement:
    """Judge the file `result`, which has the style transferred onto the content; its first MAX_SECONDS are scored."""
    verdicts = {
        "content": _verdict(lambda: classifier(content)),
        "equalised": None,
        RESULT: _verdict(lambda: classifier(result)),
    }
    try:
        before, wanted, after = (read_start(path, _silent) for path in (content, style, result))
        found = scores(before, wanted, {RESULT: after})
        verdicts["equalised"] = _verdict(lambda: _of_equalised(before, wanted, classifier))
        return Judgement(verdicts, found, artifacts(before, wanted, after), len(before) / RATE)
    except InputError as error:
        return Judgement(verdicts, reason=f"first {MAX_SECONDS:g} s in mono: {error}")


def _silent(line: str) -> None:
    """The transfer has warned of damage."""


def _of_equalised(content: np.ndarray, style: np.ndarray, classifier: Classifier) -> Prediction:
    content = levelled(content, "the content")
    sound = equalised(content, fitted(levelled(style, "the style"), len(content)))
    return classifier.of_samples(soxr.resample(sound.astype(np.float32), RATE, classifier.setting.rate))


def _verdict(predicted: Callable[[], Prediction]) -> dict[str, Any] | None:
    """Mean probabilities over windows of a clip's length; None where the mix of all channels is silent."""
    try:
        prediction = predicted()
    except InputError:
        return None
    return {
        "label": prediction.verdict,
        "probabilities": dict(zip(prediction.labels, map(float, prediction.mean), strict=True)),
    }
