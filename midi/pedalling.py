"""The sustain pedal found again, where notes sound on together: the inverse of `midi.pedal.with_pedal`.

A piano sounds on until its pedal comes up, so that notes which began one after the other end at once. Where they do, the
pedal must have been down since the last other note ended. That is a rule, for notes alone; a network may hear pedals in the
sound (Kong et al., "High-resolution Piano Transcription with Pedals by Regressing Onset and Offset Times", 2020, arXiv
2010.01815).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from midi.beside import CONTROL, EVENT, PART, PEDAL, Beside
from midi.files.drum_modes import DRUM_CHANNEL
from midi.notes import Piece, in_order
from midi.pedal import struck_again

AT_ONCE = 0.05
"""Seconds: what begins within them begins together, what ends within them of a new stroke of its pitch is ended by it."""
RELEASE = 0.1
"""Seconds within which notes end at one release of the pedal."""
TIMES, SURE_TIMES = 2, 3
"""At how many different times, at least, notes begin that end at a release; at a sure one."""
SURE = 2
"""Sure releases, without which no pedal is found."""
LIFTED = 0.06
"""Seconds for which the pedal stays up after what it does not hold."""
REACH = 12
"""Semitones: a key is left for the next note within an octave of it, by the same hand,"""
HELD = 1.0
"""and after so many seconds for whatever begins."""


@dataclass(frozen=True)
class Pedalling:
    """What was found of a pedal."""

    down: list[tuple[float, float]]
    """Seconds at which it goes down and comes up again, in order; of all tracks."""
    shortened: int
    """Notes whose keys are left while they sound."""
    moved: int
    """Notes whose ends were brought to a release of the pedal, or to the next stroke of their pitch, by RELEASE at most."""


def find_pedal(piece: Piece) -> tuple[Piece, Pedalling]:
    """(the piece as it is played with a pedal, what was found of that); without enough releases the same piece.

        played, found = find_pedal(heard)
        with_pedal(played, "extend")  # sounds as `heard`, but for `found.moved`

    Each track is a piano of its own and gets a channel of its own. piece: of no file, as `make_piece` makes them. Drums are
    left alone.
    """
    notes = piece.notes.copy()
    tracks, events, down, shortened, moved = int(notes["track"].max(initial=-1)) + 1, [], [], 0, 0
    for track in range(tracks):
        mine = np.flatnonzero((notes["track"] == track) & ~notes["drum"])
        spans = _spans(notes[mine], piece)
        sounding = _ends(notes[mine], spans, piece)
        notes["end"][mine] = _keys(notes[mine], sounding, spans, piece)
        moved += int(np.count_nonzero(sounding != piece.notes["end"][mine]))
        shortened += int(np.count_nonzero(notes["end"][mine] < sounding))
        events.append(_events(spans, track))
        down += [tuple(np.round(piece.seconds(np.array([span.down, span.up])), 4).tolist()) for span in spans]
    if not down:
        return piece, Pedalling([], 0, 0)
    parts = np.zeros(tracks, PART)
    parts["track"], parts["channel"] = np.arange(tracks) + 1, [_channel(track) for track in range(tracks)]
    beside = Beside(np.concatenate(events), parts=parts)
    return replace(piece, notes=in_order(notes), beside=beside), Pedalling(sorted(down), shortened, moved)


class _Span(NamedTuple):
    """Ticks between which the pedal is down, and which of the notes end as it comes up."""

    down: int
    up: int
    ended: np.ndarray


def _spans(notes: np.ndarray, piece: Piece) -> list[_Span]:
    """Where the pedal must have been down. Ends that come within RELEASE are one; nothing else ends while it is down."""
    begins, ends, again = _seconds(notes, piece)
    own = np.flatnonzero(ends < again - AT_ONCE)
    own = own[np.argsort(ends[own], kind="stable")]
    found, sure, last, place = [], 0, -np.inf, 0
    while place < len(own):
        stop = int(np.searchsorted(ends[own], ends[own[place]] + RELEASE, side="right"))
        ended, place = own[place:stop], stop
        up = int(notes["end"][ended[(len(ended) - 1) // 2]])
        ended = ended[notes["start"][ended] < up]
        times = np.sort(begins[ended][(begins[ended] > last - AT_ONCE) & (begins[ended] < ends[ended] - RELEASE)])
        count = int(np.count_nonzero(np.diff(times, prepend=-np.inf) > AT_ONCE))
        if count >= TIMES:
            down = int(np.ceil(piece.ticks(max(last + LIFTED, times[0]))))
            if down < up:
                found.append(_Span(down, up, ended))
                sure += count >= SURE_TIMES
        last = ends[own[place - 1]]
    return found if sure >= SURE else []


def _ends(notes: np.ndarray, spans: list[_Span], piece: Piece) -> np.ndarray:
    """(count,) ticks at which notes end once releases and new strokes have brought them together."""
    _, ends, again = _seconds(notes, piece)
    stroke, sounding = struck_again(notes), notes["end"].copy()
    struck = np.abs(ends - again) <= AT_ONCE
    for span in spans:
        inside = struck & (notes["end"] > span.down) & (stroke > span.down) & (np.minimum(notes["end"], stroke) < span.up)
        inside[span.ended] = True
        sounding[inside] = np.minimum(stroke[inside], span.up)
    return sounding


def _keys(notes: np.ndarray, sounding: np.ndarray, spans: list[_Span], piece: Piece) -> np.ndarray:
    """(count,) ticks at which the keys come up of notes, in order of time, that end at `sounding`."""
    begins, stroke, keys = piece.seconds(notes["start"]), struck_again(notes), sounding.copy()
    pitches = notes["pitch"].astype(int)
    for span in spans:
        held = (sounding > span.down) & (sounding <= span.up) & (sounding == np.minimum(stroke, span.up))
        first = np.searchsorted(notes["start"], np.maximum(span.down, piece.ticks(begins + AT_ONCE)), side="right")
        last = np.searchsorted(notes["start"], sounding, side="left")
        for note in np.flatnonzero(held):
            later = slice(first[note], last[note])
            near = np.abs(pitches[later] - pitches[note]) <= REACH
            leaves = np.flatnonzero(near | (begins[later] >= begins[note] + HELD))
            if len(leaves):
                keys[note] = notes["start"][later][leaves[0]]
    return keys


def _seconds(notes: np.ndarray, piece: Piece) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """When notes begin, end, and are struck again; where they are not, infinity."""
    stroke = struck_again(notes)
    again = np.where(stroke <= piece.end, piece.seconds(np.minimum(stroke, piece.end)), np.inf)
    return piece.seconds(notes["start"]), piece.seconds(notes["end"]), again


def _events(spans: list[_Span], track: int) -> np.ndarray:
    """(2 * spans,) of EVENT: the pedal down and up."""
    events = np.zeros(2 * len(spans), EVENT)
    events["tick"] = np.array([(span.down, span.up) for span in spans], np.int64).reshape(-1)
    events["second"] = np.tile([127, 0], len(spans))
    events["status"], events["first"], events["track"], events["channel"] = CONTROL, PEDAL, track + 1, _channel(track)
    return events


def _channel(track: int) -> int:
    """port * 16 + channel of a track: fifteen a port, as drums have the other."""
    port, place = divmod(track, 15)
    return 16 * port + place + (place >= DRUM_CHANNEL)
