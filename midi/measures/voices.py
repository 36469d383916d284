"""The voices of a piece: its parts, its upper line, the track of its melody."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Literal

import numpy as np

from midi.measures.features import measure
from midi.notes import Piece, with_notes
from training.cli import InputError

By = Literal["track", "instrument", "family"]
"""track: its number; instrument: its program, with all drums as one; family: the 16 groups of eight programs of General
MIDI (pianos, organs, basses ...), with all drums as one."""


def split(piece: Piece, by: By = "track") -> list[Piece]:
    """The parts of a piece, each with all tempos and time signatures, on the same time axis.

    In order of track or program, drums last; a part has a note at least.
    """
    notes = piece.notes
    keys = {
        "track": notes["track"].astype(int),
        "instrument": np.where(notes["drum"], 128, notes["program"]),
        "family": np.where(notes["drum"], 16, notes["program"] // 8),
    }
    if by not in keys:
        raise InputError(f"by must be one of {', '.join(keys)}; received {by!r}")
    return [with_notes(piece, notes[keys[by] == key]) for key in np.unique(keys[by])]


def skyline(piece: Piece, *, resume: bool = True) -> Piece:
    """The upper line: at every time the highest pitch that sounds, and a rest where none does; drums are passed over.

    Of several notes of that pitch it is the one that began last, of these the one that ends last. A note ends where a
    higher one begins; where that is over before it, it sounds on as a note of its own, or with resume=False is not heard
    again, so that every note begins where it did in the piece. Notes without length do not sound.
    Uitdenbogerd and Zobel, "Manipulation of music for melody matching", ACM Multimedia 1998, take the highest of each onset
    alone.
    """
    notes = piece.notes[~piece.notes["drum"] & (piece.notes["end"] > piece.notes["start"])]
    pieces = [(note, begin, end) for note, begin, end in _tops(notes) if resume or begin == notes["start"][note]]
    note, begin, end = np.array(pieces, np.int64).reshape(-1, 3).T
    line = notes[note]
    line["start"], line["end"] = begin, end
    return with_notes(piece, line)


def melody_track(piece: Piece) -> int:
    """The number of the track that looks most like a melody.

    Of the pitched tracks with a quarter as many notes as the fullest one, those of hardly more than one voice (mean
    polyphony up to 1.2; all, if none is); of these the one of the highest mean pitch, the first if there are several.
    InputError: no pitched note.
    """
    pitched = piece.notes[~piece.notes["drum"]]
    if not len(pitched):
        raise InputError("a piece without a pitched note has no melody")
    parts = split(with_notes(piece, pitched))
    fullest = max(map(len, parts))
    parts = [part for part in parts if 4 * len(part) >= fullest]
    parts = [part for part in parts if measure(part).polyphony <= 1.2] or parts
    return int(max(parts, key=lambda part: part.notes["pitch"].mean()).notes["track"][0])


def _tops(notes: np.ndarray) -> list[tuple[int, int, int]]:
    """(index, begin, end) of the stretches in which a note is the highest, in order of time."""
    starts, ends = notes["start"].tolist(), notes["end"].tolist()
    rank = [(-pitch, -start, -end) for pitch, start, end in zip(notes["pitch"].tolist(), starts, ends, strict=True)]
    sounding: list[tuple[tuple[int, int, int], int]] = []
    stretches, top, since, coming = [], None, 0, 0
    for moment in sorted({*starts, *ends}):
        while coming < len(starts) and starts[coming] == moment:
            heappush(sounding, (rank[coming], coming))
            coming += 1
        while sounding and ends[sounding[0][1]] <= moment:
            heappop(sounding)
        highest = sounding[0][1] if sounding else None
        if highest != top:
            if top is not None:
                stretches.append((top, since, moment))
            top, since = highest, moment
    return stretches
