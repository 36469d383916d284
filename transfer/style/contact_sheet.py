"""All pairs of a folder at a glance: content, style and result of each in a row, with the score."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spectro.audio import blocks
from spectro.plots import save_figure
from spectro.stft import SpectrogramSetting
from transfer.scores import cell
from transfer.style.batch import Outcome
from transfer.style.overview import Overview
from transfer.style.pairs import SHEET
from transfer.style.report import draw_overview

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = 20.0
"""Seconds from the start that are shown."""
ROWS = 20
"""Pairs on a sheet; what is left goes onto a second one, named -2, and so on."""


def write_sheets(
    folder: Path, outcomes: list[Outcome], rows: list[dict[str, Any]], setting: SpectrogramSetting
) -> list[Path]:
    """Draw the pairs that have results; rows: of `rows_of`, in the order of `outcomes`. Returns the files."""
    shown = [(outcome, row) for outcome, row in zip(outcomes, rows, strict=True) if outcome.outcome != "left out"]
    sheets = []
    for first in range(0, len(shown), ROWS):
        path = folder / SHEET
        path = path.with_stem(f"{path.stem}-{first // ROWS + 1}") if first else path
        _draw(shown[first : first + ROWS], setting, path)
        sheets.append(path)
    return sheets


def _draw(shown: list[tuple[Outcome, dict[str, Any]]], setting: SpectrogramSetting, path: Path) -> None:
    from matplotlib.figure import Figure

    height = 2.2 * len(shown)  # inches; the margins are as large whatever it is
    figure = Figure(figsize=(12, height))
    margins = {"left": 0.03, "right": 0.99, "bottom": 0.3 / height, "top": 1 - 0.4 / height, "hspace": 0.45, "wspace": 0.08}
    for axes, (outcome, row) in zip(figure.subplots(len(shown), 3, squeeze=False, gridspec_kw=margins), shown, strict=True):
        pair = outcome.pair
        score = f"{pair.output.stem}\nscore {cell(row.get('score'))}, equalised {cell(row.get('equalised_score'))}"
        sounds = (pair.content, pair.style, pair.output)
        titles = (f"content: {pair.content.name}", f"style: {pair.style.name}", score)
        for place, sound, title in zip(axes, sounds, titles, strict=True):
            _draw_sound(place, sound, setting, title)
    save_figure(figure, path)


def _draw_sound(axes: Axes, path: str | os.PathLike, setting: SpectrogramSetting, title: str) -> None:
    sound = next(blocks(path, SHOWN, rate=setting.rate, note=lambda line: None))
    overview = Overview()
    overview.add(setting.to_picture(np.abs(setting.analyse(sound))))
    draw_overview(axes, overview, setting, "", colour_bar=False)
    axes.set_title(title, fontsize=8, parse_math=False)
    axes.tick_params(labelsize=7)
    axes.set(xlabel="", ylabel="")
