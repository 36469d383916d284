"""The genre of recordings of any length: probabilities for each window of a clip's length, a verdict for the file; both as
JSON and as a picture of the time line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np

from classifiers.front_end import setting_of_model
from classifiers.novelty import read_novelty, with_novelty
from spectro.audio import blocks
from spectro.pieces import SILENCE
from training.errors import InputError
from training.files import save_figure, write_json
from training.runs import load, read_run, versions

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BATCH = 8
"""Windows that the model is given at a time."""


@dataclass(frozen=True)
class Prediction:
    """What a classifier says of one recording, window by window.

    starts, ends: seconds of each window (windows,); probabilities: (windows, labels); silent: (windows,) bool. novelty:
    (windows,), above 1 where a window is unlike all that the classifier was trained on; None if it has no measure of that.
    """

    name: str
    labels: tuple[str, ...]
    starts: np.ndarray
    ends: np.ndarray
    probabilities: np.ndarray
    silent: np.ndarray
    novelty: np.ndarray | None = None

    @property
    def mean(self) -> np.ndarray:
        """(labels,): mean probabilities over the windows that are not silent."""
        return self.probabilities[~self.silent].mean(axis=0)

    @property
    def verdict(self) -> str:
        """The label of the largest mean probability."""
        return self.labels[int(self.mean.argmax())]

    @property
    def mean_novelty(self) -> float | None:
        """Mean over the windows that are not silent."""
        return None if self.novelty is None else float(self.novelty[~self.silent].mean())

    @property
    def novel(self) -> bool:
        """Whether the file as a whole is unlike all that the classifier was trained on, so that the verdict is a guess."""
        return self.mean_novelty is not None and self.mean_novelty > 1

    @property
    def told(self) -> str:
        """The verdict in words."""
        sure = f"{self.verdict} ({self.mean.max():.0%})"
        if not self.novel:
            return sure
        return f"unlike all that it was trained on (novelty {self.mean_novelty:.2f}); the nearest is {sure}"


class Classifier:
    """A run's model with its labels.

        prediction = Classifier("runs/lil_data")("song.flac")
        prediction.verdict, prediction.mean.max()

    InputError: not a run, or not one of a classifier.
    """

    def __init__(self, run: str | os.PathLike) -> None:
        record = read_run(run)
        if record["package"] != "classifiers":
            raise InputError(f"{run} is a run of {record['package']}.{record['model']}, not of a classifier")
        self.model: keras.Model = load(run)
        self.labels = tuple(record["labels"])
        self.setting = setting_of_model(self.model)
        self._network = with_novelty(self.model, read_novelty(run))

    def __call__(self, path: str | os.PathLike) -> Prediction:
        """Classify a file in constant memory. InputError: unreadable or silent throughout."""
        return self._predict(blocks(path, self.setting.seconds, rate=self.setting.rate, mono=True), os.fspath(path))

    def of_samples(self, samples: np.ndarray, name: str = "") -> Prediction:
        """Classify mono samples (samples,) at the setting's rate. InputError: silent throughout."""
        length = self.setting.clip_samples
        return self._predict((samples[i : i + length] for i in range(0, len(samples), length)), name)

    def _predict(self, pieces: Iterator[np.ndarray], name: str) -> Prediction:
        starts, ends, silent, made, batch = [], [], [], [], []
        for start, end, window in self._windows(pieces):
            starts.append(start / self.setting.rate)
            ends.append(end / self.setting.rate)
            silent.append(float(np.abs(window).max()) < SILENCE)
            batch.append(window)
            if len(batch) == BATCH:
                made.append(self._network.predict_on_batch(np.stack(batch)))
                batch = []
        if batch:  # filled up, so that the compiled graph sees one shape
            made.append(self._network.predict_on_batch(np.stack(batch + batch[-1:] * (BATCH - len(batch)))))
        if all(silent):
            raise InputError(f"{name or 'the sound'} is silent; there is nothing to classify")
        outputs = {key: np.concatenate([each[key] for each in made])[: len(starts)] for key in made[0]}
        return Prediction(
            Path(name).name,
            self.labels,
            np.array(starts),
            np.array(ends),
            outputs["output"],
            np.array(silent),
            outputs.get("novelty"),
        )

    def _windows(self, pieces: Iterator[np.ndarray]) -> Iterator[tuple[int, int, np.ndarray]]:
        """(first sample, end, window): one after the other; the last one reaches back so that it is whole, and a sound
        shorter than one window is repeated to fill it, as in training."""
        length, place, before = self.setting.clip_samples, 0, np.zeros(0, np.float32)
        for piece in pieces:
            if len(piece) == length:
                yield place, place + length, piece
            elif len(before):
                yield place + len(piece) - length, place + len(piece), np.concatenate([before, piece])[-length:]
            elif len(piece):
                yield 0, len(piece), np.resize(piece, length)
            place += len(piece)
            before = piece


def write_prediction(prediction: Prediction, target: str | os.PathLike, run: str | os.PathLike) -> None:
    """Write `target`.json (all probabilities, run, versions) and `target`.png (probabilities over time)."""
    record = {
        "file": prediction.name,
        "verdict": prediction.verdict,
        "novel": prediction.novel,
        "novelty": prediction.mean_novelty,
        "mean": _by_label(prediction.labels, prediction.mean),
        "windows": [
            {
                "start": float(start),
                "end": float(end),
                "silent": bool(prediction.silent[row]),
                "novelty": None if prediction.novelty is None else float(prediction.novelty[row]),
                "probabilities": _by_label(prediction.labels, prediction.probabilities[row]),
            }
            for row, (start, end) in enumerate(zip(prediction.starts, prediction.ends, strict=True))
        ],
        "run": os.fspath(run),
        "versions": versions(),
    }
    write_json(f"{target}.json", record)
    save_figure(_time_line(prediction), f"{target}.png", dpi=100)


def _by_label(labels: tuple[str, ...], probabilities: np.ndarray) -> dict[str, float]:
    """Of one's own: a user's label may be any word."""
    return {label: float(probability) for label, probability in zip(labels, probabilities, strict=True)}


def _time_line(prediction: Prediction) -> Figure:
    """Probabilities over time, a row for each label, and novelty above them if measured; silent windows are left white."""
    from matplotlib.figure import Figure

    measured = prediction.novelty is not None
    figure = Figure(figsize=(9, 1.2 + measured + 0.32 * len(prediction.labels)), layout="constrained")
    *above, axes = figure.subplots(1 + measured, sharex=True, squeeze=False, height_ratios=[1] * measured + [3])[:, 0]
    shown = np.where(prediction.silent[:, None], np.nan, prediction.probabilities)
    # the last window may reach back over the one before; columns meet where the next one starts
    edges = np.append(prediction.starts, prediction.ends[-1])
    mesh = axes.pcolormesh(edges, np.arange(len(prediction.labels) + 1), shown.T, cmap="magma", vmin=0, vmax=1)
    axes.set_yticks(np.arange(len(prediction.labels)) + 0.5, prediction.labels)
    axes.set(xlabel="seconds")
    figure.colorbar(mesh, label="probability")
    for top in above:
        top.stairs(np.where(prediction.silent, np.nan, prediction.novelty), edges, color="tab:red")
        top.axhline(1, color="grey", linestyle="dashed", linewidth=1)
        top.set(ylabel="novelty", ylim=(0, max(2.0, 1.1 * prediction.novelty[~prediction.silent].max())))
        top.set_title("unlike all that it was trained on" if prediction.novel else "")
    figure.suptitle(f"{prediction.name}: {prediction.verdict} ({prediction.mean.max():.0%})")
    return figure
