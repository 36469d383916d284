"""Tempo maps: ticks, quarters and seconds from one another, in any division."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.errors import InputError

TEMPO = np.dtype([("tick", np.int64), ("microseconds", np.int64)])
"""From `tick` on a quarter note lasts `microseconds`."""
USUAL_TEMPO = 500_000
"""Microseconds a quarter where a file states no tempo (MIDI 1.0): 120 beats a minute."""


@dataclass(frozen=True, eq=False)
class TempoMap:
    """Tempos and their times, beside the notes or pictures that they belong to."""

    changes: np.ndarray
    """(count,) of TEMPO, ascending ticks, none twice; before the first one USUAL_TEMPO holds."""
    division: int
    """Ticks in a quarter note."""

    @classmethod
    def of(cls, tempo: Tempo) -> TempoMap:
        """The map of one tempo, or the map itself. InputError: no tempo of MIDI."""
        if isinstance(tempo, TempoMap):
            return tempo
        return cls(np.array([(0, check_tempo(tempo))], TEMPO), 480)

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> TempoMap:
        """The inverse of `facts`. ValueError, KeyError, TypeError: facts that are none."""
        changes = np.array([(int(tick), int(tempo)) for tick, tempo in facts["changes"]], TEMPO)
        division, ticks, tempos = int(facts["division"]), changes["tick"], changes["microseconds"]
        if not (0 < division < 1 << 15 and (np.diff(ticks, prepend=-1) > 0).all()):
            raise ValueError(f"tempos in {division} ticks a quarter, not ascending")
        if ((tempos < 1) | (tempos >= 1 << 24) | (ticks >= 1 << 31)).any():
            raise ValueError("tempos that MIDI does not have")
        return cls(changes, division)

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        return {"division": self.division, "changes": self.changes.tolist()}

    def effective(self) -> TempoMap:
        """The same from tick 0 on, without what changes nothing: its length is one more than its changes of tempo."""
        changes = self._from_zero()
        return TempoMap(changes[np.diff(changes["microseconds"], prepend=-1) != 0], self.division)

    def since(self, tick: int) -> TempoMap:
        """The same from `tick` on, which becomes tick 0."""
        later = self.changes[self.changes["tick"] > tick].copy()
        later["tick"] -= tick
        return TempoMap(np.concatenate([np.array([(0, self.at(tick))], TEMPO), later]), self.division)

    def in_division(self, division: int) -> TempoMap:
        """The same times in quarters, to the nearest tick; of several changes at one tick the last counts."""
        if division == self.division:
            return self
        changes = self.changes.copy()
        changes["tick"] = (2 * changes["tick"] * division + self.division) // (2 * self.division)
        return TempoMap(last_of_tick(changes), division)

    def seconds(self, ticks: np.ndarray) -> np.ndarray:
        """Ticks -> seconds from the start, through all changes."""
        ticks = np.asarray(ticks)
        change, second, pace = self._stretches()
        span = np.searchsorted(change, ticks, side="right") - 1
        return second[span] + (ticks - change[span]) * pace[span]

    def ticks(self, seconds: np.ndarray) -> np.ndarray:
        """Seconds -> ticks (real numbers); the inverse of `seconds`."""
        seconds = np.asarray(seconds, float)
        change, second, pace = self._stretches()
        span = np.maximum(np.searchsorted(second, seconds, side="right") - 1, 0)
        return change[span] + (seconds - second[span]) / pace[span]

    def at(self, tick: int) -> int:
        """Microseconds a quarter in force at `tick`."""
        before = np.searchsorted(self.changes["tick"], tick, side="right")
        return int(self.changes["microseconds"][before - 1]) if before else USUAL_TEMPO

    def _from_zero(self) -> np.ndarray:
        if len(self.changes) and self.changes["tick"][0] == 0:
            return self.changes
        return np.concatenate([np.array([(0, USUAL_TEMPO)], TEMPO), self.changes])

    def _stretches(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(tick, second, seconds per tick) of every stretch of constant tempo; the first begins at tick 0."""
        changes = self._from_zero()
        pace = changes["microseconds"] / (self.division * 1e6)
        return changes["tick"], np.append(0.0, np.cumsum(np.diff(changes["tick"]) * pace[:-1])), pace


Tempo = int | TempoMap
"""Microseconds a quarter from beginning to end, or a map."""


def check_tempo(tempo: int) -> int:
    """`tempo`, microseconds a quarter. InputError: MIDI has no such tempo."""
    if not 1 <= tempo < 1 << 24:
        raise InputError(f"a tempo is 1 to 16777215 microseconds a quarter; received {tempo}")
    return tempo


def last_of_tick(changes: np.ndarray) -> np.ndarray:
    """Tempo or time-signature changes in order of ticks; of several at one tick the last counts."""
    if len(changes) < 2:
        return changes
    changes = changes[np.argsort(changes["tick"], kind="stable")]
    return changes[np.append(np.diff(changes["tick"]) > 0, True)]
