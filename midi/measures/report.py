"""What was measured: a table of text, a record for JSON and a picture of the histograms."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from midi.measures.comparison import Comparison, Side, mean_overlap
from midi.measures.features import LENGTH_NAMES
from midi.measures.tables import MeasuredSet
from midi.notes import PITCH_CLASSES
from training.files import save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.gridspec import GridSpecBase

COLUMNS = ("overlap, from A", "divergence", "overlap, from B")


def text_table(
    sets: Sequence[MeasuredSet],
    against: Mapping[str, Comparison] | None = None,
    floor: Mapping[str, Comparison] | None = None,
) -> str:
    """One line a measure: mean and deviation in each set, the comparison of the two, that of the halves of the first.

    Of a comparison: overlap and divergence seen from A, overlap seen from B, intervals in brackets.
    """
    compared = [(label, each) for label, each in (("", against), ("halves: ", floor)) if each is not None]
    head = ["", *(f"{'AB'[place]}: mean ± deviation" for place in range(len(sets)))]
    head += [label + column for label, _ in compared for column in COLUMNS]
    rows = [
        [name, *(_spread(each, name) for each in sets), *(cell for _, found in compared for cell in _scores(found[name]))]
        for name in sets[0].table
    ]
    if compared:
        means = [cell for _, found in compared for cell in (_mean(found, "a"), "", _mean(found, "b"))]
        rows.append(["mean overlap", *("" for _ in sets), *means])
    titles = [f"{'AB'[place]}: {each.name}, {len(each):,} pieces" for place, each in enumerate(sets)]
    return "\n".join([*titles, *_aligned([head, *rows])])


def _spread(measured: MeasuredSet, name: str) -> str:
    values, defined = measured.table[name], measured.defined(name)
    if values.ndim > 1:
        return ""
    return f"{values[defined].mean():.4g} ± {values[defined].std():.3g}" if defined.any() else "undefined"


def _scores(found: Comparison) -> tuple[str, str, str]:
    if found.overlap is None:
        return "undefined", "", ""
    return _with_interval(found.a), f"{found.divergence:.3f}", _with_interval(found.b)


def _with_interval(side: Side) -> str:
    interval = side.overlap_interval
    return f"{side.overlap:.3f}" + (f" [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else "")


def _mean(comparisons: Mapping[str, Comparison], side: Literal["a", "b"]) -> str:
    mean = mean_overlap(comparisons, side)
    return "undefined" if mean is None else f"{mean:.3f}"


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def record(
    sets: Sequence[MeasuredSet],
    against: Mapping[str, Comparison] | None = None,
    floor: Mapping[str, Comparison] | None = None,
) -> dict[str, Any]:
    """Everything, as JSON: the sets, the differences of their histograms (B - A; index = pitch) and the comparisons."""
    found: dict[str, Any] = {"sets": [each.record() for each in sets]}
    if len(sets) == 2:
        found["difference"] = {name: _difference(*sets, name) for name, values in sets[0].table.items() if values.ndim > 1}
    for name, comparisons in (("against", against), ("halves", floor)):
        if comparisons is not None:
            found[name] = {measure: asdict(each) for measure, each in comparisons.items()}
            found[f"{name}_mean_overlap"] = {side: mean_overlap(comparisons, side) for side in ("a", "b")}
    return found


def _difference(a: MeasuredSet, b: MeasuredSet, name: str) -> list | None:
    difference = np.asarray(b.means(name)) - a.means(name)
    return difference.tolist() if np.isfinite(difference).all() else None


def draw_histograms(sets: Sequence[MeasuredSet], path: str | os.PathLike) -> None:
    """Write a picture of the mean histograms of one or two sets, and of what the second has more, as PNG, PDF or SVG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 13), layout="constrained")
    grid = figure.add_gridspec(4, 2)
    _bars(figure.add_subplot(grid[0, :]), sets, "pitch_histogram", "% of the notes", range(128))
    _bars(figure.add_subplot(grid[1, :]), sets, "pitch_sounding", "% of the time", range(128))
    _bars(figure.add_subplot(grid[2, 0]), sets, "pitch_class_histogram", "% of the notes", PITCH_CLASSES)
    _bars(figure.add_subplot(grid[2, 1]), sets, "note_lengths", "% of the notes", LENGTH_NAMES)
    _bars(figure.add_subplot(grid[3, 0]), sets, "onset_intervals", "% of the intervals", LENGTH_NAMES)
    _transitions(figure, grid[3, 1].subgridspec(1, len(sets)), sets)
    figure.axes[0].legend(loc="upper right")
    save_figure(figure, path)


def _bars(axes: Axes, sets: Sequence[MeasuredSet], name: str, unit: str, ticks: Sequence) -> None:
    places = np.arange(len(ticks))
    width = 0.8 / len(sets)
    means = [100 * np.asarray(each.means(name)) for each in sets]
    for number, (each, heights) in enumerate(zip(sets, means, strict=True)):
        axes.bar(places + (number - (len(sets) - 1) / 2) * width, heights, width, label=f"{'AB'[number]}: {each.name}")
    if len(sets) == 2:
        axes.step(places, means[1] - means[0], where="mid", color="black", linewidth=0.8, label="B - A")
    if isinstance(ticks, range):
        used = np.flatnonzero(np.nansum(means, axis=0))
        axes.set_xlim((used[0] - 1, used[-1] + 1) if len(used) else (0, 127))
        axes.set_xlabel("MIDI pitch")
    else:
        axes.set_xticks(places, ticks, fontsize=8)
    axes.set(title=name.replace("_", " "), ylabel=unit)


def _transitions(figure: Figure, grid: GridSpecBase, sets: Sequence[MeasuredSet]) -> None:
    means = [100 * np.asarray(each.means("pitch_class_transitions")) for each in sets]
    most = float(np.nanmax([np.nan_to_num(each).max() for each in means])) or 1.0
    for number, mean in enumerate(means):
        axes = figure.add_subplot(grid[0, number])
        image = axes.imshow(mean, origin="lower", vmin=0, vmax=most, cmap="magma")
        axes.set_xticks(range(12), PITCH_CLASSES, fontsize=6)
        axes.set_yticks(range(12), PITCH_CLASSES, fontsize=6)
        axes.set(title=f"{'AB'[number]}: transitions in %", xlabel="to", ylabel="from")
    figure.colorbar(image, ax=figure.axes[-len(sets) :], shrink=0.7)
