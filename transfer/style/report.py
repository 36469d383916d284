"""Reports: of a transfer a picture of sounds, loss and scores, and a JSON file of all that made them; of many a sheet."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from spectro.audio import blocks
from spectro.plots import draw_picture
from spectro.stft import SpectrogramSetting
from training.files import save_figure, write_json
from training.runs import versions
from transfer.scores import HEADER, cell
from transfer.style.judgement import Judgement
from transfer.style.result import Preview, Result
from transfer.style.settings import Settings
from transfer.style.sounds import Sound

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHEET_SECONDS = 20.0
"""From the start that a sheet shows."""
SHEET_ROWS = 20
"""Pairs on a sheet; the rest go onto a second one, named -2, and so on."""


@dataclass(frozen=True)
class SheetRow:
    """A pair on the sheet."""

    content: Path
    style: Path
    output: Path
    figures: dict[str, Any]
    """`score` and `equalised_score`, where they are defined."""


def write_report(
    output: Path, result: Result, settings: Settings, judgement: Judgement, options: dict[str, Any], fingerprint: str
) -> None:
    """Write `output` with the suffixes .png and .json.

    options: of the command, of which `fingerprint` is one.
    """
    _draw(result, judgement, output.with_suffix(".png"))
    write_json(
        output.with_suffix(".json"),
        {
            "command": "transfer.nst",
            "options": options,
            "settings": asdict(settings),
            "fingerprint": fingerprint,
            "finished": not result.interrupted,
            "versions": versions(),
            "rate": result.rate,
            "content": _facts(result.content),
            "style": _facts(result.style),
            "inversion_error_db": result.inversion_error_db,
            "gain_db": result.gain_db,
            "limited_db": result.limited_db,
            "peak": float(max(result.sound.max(), -result.sound.min())),  # without a copy: it may be larger than memory
            **judgement.facts(),
            "loss": _loss_ends(result),
            "interrupted": result.interrupted,
            "tiles": result.tiles,
            "optimised_tiles": result.optimised_tiles,
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


def _draw(result: Result, judgement: Judgement, path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 10))
    grid = figure.add_gridspec(3, 2, height_ratios=(4, 4, 2), left=0.06, right=0.98, bottom=0.01, top=0.96, hspace=0.3)
    for place, (name, preview) in zip(((0, 0), (0, 1), (1, 0)), result.previews.items(), strict=False):
        _draw_preview(figure.add_subplot(grid[place]), preview, result.content.setting, name)
    _draw_losses(figure.add_subplot(grid[1, 1]), result)
    for place, lines, font in ((0, _scores(judgement), "monospace"), (1, _facts_of(result, judgement), "sans-serif")):
        axes = figure.add_subplot(grid[2, place])
        axes.set_axis_off()
        axes.text(0, 1, "\n".join(lines), va="top", fontsize=9, family=font, transform=axes.transAxes)
    save_figure(figure, path)


def _scores(judgement: Judgement) -> list[str]:
    """The table of `transfer.scores`, or why there is none."""
    if not judgement.scores:
        return wrap(f"not scored: {judgement.reason}", 70)
    rows = [("", *HEADER), *((name, *map(cell, one.row)) for name, one in judgement.scores.items())]
    return [
        f"{name:<10}" + "".join(f"{figure:>{max(6, len(head) + 2)}}" for figure, head in zip(row, HEADER, strict=True))
        for name, *row in rows
    ]


def _facts_of(result: Result, judgement: Judgement) -> list[str]:
    verdicts = ", ".join(f"{name} {verdict['label'] if verdict else '-'}" for name, verdict in judgement.verdicts.items())
    lines = [*wrap(result.summary, 80), f"classifier: {verdicts}"]
    if judgement.scores:
        seconds = result.content.samples / result.content.setting.rate
        lines.append(f"scored: {judgement.seconds:.1f} of {seconds:.1f} s")
    if judgement.artifacts:
        one = judgement.artifacts
        lines.append(f"artifacts: {_level(one.level_db, one.flatness)}")
        lines.append(f"artifacts that never end: {_level(one.steady_db, one.steady_flatness)}")
    return lines


def _level(level_db: float | None, flatness: float | None) -> str:
    return "nothing" if level_db is None else f"{level_db:.0f} dB of the result, spectral flatness {flatness:.3f}"


def _draw_preview(axes: Axes, preview: Preview, setting: SpectrogramSetting, title: str, *, colour_bar: bool = True) -> None:
    """A preview is drawn as a picture, then its time axis is stretched to its length."""
    image = draw_picture(axes, preview.picture, setting, title, colour_bar=colour_bar)
    hop = setting.hop / setting.rate
    image.set_extent((-hop / 2, (preview.columns - 0.5) * hop, *image.get_extent()[2:]))


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


def write_sheets(path: Path, pairs: list[SheetRow], setting: SpectrogramSetting) -> list[Path]:
    """Draw content, style and result of each pair in a row, with the score. Returns the files: `path`, -2 and so on."""
    sheets = []
    for first in range(0, len(pairs), SHEET_ROWS):
        sheet = path.with_stem(f"{path.stem}-{first // SHEET_ROWS + 1}") if first else path
        _draw_sheet(pairs[first : first + SHEET_ROWS], setting, sheet)
        sheets.append(sheet)
    return sheets


def _draw_sheet(pairs: list[SheetRow], setting: SpectrogramSetting, path: Path) -> None:
    from matplotlib.figure import Figure

    height = 2.2 * len(pairs)  # inches; the margins are as large whatever it is
    figure = Figure(figsize=(12, height))
    margins = {"left": 0.03, "right": 0.99, "bottom": 0.3 / height, "top": 1 - 0.4 / height, "hspace": 0.45, "wspace": 0.08}
    for axes, pair in zip(figure.subplots(len(pairs), 3, squeeze=False, gridspec_kw=margins), pairs, strict=True):
        score, equalised = (cell(pair.figures.get(name)) for name in ("score", "equalised_score"))
        sounds = (pair.content, pair.style, pair.output)
        result = f"{pair.output.stem}\nscore {score}, equalised {equalised}"
        titles = (f"content: {pair.content.name}", f"style: {pair.style.name}", result)
        for place, sound, title in zip(axes, sounds, titles, strict=True):
            _draw_sound(place, sound, setting, title)
    save_figure(figure, path)


def _draw_sound(axes: Axes, path: str | os.PathLike, setting: SpectrogramSetting, title: str) -> None:
    sound = next(blocks(path, SHEET_SECONDS, rate=setting.rate, note=lambda line: None))
    preview = Preview()
    preview.add(setting.to_picture(np.abs(setting.analyse(sound))))
    _draw_preview(axes, preview, setting, "", colour_bar=False)
    axes.set_title(title, fontsize=8)
    axes.tick_params(labelsize=7)
    axes.set(xlabel="", ylabel="")
