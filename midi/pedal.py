"""The sustain pedal: notes that last while it is down, for pictures and synthesisers that know of notes alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from midi.beside import CONTROL, PEDAL, RESET, in_time
from midi.notes import Piece, in_order

Pedal = Literal["auto", "extend", "off"]
"""extend: notes last while the pedal is down; off: as long as their keys; auto: extend in piano music, else off."""
DOWN = 64
"""Value of the controller from which on the pedal is down (MIDI 1.0)."""
PIANOS = 8
"""Programs below it are pianos."""


def with_pedal(piece: Piece, pedal: Pedal = "auto") -> tuple[Piece, int]:
    """(the piece as the pedal has it, how many notes that prolonged).

        held, count = with_pedal(read("waltz.mid"), "extend")

    A note that ends while the pedal of its channel is down lasts until that is up, its pitch is struck again, or the piece
    ends. The pedal's changes are then no longer counted in `Piece.left_out`. auto takes pieces for piano music whose pitched
    notes all have programs of pianos.
    """
    changes = pedal_changes(piece) if pedal == "extend" or (pedal == "auto" and _is_piano(piece)) else {}
    if not changes:
        return piece, 0
    notes = piece.notes.copy()
    channels = piece.beside.channels_of(notes)
    for channel, (ticks, down) in changes.items():
        mine = np.flatnonzero((channels == channel) & ~notes["drum"])
        notes["end"][mine] = _prolonged(notes[mine], ticks, down, piece.end)
    count = int(np.count_nonzero(notes["end"] > piece.notes["end"]))
    return replace(piece, notes=in_order(notes), left_out={**piece.left_out, "pedal_changes": 0}), count


def _is_piano(piece: Piece) -> bool:
    pitched = piece.notes[~piece.notes["drum"]]
    return bool(len(pitched)) and bool((pitched["program"] < PIANOS).all())


def pedal_changes(piece: Piece) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """Channel (with its port) -> (ticks, is the pedal down from there on?), ascending, each tick once."""
    events = piece.beside.events
    moving = (events["status"] == CONTROL) & np.isin(events["first"], (PEDAL, RESET))
    changes = in_time(events[moving])
    found = {}
    for channel in np.unique(changes["channel"]).tolist():
        mine = changes[changes["channel"] == channel]
        mine = mine[np.append(np.diff(mine["tick"]) > 0, True)]  # of several at one tick the last counts
        found[channel] = mine["tick"], (mine["first"] == PEDAL) & (mine["second"] >= DOWN)
    return found


def _prolonged(notes: np.ndarray, ticks: np.ndarray, down: np.ndarray, end: int) -> np.ndarray:
    """The ends of notes (count,) of one channel under its pedal.

    A note whose key comes up at the tick at which the pedal goes down is not held: the pedal is of the harmony that begins.
    """
    never = np.iinfo(np.int64).max
    ups = np.minimum.accumulate(np.append(np.where(down, never, ticks), never)[::-1])[::-1]  # the next release from each on
    state = np.searchsorted(ticks, notes["end"], side="left") - 1
    release = np.where(ups[state + 1] < never, ups[state + 1], end)
    held = (state >= 0) & down[state]
    until = np.where(held, np.minimum(release, struck_again(notes)), notes["end"])
    return np.maximum(notes["end"], until)


def struck_again(notes: np.ndarray) -> np.ndarray:
    """(count,) the tick at which the pitch of each note begins next."""
    key = notes["pitch"].astype(np.int64) << 40 | notes["start"]
    keys, which = np.unique(key, return_inverse=True)
    following = np.append(keys[1:], -1)
    same = following >> 40 == keys >> 40
    return np.where(same, following & (1 << 40) - 1, np.iinfo(np.int64).max)[which]
