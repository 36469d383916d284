"""What the steps of a sequence are: a piece of music as rows of whole numbers, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from midi.codecs.codec import REST, Codec
from midi.notes import Piece
from midi.tempo import Tempo


class NoteLimit(Protocol):
    """Ends notes that a model would hold for too long. What it remembers of sequences is an array, carried on with them."""

    def start(self, prompts: Sequence[np.ndarray]) -> np.ndarray:
        """What it remembers after each prompt (time, width): (count, ...)."""

    def __call__(self, step: Any, memory: Any) -> tuple[Any, Any]:
        """(the step that follows in place of `step` (count, width), what is remembered after it); tensors."""


@runtime_checkable
class Representation(Protocol):
    """Music as steps of `width` whole numbers each: all that models of sequences and their tools know of it.

    Steps of a piece are (time, width) of `dtype`; field f of a step is from 0 to vocabulary[f] - 1, or `pad` beyond the end.

        steps, lost = representation.encode(read("tune.mid"))
        write("tune again.mid", representation.decode(steps))
    """

    kind: str
    """Of corpora that hold its steps, in words."""
    dtype: str
    """uint8 or int16."""
    pad: int
    """What all fields are beyond the end of a piece."""

    @property
    def width(self) -> int:
        """Numbers, or fields, of a step."""

    @property
    def vocabulary(self) -> tuple[int, ...]:
        """How many values each field of a step, as models read it, may take."""

    @property
    def predicted(self) -> int:
        """Fields of a step that a model predicts, its first; the others follow from them."""

    @property
    def end(self) -> tuple[int, int] | None:
        """(field, value) of a step that ends the piece; None where steps do not tell where that is."""

    @property
    def rest(self) -> np.ndarray:
        """(width,): the step before a piece, in which nothing sounds."""

    @property
    def steps_per_bar(self) -> int | None:
        """None where steps have no fixed length."""

    @property
    def codec(self) -> Codec | None:
        """Of its pictures, if it has any."""

    def encode(self, piece: Piece) -> tuple[np.ndarray, Mapping[str, float]]:
        """(the steps of a piece, what they do not keep of it). InputError: no note that they can tell."""

    def decode(self, steps: np.ndarray, tempo: Tempo | None = None) -> Piece:
        """The piece that steps tell, of a model's too, at a tempo in microseconds a quarter or a map (None: the usual)."""

    def images(self, steps: np.ndarray) -> np.ndarray | None:
        """Pictures of the codec, uint8 (count, *codec.shape), if it has any."""

    def roll(self, steps: np.ndarray) -> np.ndarray:
        """Classes REST, ONSET and SUSTAIN (columns, rows), `roll_bar` columns a bar; of tokens one at least."""

    @property
    def roll_bar(self) -> int:
        """Columns of a bar in `roll`."""

    @property
    def roll_top(self) -> str:
        """Which pitch the first row of `roll` is: "high" or "low"."""

    def to_model(self, steps: np.ndarray, real: bool = False) -> np.ndarray:
        """Steps (..., width), `pad` too, as models read them; real: as values in [0, 1], for models of real numbers."""

    def from_model(self, steps: np.ndarray) -> np.ndarray:
        """The inverse, (time, width): what a model generated, values to the nearest."""

    def transposed(self, steps: np.ndarray, semitones: int) -> np.ndarray | None:
        """Steps as models read them, moved up; None where that would lose a note."""

    def bars(self, steps: np.ndarray) -> np.ndarray:
        """(time,) bars, of four quarters or two seconds, that have passed after each step; never fewer than before it.

        A note that begins at a bar line lies behind it.
        """

    def duration(self, steps: np.ndarray) -> float | None:
        """Quarters that steps last; None where they measure seconds."""

    def notes(self, steps: np.ndarray) -> int:
        """How many notes begin in steps."""

    def note_limit(self, bars: float) -> NoteLimit | None:
        """What ends notes after so many bars; None where there is no such limit (0 bars: none is wanted)."""

    def facts(self) -> dict[str, Any]:
        """What a run and a corpus keep of it, as JSON."""

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Representation:
        """The same again, from a run's record."""

    def serves(self, facts: Mapping[str, Any]) -> bool:
        """Does a corpus of these facts hold its steps?"""


class Stretch(NamedTuple):
    """How long a part of a sequence is: so many steps or, where these are None, so many bars."""

    bars: float
    steps: int | None = None

    def within(self, representation: Representation, steps: np.ndarray) -> int:
        """How many of `steps`, from their beginning, lie within it."""
        if (fixed := self.fixed(representation)) is not None:
            return min(fixed, len(steps))
        return int(np.searchsorted(representation.bars(steps), self.bars, side="right"))

    def filled(self, representation: Representation, steps: np.ndarray) -> bool:
        """Do `steps` last as long, or longer?"""
        if (fixed := self.fixed(representation)) is not None:
            return len(steps) >= fixed
        return len(steps) > 0 and representation.bars(steps)[-1] >= self.bars

    def after(self, representation: Representation, prompt: np.ndarray, steps: np.ndarray) -> int:
        """How many of `steps`, which go on from a prompt, lie within it, from `next_bar` on, and not behind an end."""
        last = ended(representation, steps) or len(steps)
        if (fixed := self.fixed(representation)) is not None:
            return min(fixed, last)
        bars = representation.bars(np.concatenate([prompt, steps]))[len(prompt) :]
        return min(int(np.searchsorted(bars, next_bar(representation, prompt) + self.bars, side="right")), last)

    def fixed(self, representation: Representation) -> int | None:
        """In steps, where they have a fixed length."""
        if self.steps is not None or representation.steps_per_bar is None:
            return self.steps
        return round(self.bars * representation.steps_per_bar)


def next_bar(representation: Representation, prompt: np.ndarray) -> int:
    """The bar line at which what goes on from a prompt begins: the first that no step of the prompt lies behind."""
    return math.ceil(representation.bars(prompt)[-1]) if len(prompt) else 0


def ended(representation: Representation, steps: np.ndarray) -> int | None:
    """After how many of `steps` the piece ends, the last of them telling so; None: they do not."""
    if representation.end is None:
        return None
    field, value = representation.end
    found = np.flatnonzero(steps[:, field] == value)
    return int(found[0]) + 1 if len(found) else None


def without_end(representation: Representation, steps: np.ndarray) -> np.ndarray:
    """The steps before the end of the piece: what can be gone on from."""
    last = ended(representation, steps)
    return steps if last is None else steps[: last - 1]


def rolls_after(
    representation: Representation, prompts: Sequence[np.ndarray], stretches: Sequence[np.ndarray], bars: float | None = None
) -> list[np.ndarray]:
    """`roll` of what goes on from each prompt. Steps without a fixed length begin at `next_bar`, with what still sounds of
    the prompt; they last as many columns as `bars` have (None: to the last note)."""
    if representation.steps_per_bar is not None:
        return [representation.roll(steps) for steps in stretches]
    found, bar = [], representation.roll_bar
    for prompt, steps in zip(prompts, stretches, strict=True):
        roll = representation.roll(np.concatenate([prompt, steps]))
        roll = roll[next_bar(representation, prompt) * bar :]
        length = max(len(roll), 1) if bars is None else round(bars * bar)
        roll = roll[:length]
        found.append(np.pad(roll, ((0, length - len(roll)), (0, 0)), constant_values=REST))
    return found
