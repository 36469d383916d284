"""What every sequence model's Config has, and what its numbers may be."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Literal

from training.cli import InputError

MAY_BE_ZERO = ("transpose", "steps")
"""Whole numbers that may be 0; the others count from 1."""


@dataclass(frozen=True)
class SequenceConfig:
    """Columns, what is said of the next one, loss and training; models add their own fields and set their paper's values."""

    codec: str = "levels88"
    """Codec of the columns, by name: any with one cell a pitch."""
    window: int = 100
    """Columns that the model is shown in training; it begins anywhere in a piece."""
    transpose: int = 0
    """Training windows are moved up or down by up to this many semitones."""
    head: Literal["values", "classes", "joint"] = "values"
    """What is said of a pitch: one real number, as published; the chances of silent, beginning and held, for each pitch by
    itself; or the same from row to row, each pitch knowing what the rows before it do, so that chords are drawn whole."""
    hidden: int = 8
    """joint: units of a row in the network that goes through the rows."""
    loss: Literal["asymmetric", "squared"] = "asymmetric"
    """values: the paper's weighted squared error, or a plain one. The other heads have the likelihood."""
    alpha: float = 1.5
    """values, asymmetric: weight of cells with a note."""
    beta: float = 0.8
    """values, asymmetric: weight of silent cells."""
    root: float = 4.0
    """values, asymmetric: targets are raised to 1 / root; 1 leaves them as they are."""
    dropout: float = 0.0
    """Share of each layer's outputs dropped in training."""
    learning_rate: float = 1e-3
    """Adam's step, at the start."""
    cosine: bool = False
    """Let it fall to a hundredth along a cosine until the last step."""
    clip_norm: float = 0.0
    """Longest gradient of a weight; longer ones are shortened to it. 0: as they are."""
    batch_size: int = 64
    """Windows in a step, over all devices."""
    steps: int = 0
    """Steps of an epoch; 0: as many as show every window once."""
    epochs: int = 15
    """Epochs at most."""


def check(config: SequenceConfig) -> None:
    """InputError: a number that cannot be meant."""
    for name, value in asdict(config).items():
        option, numbers = "--" + name.replace("_", "-"), value if isinstance(value, tuple) else (value,)
        if not numbers:
            raise InputError(f"{option} must be one number or more; received none")
        for number in numbers:
            if isinstance(number, int) and not isinstance(number, bool) and number < (least := int(name not in MAY_BE_ZERO)):
                raise InputError(f"{option} must be {least} or more; received {number}")
            if isinstance(number, float) and not 0 <= number <= (1 if name == "dropout" else math.inf):
                raise InputError(f"{option} must be {'0 to 1' if name == 'dropout' else '0 or more'}; received {number:g}")
    if config.root == 0:
        raise InputError("--root must be above 0; received 0")
