"""A prediction as JSON and as a picture: which genre, when."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from classifiers.prediction import Prediction
from training.files import atomic, write_json
from training.runs import versions


def write_timeline(prediction: Prediction, target: str | os.PathLike, run: str | os.PathLike) -> None:
    """Write `target`.json (all probabilities, run, versions) and `target`.png (probabilities over time)."""
    windows = [
        {
            "start": float(start),
            "end": float(end),
            "silent": bool(silent),
            **{label: float(p) for label, p in zip(prediction.labels, row, strict=True)},
        }
        for start, end, silent, row in zip(
            prediction.starts, prediction.ends, prediction.silent, prediction.probabilities, strict=True
        )
    ]
    mean = {label: float(p) for label, p in zip(prediction.labels, prediction.mean, strict=True)}
    write_json(
        f"{target}.json",
        {
            "file": prediction.name,
            "verdict": prediction.verdict,
            "mean": mean,
            "windows": windows,
            "run": os.fspath(run),
            "versions": versions(),
        },
    )
    with atomic(Path(f"{target}.png")) as path:
        _figure(prediction).savefig(path, dpi=100)


def _figure(prediction: Prediction):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 1.2 + 0.32 * len(prediction.labels)), layout="constrained")
    axes = figure.add_subplot()
    shown = np.where(prediction.silent[:, None], np.nan, prediction.probabilities)
    # the last window may reach back over the one before; columns meet where the next one starts
    edges = np.append(prediction.starts, prediction.ends[-1])
    mesh = axes.pcolormesh(edges, np.arange(len(prediction.labels) + 1), shown.T, cmap="magma", vmin=0, vmax=1)
    axes.set_yticks(np.arange(len(prediction.labels)) + 0.5, prediction.labels)
    axes.set(xlabel="seconds", title=f"{prediction.name}: {prediction.verdict} ({prediction.mean.max():.0%})")
    figure.colorbar(mesh, label="probability")
    return figure
