"""Options of commands and models: what all trainings take, and what the numbers of any option may be.

A range stands beside the field that it is of, and is checked for every command and every call from Python alike:

    batch_size: Count = 32
    strength: Annotated[float, Range(0, 1)] = 1.0
"""

from __future__ import annotations

import dataclasses
import math
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from training.errors import InputError


@dataclass(frozen=True)
class Range:
    """The finite numbers from `low` to `high`; `above` leaves `low` itself out, `below` leaves `high` out."""

    low: float = -math.inf
    high: float = math.inf
    above: bool = False
    below: bool = False

    def __contains__(self, number: float) -> bool:
        high_enough = number > self.low if self.above else number >= self.low
        low_enough = number < self.high if self.below else number <= self.high
        return math.isfinite(number) and high_enough and low_enough

    def __str__(self) -> str:
        low, high = f"{self.low:,}", f"{self.high:,}"
        if math.isinf(self.low):
            return "a finite number" if math.isinf(self.high) else f"below {high}" if self.below else f"{high} or less"
        if math.isinf(self.high):
            return f"above {low}" if self.above else f"{low} or more"
        if self.above:
            return f"above {low} and {'below' if self.below else 'at most'} {high}"
        return f"from {low} to {'below ' if self.below else ''}{high}"


Count = Annotated[int, Range(1)]
"""How many of something that there must be."""
Index = Annotated[int, Range(0)]
"""A number of something, counted from 0, or how many of something that there may be none of."""
Seed = Annotated[int, Range(0, 2**32 - 1)]
"""Of random numbers; NumPy's and Keras' seeds go so far."""
Fraction = Annotated[float, Range(0, 1)]
"""A part of a whole."""
Dropout = Annotated[float, Range(0, 1, below=True)]
"""A part that is left out, never all."""
Momentum = Annotated[float, Range(0, 1, below=True)]
"""Of a moving average: the share of what was before."""
Amount = Annotated[float, Range(0)]
"""Of something that there may be none of."""
Positive = Annotated[float, Range(0, above=True)]
"""A rate, a length, a duration."""


@dataclass(frozen=True)
class TrainOptions:
    """What every training takes."""

    data: Path | None = None
    """Folder of the user's files, CSV, or corpus; without it the built-in demo music."""
    output: Path | None = None
    """Run directory; by default runs/MODEL. The same command again resumes."""
    preset: str = "ours"
    """Starting values of the model's options: paper, ours or quick."""
    quick: bool = False
    """Short for --preset quick: tiny, trains in seconds, to see that everything works."""
    seed: Seed = 0
    """Seed of weights, order, augmentation and split."""
    devices: str = "1"
    """1, a number, all, gpu:0,1 or cpu:2; with --workers those of each."""
    workers: str | None = None
    """Machines that train together: host:port,... of all, the one that keeps the run first; or as TF_CONFIG says."""
    worker_index: Index | None = None
    """Which of --workers this is, from 0. All run the same command else, on the same data."""
    precision: Literal["float32", "mixed_bfloat16"] = "float32"
    """Of what is computed; weights are float32 either way. mixed_bfloat16 is for accelerators that are faster with it."""
    init: Path | None = None
    """Run whose weights to start from, of the same model and sizes."""
    cache: Path | None = None
    """Where folders become corpora; by default the user's cache folder."""
    early_stop: Annotated[float, Range(0, 1, above=True)] = 0.25
    """Training ends when the figure that chooses the best epoch has not got better for this fraction of all epochs, and for
    ten; 1: never. Where no figure chooses (GANs, no validation part) all epochs are trained."""
    samples_every: Count = 10
    """Epochs between samples of what the model makes, as files and in TensorBoard."""


MIN_PATIENCE = 10
"""Epochs without a better one that training goes on for, however few there are in all."""


def patience_of(early_stop: float, epochs: int) -> int:
    """Epochs in a row without a better one after which --early-stop ends a training of `epochs`."""
    return epochs if early_stop >= 1 else max(MIN_PATIENCE, math.ceil(round(early_stop * epochs, 6)))


def check(options: Any) -> None:
    """InputError: a number of the dataclass `options`, or of one within it, that is outside the range beside its field.

    A number without a range must be finite; a tuple that has a default which is not empty must not be empty.
    """
    hints = typing.get_type_hints(type(options), include_extras=True)
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        if dataclasses.is_dataclass(value):
            check(value)
            continue
        allowed, option = range_of(hints[field.name]) or Range(), _option(field.name, hints[field.name])
        if value == () and field.default not in ((), dataclasses.MISSING):
            raise InputError(f"{option} must be one number or more; received none")
        for number in _numbers(value):
            if number not in allowed:
                raise InputError(f"{option} must be {allowed}; received {number:,}")


def _option(name: str, hint: Any) -> str:
    """What a field is called on the command line, with its other names, of which the user may have typed any."""
    others = [alias for note in getattr(hint, "__metadata__", ()) for alias in getattr(note, "aliases", None) or ()]
    return " or ".join(["--" + name.replace("_", "-"), *others])


def _numbers(value: Any) -> Iterator[int | float]:
    """The value itself, or those in a tuple of tuples, as far as they are numbers."""
    if isinstance(value, tuple):
        for each in value:
            yield from _numbers(each)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


def range_of(hint: Any) -> Range | None:
    """The range that a field's type names, of itself or of what it holds (`Count | None`, `tuple[Count, ...]`)."""
    if typing.get_origin(hint) is Annotated:
        found = next((note for note in hint.__metadata__ if isinstance(note, Range)), None)
        return found or range_of(hint.__origin__)
    return next((found for part in typing.get_args(hint) if (found := range_of(part))), None)
