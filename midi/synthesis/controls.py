"""What controllers and the pitch wheel make of a channel's sound over time: level, place between left and right, tuning."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from midi.beside import BEND, CONTROL, DATA, EXPRESSION, PAN, RESET, VOLUME, in_time
from midi.notes import Piece
from midi.synthesis.kernels import CURVE

STATE = np.dtype([("tick", np.int64), ("level", np.float64), ("pan", np.float64), ("semitones", np.float64)])
"""From `tick` on a channel sounds `level` times as loud as by default and `semitones` higher; pan: -1 left to 1 right, not a
number where no controller tells it."""
PLAYED = frozenset([VOLUME, PAN, EXPRESSION, RESET, DATA, 38, 98, 99, 100, 101])
"""Controllers that count here; 98 to 101 say what 6 and 38 set."""
_USUAL_VOLUME = 100
_NOTHING = (127, 127)
_RANGE, _FINE, _COARSE = (0, 0), (0, 1), (0, 2)
"""Registered parameters: how far the wheel bends, and tuning."""


BENT = np.dtype(
    [("first", np.int64), ("last", np.int64), ("origin", np.float64), ("left", np.float32), ("right", np.float32),
     ("panned", np.bool_)]
)  # fmt: skip
"""What a note needs of its channel's curve: its rows [first, last), empty where nothing changes it; at its onset the curve's
time and gains; is its place told by a controller, and thus in the gains?"""


def curves_of(piece: Piece, begin: np.ndarray, rate: int) -> tuple[np.ndarray, np.ndarray]:
    """((rows,) of CURVE, one channel after the other; (notes,) of BENT), for notes that begin at the samples `begin`."""
    notes = np.zeros(len(begin), BENT)
    notes["left"] = notes["right"] = 1.0
    channels, tables, first = piece.beside.channels_of(piece.notes), [np.empty(0, CURVE)], 0
    for channel, state in states(piece).items():
        curve = _curve(piece, state, rate)
        mine = np.flatnonzero(channels == channel)
        row = curve[np.searchsorted(curve["at"], begin[mine], side="right") - 1]
        bent = np.empty(len(mine), BENT)
        bent["first"], bent["last"], bent["panned"] = first, first + len(curve), np.isfinite(state["pan"]).any()
        bent["origin"] = row["time"] + (begin[mine] - row["at"]) * row["pace"]
        bent["left"], bent["right"] = row["left"], row["right"]
        notes[mine] = bent
        tables.append(curve)
        first += len(curve)
    return np.concatenate(tables), notes


def _curve(piece: Piece, state: np.ndarray, rate: int) -> np.ndarray:
    curve = np.empty(len(state), CURVE)
    curve["at"] = np.rint(piece.seconds(state["tick"]) * rate)
    curve["pace"] = 2.0 ** (state["semitones"] / 12)
    curve["time"] = np.append(0.0, np.cumsum(np.diff(curve["at"]) * curve["pace"][:-1]))
    angle = (1 + np.nan_to_num(state["pan"])) * np.pi / 4
    curve["left"], curve["right"] = (state["level"] * np.sqrt(2) * side(angle) for side in (np.cos, np.sin))
    return curve


def states(piece: Piece) -> dict[int, np.ndarray]:
    """Channel (with its port) -> (changes,) of STATE from tick 0 on, of channels whose sound is changed at all."""
    events = piece.beside.events
    moving = (events["status"] == BEND) | ((events["status"] == CONTROL) & np.isin(events["first"], list(PLAYED)))
    channels: dict[int, _Channel] = {}
    for tick, channel, status, first, second in in_time(events[moving])[_COLUMNS].tolist():
        state = channels.setdefault(channel, _Channel())
        if status == BEND:
            state.wheel = ((second << 7 | first) - 8192) / 8192
        else:
            state.take(first, second)
        state.note(tick)
    return {channel: np.array(list(state.rows.values()), STATE) for channel, state in channels.items()}


_COLUMNS = ["tick", "channel", "status", "first", "second"]


@dataclass
class _Channel:
    """The state of a channel; of parameters each is a pair of data bytes."""

    volume: int = _USUAL_VOLUME
    expression: int = 127
    pan: float = np.nan
    wheel: float = 0.0
    selected: tuple[int, int] = _NOTHING
    parameters: dict[tuple[int, int], list[int]] = field(
        default_factory=lambda: {_RANGE: [2, 0], _FINE: [64, 0], _COARSE: [64, 0]}
    )
    rows: dict[int, tuple] = field(default_factory=lambda: {0: (0, 1.0, np.nan, 0.0)})

    def take(self, number: int, value: int) -> None:
        """A controller."""
        if number == VOLUME:
            self.volume = value
        elif number == EXPRESSION:
            self.expression = value
        elif number == PAN:
            self.pan = np.clip((value - 64) / 63, -1, 1)
        elif number in (101, 100):
            self.selected = (value, self.selected[1]) if number == 101 else (self.selected[0], value)
        elif number in (98, 99):  # a parameter of the maker's, which 6 and 38 must not be taken from
            self.selected = _NOTHING
        elif number == RESET:
            self.expression, self.wheel, self.selected = 127, 0.0, _NOTHING
        elif self.selected in self.parameters:
            self.parameters[self.selected][number == 38] = value

    def note(self, tick: int) -> None:
        """Remember what sounds from `tick` on. Levels are squares of volume and expression (General MIDI)."""
        level = (self.volume / _USUAL_VOLUME * self.expression / 127) ** 2
        semitones, cents = self.parameters[_RANGE]
        fine, coarse = self.parameters[_FINE], self.parameters[_COARSE]
        tuning = coarse[0] - 64 + ((fine[0] << 7 | fine[1]) - 8192) / 8192
        self.rows[tick] = (tick, level, self.pan, tuning + self.wheel * (semitones + cents / 100))
