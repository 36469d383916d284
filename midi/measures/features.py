"""Measures of one piece, so that sets of pieces can be compared by numbers.

Sources: [Y] Yang and Lerch, "On the evaluation of generative models in music", Neural Computing and Applications 32 (2020);
[M] Dong et al., "MusPy", ISMIR 2020; [W] Wu and Yang, "The Jazz Transformer on the front line", ISMIR 2020 (MusDr);
[D] Mogren, "C-RNN-GAN", 2016.

Drum notes have no pitch, so that measures of pitch, polyphony and length pass them over; those of time (counts, density,
onsets, empty beats, groove, velocity) take all notes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from midi.notes import Piece

LENGTHS = np.array([1 / 4, 1 / 3, 3 / 8, 1 / 2, 2 / 3, 3 / 4, 1, 4 / 3, 3 / 2, 2, 3, 4])
"""The classes of the two histograms of time, in quarters: 16th to whole note, dotted and triplet ones, as in [Y]."""
LENGTH_NAMES = ("1/16", "1/8 t", "1/16 .", "1/8", "1/4 t", "1/8 .", "1/4", "1/2 t", "1/4 .", "1/2", "1/2 .", "1/1")
"""Names of LENGTHS; t: triplet, a point: dotted."""
_EDGES = np.sqrt(LENGTHS[1:] * LENGTHS[:-1])
_MAJOR = np.array([1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1], float)
_SCALES = np.stack([np.roll(_MAJOR, root) for root in range(12)])
"""(12, 12), pitch classes of the twelve major scales; the natural minor ones are the same twelve sets."""


@dataclass(frozen=True, eq=False)
class Measures:
    """The measures of a piece that lasts from tick 0 to its end. NaN: not defined for it, as the fields say.

    "Top" is the highest pitch of each onset, so that a chord counts as one step of a line.
    """

    empty: float
    """1 without a note, else 0."""
    length: float
    """Quarters from 0 to the end of the last note, or as given."""
    note_count: float
    """Notes, drums among them [Y: NC]."""
    drum_count: float
    """Drum notes."""
    notes_per_bar: float
    """note_count / length in bars of the first time signature (4/4 if there is none) [Y: NC/bar]. NaN if length is 0."""
    notes_per_quarter: float
    """note_count / length. NaN if length is 0."""
    notes_per_second: float
    """note_count / seconds through the tempo map. NaN if that is 0."""
    velocity: float
    """Mean velocity, 0 to 127. NaN without a note."""
    pitch_count: float
    """Distinct pitches, 0 to 128 [Y: PC; M: n_pitches_used]."""
    pitch_class_count: float
    """Distinct pitch classes, 0 to 12 [M]."""
    pitch_range: float
    """Highest minus lowest pitch in semitones, 0 to 127 [Y: PR; M]. NaN without pitches."""
    pitch_interval: float
    """Mean |top - top before| in semitones, 0 to 127 [Y: PI]. NaN with fewer than two onsets."""
    pitch_entropy: float
    """-sum p log2 p over pitch_histogram, in bits, 0 to 7 [M]. NaN without pitches."""
    pitch_class_entropy: float
    """The same over pitch_class_histogram, 0 to log2 12 [W, M]. NaN without pitches."""
    scale_consistency: float
    """Fraction of the notes in the best of the 24 major and natural minor scales, 7/12 to 1 [D; M]. NaN without pitches."""
    polyphony: float
    """Mean number of pitches that sound, where at least one does, 1 to 128 [M]. NaN if none ever sounds."""
    polyphony_rate: float
    """Fraction of the length in which two pitches or more sound, 0 to 1 [M, which counts from three on by default]. NaN if
    length is 0."""
    note_length: float
    """Mean length of pitched notes in quarters. NaN without pitches."""
    onset_interval: float
    """Mean time between neighbouring distinct onsets, in quarters [Y: IOI, in seconds]. NaN with fewer than two onsets."""
    empty_beat_rate: float
    """Fraction of the quarters [i, i + 1) in which no note begins or sounds, 0 to 1 [M]. NaN if length is 0."""
    groove_consistency: float
    """1 - mean Hamming distance of neighbouring bars' onsets, rounded to 16ths, over the 16ths of a bar, 0 to 1 [W; M]. Bars
    as in notes_per_bar. NaN with fewer than two bars."""
    pitch_histogram: np.ndarray
    """(128,) fraction of the notes at each pitch [Y: PH by note]. NaN without pitches."""
    pitch_class_histogram: np.ndarray
    """(12,) fraction of the notes in each pitch class, C first [Y: PCH]. NaN without pitches."""
    pitch_class_transitions: np.ndarray
    """(12, 12) fraction of the steps from one top (row) to the next (column), by pitch class [Y: PCTM]. NaN with fewer than
    two onsets."""
    pitch_sounding: np.ndarray
    """(128,) fraction of the length in which each pitch sounds: the mean column of a piano roll. NaN if length is 0."""
    note_lengths: np.ndarray
    """(12,) fraction of the notes whose length is nearest, by ratio, to each of LENGTHS [Y: NLH]. NaN without pitches."""
    onset_intervals: np.ndarray
    """(12,) the same of the times between neighbouring distinct onsets. NaN with fewer than two onsets."""


def measure(piece: Piece, *, length: int | None = None, drums: bool = False) -> Measures:
    """The measures of a piece.

        measure(read("song.mid")).pitch_range  # semitones

    length: ticks that the piece lasts if it goes on after its last note, as a picture does. drums: take drum notes for
    pitched ones, to compare with pictures that do not tell them apart.
    """
    length = max(length or 0, piece.end)
    notes = piece.notes
    pitched = notes if drums else notes[~notes["drum"]]
    return Measures(
        empty=float(not len(notes)),
        length=length / piece.division,
        note_count=float(len(notes)),
        drum_count=float(np.count_nonzero(notes["drum"])),
        velocity=_mean(notes["velocity"]),
        notes_per_quarter=_ratio(len(notes) * piece.division, length),
        notes_per_second=_ratio(len(notes), float(piece.seconds(length))),
        note_length=_mean(pitched["end"] - pitched["start"]) / piece.division,
        note_lengths=_length_classes((pitched["end"] - pitched["start"]) / piece.division),
        empty_beat_rate=_empty_beats(notes, piece.division, length),
        **_of_pitches(pitched["pitch"]),
        **_of_steps(pitched["start"], pitched["pitch"]),
        **_of_onsets(notes["start"], piece.division),
        **_of_bars(piece, length),
        **_of_sound(pitched, length),
    )


def _of_pitches(pitch: np.ndarray) -> dict[str, float | np.ndarray]:
    counts = np.bincount(pitch, minlength=128)
    classes = np.bincount(pitch % 12, minlength=12)
    used = np.flatnonzero(counts)
    return {
        "pitch_count": float(len(used)),
        "pitch_class_count": float(np.count_nonzero(classes)),
        "pitch_range": float(used[-1] - used[0]) if len(used) else np.nan,
        "pitch_entropy": _entropy(counts),
        "pitch_class_entropy": _entropy(classes),
        "scale_consistency": _ratio(float((_SCALES @ classes).max()), len(pitch)),
        "pitch_histogram": _fractions(counts),
        "pitch_class_histogram": _fractions(classes),
    }


def _of_steps(start: np.ndarray, pitch: np.ndarray) -> dict[str, float | np.ndarray]:
    """Of the tops of the onsets; `start` ascends."""
    onsets = np.flatnonzero(np.diff(start, prepend=-1))
    tops = np.maximum.reduceat(pitch, onsets).astype(int) if len(onsets) else np.empty(0, int)
    classes = tops % 12
    steps = np.bincount(classes[:-1] * 12 + classes[1:], minlength=144)
    return {"pitch_interval": _mean(np.abs(np.diff(tops))), "pitch_class_transitions": _fractions(steps).reshape(12, 12)}


def _of_onsets(start: np.ndarray, division: int) -> dict[str, float | np.ndarray]:
    gaps = np.diff(start)
    gaps = gaps[gaps > 0] / division
    return {"onset_interval": _mean(gaps), "onset_intervals": _length_classes(gaps)}


def _of_bars(piece: Piece, length: int) -> dict[str, float]:
    """Of bars of the first time signature, in 16ths."""
    _, numerator, denominator = piece.signatures[0].item() if len(piece.signatures) else (0, 4, 4)
    places = max(1, round(16 * numerator / max(1, denominator)))
    onsets = (8 * piece.notes["start"] + piece.division) // (2 * piece.division)
    onsets = onsets[np.diff(onsets, prepend=-1) > 0]
    count = -(-4 * length // (places * piece.division))  # bars, the last of which may be incomplete
    bars = max(count, int(onsets[-1]) // places + 1) if len(onsets) else count
    return {
        "notes_per_bar": _ratio(len(piece.notes), 4 * length / (places * piece.division)),
        "groove_consistency": 1 - _ratio(_differing(onsets, places, bars), places * (bars - 1)),
    }


def _differing(onsets: np.ndarray, places: int, bars: int) -> int:
    """In how many places neighbouring bars differ: the sum of |A| + |B| - 2 |A and B| over all neighbours A, B."""
    bar = onsets // places
    outer = np.count_nonzero(bar == 0) + np.count_nonzero(bar == bars - 1)
    again = np.searchsorted(onsets, onsets + places)
    common = np.count_nonzero(onsets[np.minimum(again, len(onsets) - 1)] == onsets + places)
    return int(2 * len(onsets) - outer - 2 * common)


def _of_sound(notes: np.ndarray, length: int) -> dict[str, float | np.ndarray]:
    """Of the times in which pitches sound; a pitch that sounds twice at once counts once."""
    pitch, begin, end = _united(notes["pitch"].astype(np.int64), notes["start"], notes["end"])
    sounding = np.bincount(pitch, end - begin, minlength=128)
    moment = np.concatenate([begin, end])
    order = np.argsort(moment, kind="stable")
    voices = np.cumsum(np.where(order < len(begin), 1, -1))[:-1]
    spans = np.diff(moment[order])
    return {
        "pitch_sounding": sounding / length if length else np.full(128, np.nan),
        "polyphony": _ratio(float(sounding.sum()), float(spans[voices > 0].sum())),
        "polyphony_rate": _ratio(float(spans[voices > 1].sum()), length),
    }


def _empty_beats(notes: np.ndarray, division: int, length: int) -> float:
    first = notes["start"] // division
    last = np.maximum(notes["end"] - 1, notes["start"]) // division + 1
    _, begin, end = _united(np.zeros_like(first), first, last)
    return 1 - _ratio(int((end - begin).sum()), max(-(-length // division), int(last.max(initial=0)))) if length else np.nan


def _united(group: np.ndarray, begin: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The disjoint intervals [begin, end) that intervals cover, within each group (small whole numbers)."""
    if not len(group):
        return group, begin, end
    shift = group * (int(end.max()) + 2)  # groups one after the other on one axis
    begin, end = begin + shift, end + shift
    order = np.argsort(begin, kind="stable")
    begin, shift, group = begin[order], shift[order], group[order]
    reach = np.maximum.accumulate(end[order])
    first = np.append(True, begin[1:] > reach[:-1])
    last = np.append(first[1:], True)
    return group[first], (begin - shift)[first], (reach - shift)[last]


def _length_classes(quarters: np.ndarray) -> np.ndarray:
    return _fractions(np.bincount(np.searchsorted(_EDGES, quarters), minlength=len(LENGTHS)))


def _fractions(counts: np.ndarray) -> np.ndarray:
    total = counts.sum()
    return counts / total if total else np.full(len(counts), np.nan)


def _entropy(counts: np.ndarray) -> float:
    fractions = counts[counts > 0] / counts.sum()
    return float(-(fractions * np.log2(fractions)).sum()) + 0.0 if len(fractions) else np.nan


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else np.nan


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else np.nan
