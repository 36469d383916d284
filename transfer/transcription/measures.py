"""How right notes are, as mir_eval counts it (Raffel et al., ISMIR 2014; Bay, Ehmann, Downie, ISMIR 2009)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields

import numpy as np

from transfer.transcription.notes import Thresholds

ONSET_TOLERANCE = 0.05
"""Seconds; mir_eval's default, as are a quarter tone, and for offsets a fifth of the note or as many seconds."""
HOP = 0.01
"""Seconds from one frame to the next in which pitches are compared."""
ONSETS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)
"""Thresholds of onsets that are tried."""


@dataclass(frozen=True)
class Figures:
    """Of found notes against the true ones, 0 to 1."""

    onset_precision: float
    onset_recall: float
    onset_f1: float
    """Pitch and onset right."""
    offset_f1: float
    """The offset, too."""
    frame_f1: float
    """Of the pitches that sound every 10 ms."""


def figures(true: np.ndarray, found: np.ndarray) -> Figures:
    """Of notes of HEARD; `true` has one at least."""
    from mir_eval import transcription

    if not len(found):
        return Figures(0.0, 0.0, 0.0, 0.0, 0.0)
    given = (*_intervals(true), *_intervals(found))
    precision, recall, onset, _ = transcription.precision_recall_f1_overlap(
        *given, onset_tolerance=ONSET_TOLERANCE, offset_ratio=None
    )
    offset = transcription.precision_recall_f1_overlap(*given, onset_tolerance=ONSET_TOLERANCE)[2]
    return Figures(precision, recall, onset, offset, _frame_f1(true, found))


def mean(found: Iterable[Figures]) -> Figures:
    """Over pieces. ValueError: there are none."""
    table = [[getattr(one, field.name) for field in fields(one)] for one in found]
    return Figures(*np.mean(table, axis=0).tolist())


def best_thresholds(score: Callable[[Thresholds], Figures]) -> tuple[Thresholds, Figures]:
    """(those of ONSETS that find most onsets rightly, their figures)."""
    tried = {onset: score(Thresholds(onset)) for onset in ONSETS}
    best = max(tried, key=lambda onset: tried[onset].onset_f1)
    return Thresholds(best), tried[best]


def _intervals(notes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(seconds (count, 2), Hz (count,))."""
    ends = np.maximum(notes["offset"], notes["onset"] + 1e-3)
    return np.stack([notes["onset"], ends], axis=1), _hertz(notes["pitch"])


def _frame_f1(true: np.ndarray, found: np.ndarray) -> float:
    """Pitch by pitch, so that the frames of an hour fit in memory."""
    times = np.arange(0, max(true["offset"].max(), found["offset"].max()), HOP)
    right = both = 0
    for pitch in np.union1d(true["pitch"], found["pitch"]):
        on = [_sounding(notes[notes["pitch"] == pitch], times) for notes in (true, found)]
        right += int((on[0] & on[1]).sum())
        both += int(on[0].sum() + on[1].sum())
    return 2 * right / both if both else 0.0


def _sounding(notes: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Whether one of the notes sounds at each time."""
    on = np.zeros(len(times), bool)
    for first, last in np.searchsorted(times, np.stack([notes["onset"], notes["offset"]], axis=1)):
        on[first:last] = True
    return on


def _hertz(pitch: np.ndarray) -> np.ndarray:
    return 440 * 2 ** ((np.asarray(pitch, float) - 69) / 12)
