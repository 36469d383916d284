"""What is told of a transfer: a picture of content, style, result and loss, and a JSON file of all that made them."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from classifiers.prediction import Classifier
from spectro.plots import draw_picture, save_figure
from training.cli import InputError
from training.files import write_json
from training.runs import versions
from transfer.overview import Overview
from transfer.recipe import Recipe
from transfer.sound import Sound
from transfer.style_transfer import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def write_report(output: Path, result: Result, recipe: Recipe, classifier: Classifier, options: dict[str, Any]) -> None:
    """Write `output` with the suffixes .png and .json. The sound itself is there already, for the classifier to judge."""
    _draw(result, output.with_suffix(".png"))
    verdicts = {name: _verdict(classifier, path) for name, path in (("content", result.content.source), ("result", output))}
    write_json(
        output.with_suffix(".json"),
        {
            "options": options,
            "recipe": asdict(recipe),
            "versions": versions(),
            "rate": result.rate,
            "content": _facts(result.content),
            "style": _facts(result.style),
            "inversion_error_db": result.inversion_error_db,
            "gain_db": result.gain_db,
            "limited_db": result.limited_db,
            "peak": float(max(np.abs(channel).max() for channel in result.sound)),
            "verdict": verdicts,
            "loss": _loss_ends(result),
            "interrupted": result.interrupted,
            "tiles": result.tiles,
            "painted_tiles": result.painted_tiles,
            "iterations": [len(history) for history in result.histories],
        },
    )


def _facts(sound: Sound) -> dict[str, Any]:
    return {
        "source": os.fspath(sound.source),
        "channels": sound.channels,
        "seconds": sound.samples / sound.setting.rate,
        "peak": sound.peak,
        "rms": sound.rms,
    }


def _verdict(classifier: Classifier, path: str | os.PathLike) -> dict[str, Any] | None:
    """Mean probabilities over windows of a clip's length; None where the mix of all channels is silent."""
    try:
        prediction = classifier(path)
    except InputError:
        return None
    return {
        "label": prediction.verdict,
        "probabilities": dict(zip(prediction.labels, map(float, prediction.mean), strict=True)),
    }


def _loss_ends(result: Result) -> dict[str, dict[str, float]]:
    """Means over tiles and channels of the first and the last loss."""
    return {
        end: {
            part: float(np.mean([history[place][part] for history in result.histories]))
            for part in ("loss", "content", "style")
        }
        for end, place in (("first", 0), ("last", -1))
        if result.histories
    }


def _draw(result: Result, path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 8), layout="constrained")
    axes = figure.subplots(2, 2)
    for place, (name, overview) in zip(axes.flat, result.pictures.items(), strict=False):
        _draw_overview(place, overview, result.content, name)
    _draw_losses(axes[1, 1], result)
    save_figure(figure, path)


def _draw_overview(axes: Axes, overview: Overview, sound: Sound, title: str) -> None:
    """An overview is drawn as a picture, then its time axis is stretched to its length."""
    image = draw_picture(axes, overview.picture, sound.setting, title)
    hop = sound.setting.hop / sound.setting.rate
    image.set_extent((-hop / 2, (overview.columns - 0.5) * hop, *image.get_extent()[2:]))


def _draw_losses(axes: Axes, result: Result) -> None:
    """Each part of the loss by iteration, the mean of all tiles and channels that got so far; zeros have no logarithm."""
    longest = max((len(history) for history in result.histories), default=0)
    for part in ("loss", "content", "style"):
        values = [np.mean([history[i][part] for history in result.histories if i < len(history)]) for i in range(longest)]
        axes.plot([value if value > 0 else np.nan for value in values], label=part)
    if longest:
        axes.set_yscale("log")
        axes.legend()
    axes.set(title="loss (weighted)", xlabel="iteration")
