"""How well novelty tells recordings that a classifier was never meant for from those of its test part."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from sklearn.metrics import roc_auc_score

from classifiers.data import open_clips
from classifiers.novelty import outputs_of
from spectro.clips import to_model
from spectro.pieces import SILENCE
from spectro.stft import SpectrogramSetting
from training.errors import InputError
from training.family import Section

ABOUT = (
    "How unlike the training clips a clip is, as the classifier itself sees it; above 1 it is called novel. About one clip "
    "in twenty of the test part is expected to be. The area under the ROC curve is how often a clip of the other recordings "
    "is more novel than one of the test part."
)


def novelty_scores(
    network: keras.Model,
    known: np.ndarray,
    foreign: Sequence[str | os.PathLike],
    setting: SpectrogramSetting,
    cache: Path | None = None,
) -> dict[str, Any]:
    """{"clips", "novel": of the test part, "foreign": [{"data", "clips", "novel", "auroc"}]}, of several also of all.

    network: from `classifiers.novelty.with_novelty`; known: novelty of the clips of the test part; foreign: folders, tables
    or corpora of recordings that have none of the labels. Silent clips are left out. InputError: no sound in one of them.
    """
    found = {os.fspath(data): _novelty(network, data, setting, cache) for data in foreign}
    if len(found) > 1:
        found["all"] = np.concatenate(list(found.values()))
    rows = [
        {
            "data": data,
            **_called(novelty),
            "auroc": float(roc_auc_score(np.repeat([0, 1], [len(known), len(novelty)]), np.append(known, novelty))),
        }
        for data, novelty in found.items()
    ]
    return {**_called(known), "foreign": rows}


def novelty_table(scores: dict[str, Any]) -> list[tuple[str, ...]]:
    """Rows of cells, the heads first."""
    heads = [("recordings", "clips", "called novel", "area under the ROC curve")]
    known = [("test part", str(scores["clips"]), f"{100 * scores['novel']:.1f} %", "")]
    return heads + known + [
        (row["data"], str(row["clips"]), f"{100 * row['novel']:.1f} %", f"{row['auroc']:.3f}") for row in scores["foreign"]
    ]  # fmt: skip


def novelty_section(scores: dict[str, Any]) -> Section:
    """Of a run's report."""
    return Section("Novelty", ABOUT, novelty_table(scores))


def _called(novelty: np.ndarray) -> dict[str, Any]:
    return {"clips": len(novelty), "novel": float(np.mean(novelty > 1))}


def _novelty(network: keras.Model, data: str | os.PathLike, setting: SpectrogramSetting, cache: Path | None) -> np.ndarray:
    """(clips,) of all clips with sound."""
    corpus = open_clips(data, setting, cache)
    loud = [i for i in range(len(corpus)) if np.abs(to_model(corpus[i])).max() >= SILENCE]
    if not loud:
        raise InputError(f"{os.fspath(data)} has no clip with sound, to compare the test part with")
    return outputs_of(network, corpus, np.array(loud))["novelty"]
