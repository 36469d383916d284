"""Measures of a stretch of columns (`midi.columns`), by which what a model goes on with is held beside real music.

Columns have no ticks, instruments or velocities, and a stretch begins and ends within notes. `midi.measures.features`
measures whole pieces, and its figures of like names are others: here density counts silent columns too, range is 0 without
a note, and groove compares columns, of whole bars only.
"""

from __future__ import annotations

from collections.abc import Sequence

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
    found = [figures_of(columns, bar) for columns in stretches]
    return {name: np.array([each[name] for each in found]) for name in FIGURES}


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
