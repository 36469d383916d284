"""Notes as steps of a sequence: of each how long after the one before it begins, its pitch and its duration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from keras import ops

from generators.sequences.columns import Columns
from midi.codecs import from_facts
from midi.codecs.codec import ONSET, REST, SUSTAIN
from midi.codecs.grid import class_runs
from midi.codecs.strip import StripCodec
from midi.measures.continuation import BAR
from midi.notes import Piece
from midi.parts import without_drums
from midi.tempo import Tempo
from training.errors import InputError

GAP, PITCH, DURATION, PLACE = range(4)
"""Fields of a step."""
LONGEST_BARS = 4
"""Bars that a gap or a duration tells at most; longer ones are chained."""
CYCLE_QUARTERS = 12
"""Quarters after which both a bar of 4/4 and one of 3/4 begin."""
_CLASS = np.minimum(np.arange(256), SUSTAIN).astype(np.uint8)


@dataclass(frozen=True)
class Notes:
    """The notes of a codec's columns but those of drums, in order of time and, within a column, from the lowest pitch up.

    Fields of a step, in columns of the codec:

    gap         from the onset before it, or of the first one from the beginning: 0 to `longest`
    pitch       semitones above the lowest row; `silence`: no note begins, time moves on; `silence` + 1: the piece ends
    duration    1 to `longest`; `longest` + 1: as many, and the note goes on with the next of its pitch that begins there; 0
                where no note begins
    place       of the onset in a cycle of CYCLE_QUARTERS, as follows from the gaps: so windows may begin anywhere

    InputError: a codec whose columns do not show one cell a pitch, or do not measure quarters.
    """

    codec: StripCodec

    kind = "midi notes"
    dtype = "int16"
    predicted = 3

    def __post_init__(self) -> None:
        if Columns(self.codec).codec.unit != "quarter":
            raise InputError(f"notes are told in parts of a quarter; columns of {self.codec.name} are seconds: use beats88")

    @property
    def resolution(self) -> int:
        """Columns in a quarter."""
        return int(self.codec.resolution)

    @property
    def longest(self) -> int:
        """Columns of a gap or duration at most."""
        return LONGEST_BARS * BAR * self.resolution

    @property
    def silence(self) -> int:
        """The pitch of a step that begins no note."""
        return self.codec.rows

    @property
    def width(self) -> int:
        return len(self.vocabulary)

    @property
    def vocabulary(self) -> tuple[int, ...]:
        return self.longest + 1, self.silence + 2, self.longest + 2, CYCLE_QUARTERS * self.resolution

    @property
    def pad(self) -> int:
        return max(self.vocabulary)

    @property
    def rest(self) -> np.ndarray:
        return np.array([0, self.silence, 0, 0], np.int16)

    @property
    def end(self) -> tuple[int, int]:
        return PITCH, self.silence + 1

    @property
    def steps_per_bar(self) -> None:
        return None

    @property
    def roll_bar(self) -> int:
        return BAR * self.resolution

    @property
    def roll_top(self) -> str:
        return self.codec.top

    def encode(self, piece: Piece) -> tuple[np.ndarray, Mapping[str, float]]:
        pitched, drums = without_drums(piece)
        columns, losses = Columns(self.codec).encode(pitched)
        return self.of_columns(columns), {**losses, "notes": len(piece), "drums": drums}

    def decode(self, steps: np.ndarray, tempo: Tempo | None = None) -> Piece:
        return Columns(self.codec).decode(self.roll(steps), tempo)

    def images(self, steps: np.ndarray) -> np.ndarray:
        return Columns(self.codec).images(self.roll(steps))

    def of_columns(self, columns: np.ndarray) -> np.ndarray:
        """Classes (columns, rows) -> the steps that tell them, with the end of the piece; the inverse of `roll`."""
        row, first, last = class_runs(np.ascontiguousarray(columns.T), _CLASS)
        parts = -(-(last - first) // self.longest)
        note = np.repeat(np.arange(len(row)), parts)
        onset = first[note] + self.longest * (np.arange(len(note)) - np.repeat(np.cumsum(parts) - parts, parts))
        pitch, duration = self._flipped(row[note]), np.minimum(last[note] - onset, self.longest + 1)
        order = np.lexsort((pitch, onset))
        onset = np.append(onset[order], len(columns))
        gap = np.diff(onset, prepend=0)
        silent = np.maximum(-(-gap // self.longest) - 1, 0)
        place = np.cumsum(silent + 1) - 1
        steps = np.tile(np.array([self.longest, self.silence, 0, 0], np.int16), (place[-1] + 1, 1))
        steps[place, GAP] = gap - self.longest * silent
        steps[place, PITCH] = np.append(pitch[order], self.silence + 1)
        steps[place, DURATION] = np.append(duration[order], 0)
        steps[:, PLACE] = np.cumsum(steps[:, GAP], dtype=np.int64) % self.vocabulary[PLACE]
        return steps

    def roll(self, steps: np.ndarray) -> np.ndarray:
        """Classes (columns, rows) up to the end of the piece, or of the last note; of steps without notes one at least.

        A note ends where the next of its pitch begins.
        """
        told = self._told(steps)
        onset = np.cumsum(told[:, GAP], dtype=np.int64)
        ends = onset + np.minimum(told[:, DURATION], self.longest)
        ended = len(told) > 0 and told[-1, PITCH] > self.silence
        length = max(int(onset[-1] if ended else ends.max(initial=0)), 1)
        columns = np.full((length, self.codec.rows), REST, np.uint8)
        until, goes_on = np.zeros(self.codec.rows, np.int64), np.zeros(self.codec.rows, bool)
        for (_, pitch, duration, _), begin, end in zip(told.tolist(), onset.tolist(), ends.tolist(), strict=True):
            if pitch >= self.silence:
                continue
            row = columns[:, self._flipped(pitch)]
            row[begin : until[pitch]] = REST
            row[begin:end] = SUSTAIN
            if not (goes_on[pitch] and until[pitch] == begin) and begin < length:
                row[begin] = ONSET
            until[pitch], goes_on[pitch] = end, duration > self.longest
        return columns

    def to_model(self, steps: np.ndarray, real: bool = False) -> np.ndarray:
        return steps

    def from_model(self, steps: np.ndarray) -> np.ndarray:
        return steps.astype(np.int16)

    def transposed(self, steps: np.ndarray, semitones: int) -> np.ndarray | None:
        note = steps[:, PITCH] < self.silence
        moved = steps[:, PITCH] + semitones
        if ((moved < 0) | (moved >= self.silence))[note].any():
            return None
        steps = steps.copy()
        steps[note, PITCH] = moved[note]
        return steps

    def bars(self, steps: np.ndarray) -> np.ndarray:
        there = steps[:, PITCH] < self.pad
        columns = np.cumsum(steps[:, GAP] * there, dtype=np.int64) + (steps[:, PITCH] < self.silence)
        return np.maximum.accumulate(columns) / self.roll_bar

    def duration(self, steps: np.ndarray) -> float:
        return BAR * float(self.bars(steps)[-1]) if len(steps) else 0.0

    def notes(self, steps: np.ndarray) -> int:
        return int((self.roll(steps) == ONSET).sum())

    def note_limit(self, bars: float) -> DurationLimit | None:
        return DurationLimit(max(min(round(bars * self.roll_bar), self.longest), 1)) if bars else None

    def facts(self) -> dict[str, Any]:
        return {"representation": "notes", "drums": False, "codec": self.codec.facts()}

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Notes:
        return cls(cast(StripCodec, from_facts(facts.get("codec", {}))))

    def serves(self, facts: Mapping[str, Any]) -> bool:
        mine = facts.get("representation") == "notes" and facts.get("drums") is False
        return mine and Columns(self.codec).serves(facts)

    def _told(self, steps: np.ndarray) -> np.ndarray:
        """The steps up to the end of the piece, or up to `pad`."""
        ends = np.flatnonzero(steps[:, PITCH] > self.silence)
        last = len(steps) if not len(ends) else int(ends[0]) + (steps[ends[0], PITCH] < self.pad)
        return steps[:last].astype(np.int64)

    def _flipped(self, rows: Any) -> Any:
        """Rows -> semitones above the lowest, and back."""
        return self.codec.rows - 1 - rows if self.codec.top == "high" else rows


@dataclass(frozen=True)
class DurationLimit:
    """Ends notes that would sound for more than `columns` columns, of notes longer than a step can tell the rest too."""

    columns: int

    def start(self, prompts: Sequence[np.ndarray]) -> np.ndarray:
        """It remembers nothing: a step tells how long its note lasts. int32 (count, 1), zeros."""
        return np.zeros((len(prompts), 1), np.int32)

    def __call__(self, step: Any, memory: Any) -> tuple[Any, Any]:
        """step: (..., fields)."""
        duration = ops.minimum(step[..., DURATION : DURATION + 1], self.columns)
        return ops.concatenate([step[..., :DURATION], duration, step[..., DURATION + 1 :]], axis=-1), memory
