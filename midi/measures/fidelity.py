"""How much of a piece comes back: the F1 scores of music transcription, and the fraction of notes that are equal in all."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from midi.notes import Piece
from training.errors import InputError

TOLERANCE = 0.05
"""Seconds by which an onset may be off, and an offset at least."""
OFFSET_RATIO = 0.2
"""Fraction of a note's length by which its offset may be off, if that is more than TOLERANCE."""
MAX_PAIRS = 1 << 20
"""Pairs of notes of one pitch, each within TOLERANCE of the next, that are compared at most."""
_ROUNDED = 1e-4  # mir_eval rounds distances to four decimals
_MIN_SECONDS = 1e-6  # and refuses notes of no length


@dataclass(frozen=True)
class Fidelity:
    """Notes of a reference that are found again in an estimate."""

    reference: int
    """Notes of the reference."""
    estimate: int
    """Notes of the estimate."""
    onsets: int
    """Pairs that agree in drum or not, pitch and onset."""
    notes: int
    """Pairs that agree in their offset too."""

    @property
    def onset_f1(self) -> float:
        """Harmonic mean of precision and recall of onsets, 0 to 1; two pieces without notes agree."""
        return self._f1(self.onsets)

    @property
    def note_f1(self) -> float:
        """The same of onsets and offsets."""
        return self._f1(self.notes)

    def _f1(self, pairs: int) -> float:
        both = self.reference + self.estimate
        return 2 * pairs / both if both else 1.0


def fidelity(reference: Piece, estimate: Piece) -> Fidelity:
    """Match the notes of two pieces one to one by `mir_eval.transcription` (Raffel et al., "mir_eval", ISMIR 2014).

        back = codec.decode(codec.encode(piece).images, tempo=piece.tempo_map)
        fidelity(piece, back).note_f1

    Two notes may match if both are drums or neither is, their pitches are equal and their onsets, in seconds, differ by
    TOLERANCE at most; their offsets by the larger of TOLERANCE and OFFSET_RATIO of the reference's length. The most
    pairs count. Only notes of one pitch and near each other are ever compared, which changes nothing in the result.
    InputError: more than MAX_PAIRS to compare at once.
    """
    onsets = notes = 0
    for ours, theirs in _clusters(reference, estimate):
        if len(ours) == len(theirs) and np.array_equal(ours, theirs):
            onsets, notes = onsets + len(ours), notes + len(ours)
        elif len(ours) and len(theirs):
            onsets += _matched(ours, theirs, None)
            notes += _matched(ours, theirs, OFFSET_RATIO)
    return Fidelity(len(reference), len(estimate), onsets, notes)


def exact(reference: Piece, estimate: Piece) -> tuple[float, int]:
    """(fraction of notes equal in start and end in quarters, pitch, velocity, program and drum; exact duplicates).

    Both are taken as multisets; the fraction is of the larger one, 1 if both are empty. Starts and ends are compared as
    fractions, whatever the divisions. Duplicates: notes of the reference that equal an earlier one of it, counted in
    the fraction like any other.
    """
    whole = math.lcm(reference.division, estimate.division)
    rows = np.concatenate([_rows(reference, whole), _rows(estimate, whole)])
    if not len(rows):
        return 1.0, 0
    kinds, kind = np.unique(rows, axis=0, return_inverse=True)
    kind = kind.reshape(-1)
    ours = np.bincount(kind[: len(reference)], minlength=len(kinds))
    theirs = np.bincount(kind[len(reference) :], minlength=len(kinds))
    fraction = int(np.minimum(ours, theirs).sum()) / max(len(reference), len(estimate))
    return fraction, int(np.maximum(ours - 1, 0).sum())


def _rows(piece: Piece, whole: int) -> np.ndarray:
    """(count, 6) of what makes a note, with times in 1 / `whole` of a quarter."""
    notes = piece.notes
    columns = [notes[name].astype(np.int64) for name in ("start", "end", "pitch", "velocity", "program", "drum")]
    columns[:2] = [times * (whole // piece.division) for times in columns[:2]]
    return np.stack(columns, axis=1)


def _clusters(reference: Piece, estimate: Piece) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs of (count, 2) onset and offset: notes that could match are always in one pair."""
    spans, keys = [], []
    for piece in (reference, estimate):
        notes = piece.notes
        spans.append(np.stack([piece.seconds(notes["start"]), piece.seconds(notes["end"])], axis=1))
        keys.append(notes["pitch"].astype(int) + 128 * notes["drum"])
    span, key = np.concatenate(spans), np.concatenate(keys)
    theirs = np.arange(len(span)) >= len(reference)
    order = np.lexsort((span[:, 1], span[:, 0], key))
    span, key, theirs = span[order], key[order], theirs[order]
    apart = (np.diff(key) > 0) | (np.diff(span[:, 0]) > TOLERANCE + _ROUNDED)
    edges = [0, *(np.flatnonzero(apart) + 1).tolist(), len(span)]
    for first, last in pairwise(edges):
        part, other = span[first:last], theirs[first:last]
        yield part[~other], part[other]


def _matched(ours: np.ndarray, theirs: np.ndarray, offset_ratio: float | None) -> int:
    """How many notes of one pitch can be paired; ours, theirs: (count, 2) onset and offset."""
    if len(ours) == len(theirs) == 1:
        return int(_match(*ours[0].tolist(), *theirs[0].tolist(), offset_ratio))
    from mir_eval.transcription import match_notes

    too_many = f"{len(ours):,} and {len(theirs):,} notes of one pitch stand too near each other to be compared"
    if len(ours) * len(theirs) > MAX_PAIRS:
        raise InputError(too_many)
    ours = np.stack([ours[:, 0], np.maximum(ours[:, 1], ours[:, 0] + _MIN_SECONDS)], axis=1)
    equal = [np.full(len(spans), 440.0) for spans in (ours, theirs)]
    try:
        pairs = match_notes(
            ours, equal[0], theirs, equal[1], TOLERANCE, offset_ratio=offset_ratio, offset_min_tolerance=TOLERANCE
        )
    except RecursionError:  # mir_eval goes one call deeper for every note of a chain
        raise InputError(too_many) from None
    return len(pairs)


def _match(start: float, end: float, onset: float, offset: float, offset_ratio: float | None) -> bool:
    """What mir_eval says of two notes, without the cost of its call."""
    if round(abs(start - onset), 4) > TOLERANCE:
        return False
    return offset_ratio is None or round(abs(end - offset), 4) <= max(offset_ratio * (end - start), TOLERANCE)
