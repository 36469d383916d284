"""Measures of a stretch of columns (`midi.columns`), by which what a model goes on with is held beside real music.

Columns have no ticks, instruments or velocities, and a stretch begins and ends within notes. `midi.measures.features`
measures whole pieces, and its figures of like names are others: here density counts silent columns too, range is 0 without
a note, and groove compares columns, of whole bars only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from midi.codecs.codec import ONSET, REST, Codec
from midi.codecs.grid import class_runs

FIGURES = {
    "longest": "bars, the longest note",
    "density": "notes that sound in a column, mean",
    "range": "semitones from the lowest to the highest note; 0 without a note",
    "onsets": "notes that begin in a bar, mean",
    "groove": "likeness of the rhythms of neighbouring bars, 0 to 1",
    "repetition": "likeness of a bar to the most like one before it, mean, 0 to 1",
}
"""Name -> what it is."""
SEAMS = {
    "onsets_at_joints": "notes that begin within a quarter of a bar of a joint, mean",
    "onsets_elsewhere": "the same of bar lines that are no joint",
    "change_at_joints": "change of pitch classes from the bar before a joint to that after it, mean, 0 to 1",
    "change_elsewhere": "the same of bar lines that are no joint",
}
"""Name -> what it is, of what was made piece by piece: a seam shows where joints differ from other bar lines."""
DISTANCES = {
    "cells": "Jaccard distance of the cells that sound",
    "pitch_classes": "1 - cosine of how long each pitch class sounds",
    "onsets": "1 - F1 of the notes that begin, by pitch and column",
}
"""Name -> what it is, 0 to 1, of two stretches of one length."""
BAR = 4
"""Quarters that count as a bar; seconds twice as many as there are quarters in one, at 120 beats a minute."""
_CLASS = np.minimum(np.arange(256), 2).astype(np.uint8)


def columns_in_bar(codec: Codec) -> int:
    """Columns of a 4/4 bar; of codecs that measure seconds, of two seconds."""
    return round(codec.resolution * (BAR if codec.unit == "quarter" else BAR / 2))


def figures_of(columns: np.ndarray, bar: int) -> dict[str, float]:
    """FIGURES of (time, rows) classes; bar: columns of a bar.

        figures_of(columns_of(read("a.mid"), codec)[0], columns_in_bar(codec))["density"]

    groove: 1 - mean Hamming distance of the onset patterns of neighbouring bars (Wu and Yang 2020). repetition: for every
    bar the largest cosine of its onsets, pitch by column, with those of an earlier bar; bars without onsets are left out.
    """
    on, begins = columns != REST, columns == ONSET
    _, first, last = class_runs(np.ascontiguousarray(columns.T), _CLASS)
    used = np.flatnonzero(on.any(axis=0))
    return {
        "longest": float((last - first).max(initial=0)) / bar,
        "density": float(on.sum() / len(columns)),
        "range": float(used[-1] - used[0]) if len(used) else 0.0,
        "onsets": float(begins.sum() * bar / len(columns)),
        "groove": _groove(begins.any(axis=1), bar),
        "repetition": _repetition(begins, bar),
    }


def table_of(stretches: Sequence[np.ndarray], bar: int) -> dict[str, np.ndarray]:
    """FIGURES of many stretches: name -> (stretches,)."""
    return _table([figures_of(columns, bar) for columns in stretches])


def compared(
    real: dict[str, np.ndarray], generated: dict[str, np.ndarray], again: dict[str, np.ndarray] | None = None
) -> dict[str, dict[str, Any]]:
    """Figures (stretches,) of what was generated beside those of real stretches, and of the prompts repeated, as JSON.

    real: 5th percentile, median and 95th; generated and repeated: medians; within: does the median lie between these
    percentiles? fraction_within: how many stretches do.
    """
    found = {}
    for name in real:
        low, middle, high = np.percentile(real[name], (5, 50, 95)).tolist()
        median = float(np.median(generated[name]))
        found[name] = {
            "real": [low, middle, high],
            "generated": median,
            **({} if again is None else {"repeated": float(np.median(again[name]))}),
            "within": bool(low <= median <= high),
            "fraction_within": float(((low <= generated[name]) & (generated[name] <= high)).mean()),
        }
    return found


def rows_of(figures: dict[str, dict[str, Any]]) -> list[tuple[str, ...]]:
    """A table of what `compared` found, its head first."""
    rows = [("figure", "real 5 %", "real median", "real 95 %", "generated median", "within", "of pieces", "prompt repeated")]
    for name, row in figures.items():
        values = (f"{value:.3g}" for value in (*row["real"], row["generated"]))
        within = ("yes" if row["within"] else "no", f"{100 * row['fraction_within']:.0f} %")
        again = f"{row['repeated']:.3g}" if "repeated" in row else ""
        rows.append((f"{name.replace('_', ' ')} ({(FIGURES | SEAMS)[name]})", *values, *within, again))
    return rows


def seams_of(columns: np.ndarray, joints: Sequence[int], bar: int) -> dict[str, float]:
    """SEAMS of (time, rows) classes; joints: the columns, one or more, at which one part meets the next, ascending.

    Other bar lines are those behind the first joint with a bar after them; where there is none, a piece has no other
    figures than those of its joints.
    """
    behind = range(joints[0] + bar, len(columns) - bar + 1, bar)
    elsewhere = [line for line in behind if line not in joints] or joints
    found = {}
    for place, lines in (("at_joints", joints), ("elsewhere", elsewhere)):
        found[f"onsets_{place}"] = float(np.mean([_onsets_near(columns, line, bar // 4) for line in lines]))
        found[f"change_{place}"] = float(np.mean([_change(*_bars_around(columns, line, bar)) for line in lines]))
    return {name: found[name] for name in SEAMS}


def seam_table(stretches: Sequence[np.ndarray], joints: Sequence[Sequence[int]], bar: int) -> dict[str, np.ndarray]:
    """SEAMS of many stretches, each with its joints: name -> (stretches,)."""
    return _table([seams_of(columns, here, bar) for columns, here in zip(stretches, joints, strict=True)])


def distances_of(columns: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """DISTANCES of (time, rows) classes from others of the same shape; two that are silent have none."""
    on, begins = columns != REST, columns == ONSET
    true_on, true_begins = truth != REST, truth == ONSET
    return {
        "cells": 1 - _ratio((on & true_on).sum(), (on | true_on).sum()),
        "pitch_classes": _change(columns, truth),
        "onsets": 1 - _ratio(2 * (begins & true_begins).sum(), begins.sum() + true_begins.sum()),
    }


def distance_table(stretches: Sequence[np.ndarray], truths: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """DISTANCES of many stretches, each from its truth: name -> (stretches,)."""
    return _table([distances_of(columns, truth) for columns, truth in zip(stretches, truths, strict=True)])


def _table(figures: list[dict[str, float]]) -> dict[str, np.ndarray]:
    return {name: np.array([each[name] for each in figures]) for name in figures[0]}


def _onsets_near(columns: np.ndarray, line: int, reach: int) -> int:
    return int((columns[max(line - reach, 0) : line + reach] == ONSET).sum())


def _bars_around(columns: np.ndarray, line: int, bar: int) -> tuple[np.ndarray, np.ndarray]:
    return columns[max(line - bar, 0) : line], columns[line : line + bar]


def _change(before: np.ndarray, after: np.ndarray) -> float:
    """1 - cosine of how long each of twelve pitch classes sounds; 1 if one part is silent. Rows are semitones."""
    lasting = [np.bincount(np.nonzero(part != REST)[1] % 12, minlength=12).astype(float) for part in (before, after)]
    lengths = [np.linalg.norm(part) for part in lasting]
    if not all(lengths):
        return float(any(lengths))
    return max(0.0, 1 - float(lasting[0] @ lasting[1] / (lengths[0] * lengths[1])))


def _ratio(part: float, whole: float) -> float:
    """`part` of `whole`; of nothing all."""
    return float(part / whole) if whole else 1.0


def _bars(cells: np.ndarray, bar: int) -> np.ndarray:
    """(bars, bar columns, ...): whole bars only."""
    count = len(cells) // bar
    return cells[: count * bar].reshape(count, bar, *cells.shape[1:])


def _groove(begins: np.ndarray, bar: int) -> float:
    bars = _bars(begins, bar)
    return float(1 - (bars[1:] != bars[:-1]).mean()) if len(bars) > 1 else 1.0


def _repetition(begins: np.ndarray, bar: int) -> float:
    bars = _bars(begins, bar).astype(np.float32)
    bars = bars.reshape(len(bars), bar * begins.shape[1])
    bars = bars[bars.any(axis=1)]
    if len(bars) < 2:
        return 0.0
    bars /= np.linalg.norm(bars, axis=1, keepdims=True)
    alike = np.tril(bars @ bars.T, -1)[1:]
    return float(alike.max(axis=1).mean())
