"""Event tokens: notes begin, notes end, time moves on, the velocity changes. What Music Transformers read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from midi.codecs import codec_named
from midi.codecs.grid import Bars, division_of, feature_losses, place, ticks_of
from midi.columns import columns_of
from midi.measures.continuation import BAR
from midi.notes import Piece, make_piece, note_table
from midi.parts import without_drums
from midi.tempo import USUAL_TEMPO, Tempo
from training.errors import InputError

ON, OFF, SHIFT, VELOCITY = 0, 128, 256, 356
"""First tokens of their kind: of 128 pitches each, of SHIFTS steps of time, of velocities in steps of VELOCITY_STEP."""
PAD, START, END = 388, 389, 390
"""Beyond the end of a piece, before its beginning, and its last."""
SHIFTS, VELOCITY_STEP = 100, 4
RESOLUTIONS = {"second": 100, "quarter": 12}
"""Steps of time in a unit: hundredths of a second, as published, or twelfths of a quarter."""


@dataclass(frozen=True)
class Events:
    """The 391 tokens of "This Time with Feeling" (arXiv 1808.03715) as "Music Transformer" implementations have them. Drums
    are left out.

    A note ends where the next of its pitch begins. The velocity is told where it changes (the published code tells it before
    every note, since it compares a velocity with a rounded one). Steps: (time, 1).
    """

    unit: Literal["second", "quarter"] = "second"

    kind, dtype, width, predicted, pad = "midi events", "int16", 1, 1, PAD
    vocabulary = (END + 1,)
    end = (0, END)
    steps_per_bar, codec = None, None
    roll_bar, roll_top = 16, "high"

    @property
    def rest(self) -> np.ndarray:
        return np.array([START], np.int16)

    def encode(self, piece: Piece) -> tuple[np.ndarray, Mapping[str, float]]:
        count, (piece, drums) = len(piece), without_drums(piece)
        bars, losses = place(piece, 0, 127, RESOLUTIONS[self.unit], self.unit, top="low")
        if not len(bars.row):
            raise InputError("it holds no notes")
        velocity = piece.notes["velocity"][bars.source]
        losses |= feature_losses(piece, None, USUAL_TEMPO) | {"notes": count, "drums": drums}
        losses["velocities"] = int(np.count_nonzero(_kept(velocity // VELOCITY_STEP) != velocity))
        tokens = [*_tokens(bars, velocity // VELOCITY_STEP), END]
        return np.array(tokens, np.int16)[:, None], losses

    def decode(self, steps: np.ndarray, tempo: Tempo | None = None) -> Piece:
        """Ends of notes that did not begin are passed over; notes that do not end last to the end."""
        begun: dict[int, tuple[int, int]] = {}
        found, now, velocity = [], 0, 100
        for token in self._told(steps).tolist():
            if token >= VELOCITY:
                velocity = _kept(token - VELOCITY)
            elif token >= SHIFT:
                now += token - SHIFT + 1
            else:
                pitch = token % OFF
                if pitch in begun:
                    found.append((*begun.pop(pitch), now, pitch))
                if token < OFF:
                    begun[pitch] = velocity, now
        found += [(*each, now, pitch) for pitch, each in begun.items()]
        velocities, first, last, pitch = np.array([note for note in found if note[2] > note[1]], int).reshape(-1, 4).T
        resolution, tempo = RESOLUTIONS[self.unit], USUAL_TEMPO if tempo is None else tempo
        start, end = (ticks_of(times, resolution, self.unit, tempo) for times in (first, last))
        notes = note_table(len(start), start=start, end=end, pitch=pitch, velocity=velocities)
        return make_piece(notes, division_of(resolution, self.unit), tempo)

    def images(self, steps: np.ndarray) -> None:
        return None

    def roll(self, steps: np.ndarray) -> np.ndarray:
        """Columns of beats88 with a row for each of the 128 pitches, at 120 beats a minute."""
        piece, codec = self.decode(steps), replace(codec_named("beats88"), low=0, high=127)
        return columns_of(piece, codec)[0] if len(piece) else np.zeros((1, codec.rows), np.uint8)

    def to_model(self, steps: np.ndarray, real: bool = False) -> np.ndarray:
        return steps

    def from_model(self, steps: np.ndarray) -> np.ndarray:
        return steps.astype(np.int16)

    def transposed(self, steps: np.ndarray, semitones: int) -> np.ndarray | None:
        note, pitch = steps < SHIFT, steps % OFF + semitones
        if ((pitch < 0) | (pitch >= OFF))[note].any():
            return None
        return np.where(note, steps + semitones, steps).astype(np.int16)

    def bars(self, steps: np.ndarray) -> np.ndarray:
        tokens = steps[:, 0].astype(np.int64)
        times = np.cumsum(np.where((tokens >= SHIFT) & (tokens < VELOCITY), tokens - SHIFT + 1, 0))
        in_bar = RESOLUTIONS[self.unit] * (BAR if self.unit == "quarter" else BAR // 2)
        return np.maximum.accumulate(times + (tokens < OFF)) / in_bar

    def duration(self, steps: np.ndarray) -> float | None:
        if self.unit == "second":
            return None
        return BAR * float(self.bars(steps)[-1]) if len(steps) else 0.0

    def notes(self, steps: np.ndarray) -> int:
        return int((steps < OFF).sum())

    def note_limit(self, bars: float) -> None:
        return None

    def facts(self) -> dict[str, Any]:
        return {"representation": "events", "drums": False, "unit": self.unit}

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Events:
        if facts.get("unit") not in RESOLUTIONS:
            raise InputError(f"expected events in the unit second or quarter; received {facts.get('unit')!r}")
        return cls(facts["unit"])

    def serves(self, facts: Mapping[str, Any]) -> bool:
        return facts == self.facts()

    def _told(self, steps: np.ndarray) -> np.ndarray:
        """(time,) the tokens up to the end of the piece."""
        ends = np.flatnonzero(np.isin(steps[:, 0], (END, PAD)))
        tokens = steps[: ends[0] if len(ends) else None, 0]
        return tokens[tokens < PAD]


def _kept(step: Any) -> Any:
    """The velocity that a step of velocities tells; 0 would be the end of a note."""
    return np.maximum(step * VELOCITY_STEP, 1)


def _tokens(bars: Bars, velocities: np.ndarray) -> Iterator[int]:
    """Tokens in order of time; at one time notes end first, then they begin from the lowest up."""
    count, silent = len(bars.row), np.zeros(len(bars.row), int)
    times, begins = np.concatenate([bars.last, bars.first]), np.repeat([0, 1], count)
    pitches, loud = np.tile(bars.row, 2), np.concatenate([silent, velocities])
    order = np.lexsort((pitches, begins, times))
    now, velocity = 0, -1
    for time, begin, pitch, step in zip(*(each[order].tolist() for each in (times, begins, pitches, loud)), strict=True):
        while time > now:
            by = min(time - now, SHIFTS)
            yield SHIFT + by - 1
            now += by
        if begin and step != velocity:
            velocity = step
            yield VELOCITY + step
        yield (ON if begin else OFF) + pitch
