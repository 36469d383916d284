"""Notes and frames: the roll that a network learns, and notes out of the roll that it gives.

A roll has frames, PITCHES and, of each cell, what `transfer.transcription.networks.HEADS` names; uint8, 255 is 1. `roll_of`
makes one of notes, `notes_of` finds the notes of one again: onsets to a fraction of a frame, offsets to a frame.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from training.options import Range

LOWEST, PITCHES = 21, 88
"""The pitches of a piano: MIDI numbers from LOWEST on."""
HEARD = np.dtype(
    [
        ("onset", np.float64),
        ("offset", np.float64),
        ("pitch", np.uint8),
        ("velocity", np.float32),
        ("confidence", np.float32),
    ]
)
"""A note that was heard: seconds, MIDI pitch and velocity, and how sure of it the network was, 0 to 1."""
WIDTH = 2.0
"""Frames on each side of an onset or offset in which its value falls from 1 to 0."""
STRUCK = 8
"""Frames from its onset on within which a note is as loud as it gets."""
NEAR, SHARE, TOUCHING = 0.05, 0.15, ((0.3, 1), (0.2, 0))
"""Where a note ends is told by what tells of its end within NEAR seconds, or within SHARE of its length, which is what
listeners and mir_eval count as the same end; what lies a frame away counts TOUCHING more."""
QUIET, REST = 0.2, 8
"""A pitch rests where nothing of it is heard, frames and offsets below QUIET, for REST frames: four by which a note has
ended, two that these look ahead, two before the next one may begin."""
LONG = 4_096
"""Frames of a pitch that does not rest, about a minute, after which no more is held than its last note."""


@dataclass(frozen=True)
class Thresholds:
    """From which values on there is a note."""

    onset: Annotated[float, Range(0, 1, above=True)] = 0.4
    """A note begins where this much of an onset, or more, lies within WIDTH frames of the place where it is likeliest."""
    shortest: Annotated[float, Range(0, 1)] = 0.06
    """Seconds; shorter notes are left out."""


def heard(onset: np.ndarray, offset: np.ndarray, pitch: np.ndarray, velocity: np.ndarray) -> np.ndarray:
    """(count,) of HEARD, confidence 1, sorted by onset and pitch."""
    notes = np.zeros(len(onset), HEARD)
    for name, column in (("onset", onset), ("offset", offset), ("pitch", pitch), ("velocity", velocity)):
        notes[name] = column
    notes["confidence"] = 1
    return notes[np.lexsort((notes["pitch"], notes["onset"]))]


def roll_of(notes: np.ndarray, frames: int, rate: float, begin: float = 0.0) -> np.ndarray:
    """Notes of HEARD -> (frames, PITCHES, 4) uint8, 255 is 1; `rate` frames a second, the first one at `begin` seconds.

    Onsets and offsets fall to 0 within WIDTH frames. Notes of other pitches are left out.
    """
    roll = np.zeros((frames, PITCHES, 4), np.float32)
    for onset, offset, pitch, velocity, _ in notes.tolist():
        row, first, last = pitch - LOWEST, (onset - begin) * rate, (offset - begin) * rate
        if not 0 <= row < PITCHES or last < 0 or first > frames - 1:
            continue
        sounding = slice(max(0, round(first)), max(0, round(last)) + 1)
        roll[sounding, row, 1] = 1
        for head, place in ((0, first), (2, last)):
            near = np.arange(max(0, int(place - WIDTH)), min(frames, int(place + WIDTH) + 2))
            roll[near, row, head] = np.maximum(roll[near, row, head], 1 - np.abs(near - place) / WIDTH)
        roll[max(0, round(first - WIDTH)) : sounding.stop, row, 3] = velocity / 127
    return np.rint(255 * np.clip(roll, 0, 1)).astype(np.uint8)


def notes_of(stretches: Iterable[np.ndarray], rate: float, thresholds: Thresholds) -> np.ndarray:
    """The notes of a roll, of HEARD, sorted by onset and pitch; `rate` frames a second.

    stretches: the roll (frames, PITCHES, 4) uint8 in any number of parts. No more is held of it than what still sounds: a
    pitch is done with where it rests, and after a minute where it is struck again.

    Of two notes of a pitch the second ends the first. Confidence is how much of an onset was heard, 1 at most.

        notes_of([roll_of(notes, 200, 62.5)], 62.5, Thresholds())  # the notes again
    """
    found: list[tuple] = []
    waiting = [np.zeros((0, 4), np.uint8)] * PITCHES
    first = [0] * PITCHES  # the frame at which each of them begins
    for stretch in stretches:
        for row, before in enumerate(waiting):
            cells = np.concatenate([before, stretch[:, row]])
            rest = _last_rest(cells, thresholds)
            found += _of_pitch(cells[:rest], row, first[row], rate, thresholds)
            cells, first[row] = cells[rest:], first[row] + rest
            if len(cells) > LONG and (next_one := _last_place(cells, thresholds) - int(WIDTH)) > 0:
                notes = _of_pitch(cells, row, first[row], rate, thresholds)
                found += [note for note in notes if note[0] * rate < first[row] + next_one + 1]
                cells, first[row] = cells[next_one:], first[row] + next_one
            waiting[row] = cells.copy()
    for row, cells in enumerate(waiting):
        found += _of_pitch(cells, row, first[row], rate, thresholds)
    notes = np.array(found, HEARD) if found else np.zeros(0, HEARD)
    return notes[np.lexsort((notes["pitch"], notes["onset"]))]


def _last_rest(cells: np.ndarray, thresholds: Thresholds) -> int:
    """The last place in a pitch's cells (frames, 4) where they can be cut without a difference to the notes; 0: none."""
    rests = _rests(np.float32(cells) / 255, thresholds)
    long = rests[np.diff(rests)[:, 0] >= REST]
    return int(long[-1, 1]) - 2 if len(long) else 0


