"""Columns of a codec's pictures as steps of a sequence: of every pitch whether it rests, begins or goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from keras import ops

from midi.codecs import from_facts
from midi.codecs.codec import ONSET, REST, SUSTAIN
from midi.codecs.dense import RED
from midi.codecs.strip import StripCodec
from midi.columns import PAD, check_columns, columns_of, images_of, piece_of
from midi.measures.continuation import columns_in_bar
from midi.notes import Piece
from midi.tempo import Tempo


@dataclass(frozen=True)
class Columns:
    """Columns of a codec's pictures, one cell a pitch: REST, ONSET or SUSTAIN, of black and white pictures REST or ONSET.

    InputError: a codec whose columns do not show one cell a pitch.
    """

    codec: StripCodec

    kind = "midi columns"
    dtype = "uint8"
    pad = PAD
    end = None

    def __post_init__(self) -> None:
        check_columns(self.codec)

    @property
    def states(self) -> int:
        """What a cell may be for a model: 2 in black and white pictures, else 3."""
        return 2 if self.codec.levels == (0, 255) else 3

    @property
    def width(self) -> int:
        return self.codec.shape[0]

    @property
    def predicted(self) -> int:
        return self.width

    @property
    def vocabulary(self) -> tuple[int, ...]:
        return (self.states,) * self.width

    @property
    def rest(self) -> np.ndarray:
        return np.full(self.width, REST, np.uint8)

    @property
    def steps_per_bar(self) -> int:
        return columns_in_bar(self.codec)

    @property
    def roll_bar(self) -> int:
        return self.steps_per_bar

    @property
    def roll_top(self) -> str:
        return self.codec.top

    def encode(self, piece: Piece) -> tuple[np.ndarray, Mapping[str, float]]:
        return columns_of(piece, self.codec)

    def decode(self, steps: np.ndarray, tempo: Tempo | None = None) -> Piece:
        return piece_of(steps, self.codec, tempo)

    def images(self, steps: np.ndarray) -> np.ndarray:
        return images_of(steps, self.codec)

    def roll(self, steps: np.ndarray) -> np.ndarray:
        return steps

    def to_model(self, steps: np.ndarray, real: bool = False) -> np.ndarray:
        if self.states == 2:
            steps = np.where(steps == PAD, steps, np.minimum(steps, ONSET))
        return self.values[steps] if real else steps

    def from_model(self, steps: np.ndarray) -> np.ndarray:
        if steps.dtype.kind == "f":
            steps = np.searchsorted((self.values[1:] + self.values[:-1]) / 2, steps, side="right")
        steps = steps.astype(np.uint8)
        if self.states == 3:
            return steps
        before = np.concatenate([np.zeros_like(steps[:1]), steps[:-1]])
        return np.where((steps == ONSET) & (before == ONSET), SUSTAIN, steps).astype(np.uint8)

    @property
    def values(self) -> np.ndarray:
        """(states,): the value in [0, 1] that a model of real numbers reads for each."""
        return np.array([0, 1], np.float32) if self.states == 2 else np.divide(RED, 255, dtype=np.float32)

    def transposed(self, steps: np.ndarray, semitones: int) -> np.ndarray | None:
        down = -semitones if self.codec.top == "high" else semitones
        used = np.flatnonzero(((steps != REST) & (steps != PAD)).any(axis=0))
        if len(used) and not (used[0] + down >= 0 and used[-1] + down < steps.shape[1]):
            return None
        return np.roll(steps, down, axis=1)

    def bars(self, steps: np.ndarray) -> np.ndarray:
        return np.arange(1, len(steps) + 1) / self.steps_per_bar

    def duration(self, steps: np.ndarray) -> float | None:
        return len(steps) / self.codec.resolution if self.codec.unit == "quarter" else None

    def notes(self, steps: np.ndarray) -> int:
        return int((self.from_model(self.to_model(steps)) == ONSET).sum())

    def note_limit(self, bars: float) -> ColumnLimit | None:
        return ColumnLimit(round(bars * self.steps_per_bar)) if bars and self.states == 3 else None

    def facts(self) -> dict[str, Any]:
        return {"codec": self.codec.facts()}

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Columns:
        return cls(cast(StripCodec, from_facts(facts.get("codec", {}))))

    def serves(self, facts: Mapping[str, Any]) -> bool:
        return facts.get("codec", {}) | {"columns": 0} == self.codec.facts() | {"columns": 0}


@dataclass(frozen=True)
class ColumnLimit:
    """Ends notes that have sounded for `columns` columns. It remembers for how many each has, 0 where none does."""

    columns: int

    def start(self, prompts: Sequence[np.ndarray]) -> np.ndarray:
        """int32 (count, rows), for prompts (time, rows) of classes."""
        return np.stack([columns_sounded(prompt) for prompt in prompts])

    def __call__(self, step: Any, memory: Any) -> tuple[Any, Any]:
        """step: classes (..., rows)."""
        stays = ops.logical_and(ops.equal(step, SUSTAIN), memory < self.columns)
        step = ops.where(ops.logical_or(ops.not_equal(step, SUSTAIN), stays), step, REST)
        return step, ops.where(ops.equal(step, REST), 0, ops.where(stays, memory + 1, 1))


def columns_sounded(columns: np.ndarray) -> np.ndarray:
    """For how many columns each note has sounded that sounds in the last of `columns` (time, rows); 0 where none does."""
    if not len(columns):
        return np.zeros(columns.shape[1], np.int32)
    back = columns[::-1]
    since = np.where((back != SUSTAIN).any(axis=0), (back != SUSTAIN).argmax(axis=0), len(back))
    begins = np.take_along_axis(back, np.minimum(since, len(back) - 1)[None], axis=0)[0] == ONSET
    return np.where(columns[-1] == REST, 0, since + begins).astype(np.int32)