def _last_place(cells: np.ndarray, thresholds: Thresholds) -> int:
    """Where the last note begins of whose onset all is in a pitch's cells; the ones before it end there."""
    places, _ = _begun(np.float32(cells[:, 0]) / 255, thresholds)
    return int(max(places[places + WIDTH + 1 < len(cells)], default=0))


def _begun(onset: np.ndarray, thresholds: Thresholds) -> tuple[np.ndarray, np.ndarray]:
    """Where notes begin, and how much of an onset is heard of each."""
    places = _maxima(onset)
    sure = _within(onset, places, WIDTH) / WIDTH
    return places[sure >= thresholds.onset], sure[sure >= thresholds.onset]


def _rests(cells: np.ndarray, thresholds: Thresholds) -> np.ndarray:
    """(count, 2): where the stretches begin in which nothing of a pitch is heard, and where it is heard again."""
    limits = np.array([thresholds.onset / (2 + 1 / WIDTH), QUIET, QUIET], np.float32)
    quiet = (cells[:, :3] < limits).all(axis=1)
    return np.flatnonzero(np.diff(quiet.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)


def _of_pitch(cells: np.ndarray, row: int, first: int, rate: float, thresholds: Thresholds) -> list[tuple]:
    """The notes of one pitch. cells: (frames, 4), of which the first one is frame `first`."""
    values = np.float32(cells) / 255
    onset, frame, offset, velocity = values.T
    places, sure = _begun(onset, thresholds)
    rests = _rests(values, thresholds)
    ended = rests[np.diff(rests)[:, 0] >= REST - 2, 0] + REST - 4
    lasts = np.append(ended, len(frame))[np.searchsorted(ended, places)]
    lasts = np.minimum(lasts, np.append(places, len(frame))[1:])
    falling = np.maximum(frame - np.append(frame[1:], 0), 0) + offset / WIDTH
    notes = []
    for place, last, confidence in zip(places, lasts, sure, strict=True):
        begin, end = place + _shift(onset, place), place + _length(falling[place : last + 1], last - place, rate)
        if (end - begin) / rate >= thresholds.shortest:
            loud = np.clip(127 * velocity[place : min(place + STRUCK, end)].max(), 1, 127)
            notes.append((max(0.0, first + begin) / rate, (first + end) / rate, row + LOWEST, loud, min(confidence, 1)))
    return notes


def _length(falling: np.ndarray, longest: int, rate: float) -> int:
    """Frames of a note. falling: how much of an end there is in each of its frames; longest: by which it has ended."""
    ends = np.arange(min(int(WIDTH), longest), longest + 1)
    near = np.maximum(NEAR * rate, SHARE * ends)
    likely = sum(weight * _within(falling, ends, width, ends[0]) for weight, width in ((1, near), *TOUCHING))
    return int(ends[np.argmax(likely)])


def _maxima(values: np.ndarray) -> np.ndarray:
    """Places of maxima, the greatest within WIDTH frames of each."""
    padded = np.pad(values, 2, constant_values=-1)
    before = np.maximum(padded[1:-3], padded[:-4])
    after = np.maximum(padded[3:-1], padded[4:])
    return np.flatnonzero((values > 0) & (values >= after) & (values > before))


def _within(values: np.ndarray, places: np.ndarray, width: float | np.ndarray, first: int = 0) -> np.ndarray:
    """The sum of the values, of those from `first` on, within `width` frames of each place."""
    total = np.append(0, np.cumsum(values, dtype=np.float64))
    low = np.clip(np.ceil(places - width), first, len(values)).astype(int)
    high = np.clip(np.floor(places + width) + 1, first, len(values)).astype(int)
    return total[high] - total[low]


def _shift(values: np.ndarray, place: int) -> float:
    """Where between the frames beside it the triangle around a maximum has its top, -0.5 to 0.5."""
    before = values[place - 1] if place else 0.0
    after = values[place + 1] if place + 1 < len(values) else 0.0
    rise = 2 * (values[place] - min(before, after))
    return float(np.clip((after - before) / rise, -0.5, 0.5)) if rise > 0 else 0.0
