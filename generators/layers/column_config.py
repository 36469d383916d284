"""What every sequence model's Config has, and what its numbers may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from training.options import Amount, Count, Dropout, Index, Positive


@dataclass(frozen=True)
class SequenceConfig:
    """Columns, what is said of the next one, loss and training; models add their own fields and set their paper's values."""

    codec: str = "levels88"
    """Codec of the columns, by name: any with one cell a pitch."""
    window: Count = 100
    """Columns that the model is shown in training; it begins anywhere in a piece."""
    transpose: Index = 0
    """Training windows are moved up or down by up to this many semitones."""
    head: Literal["values", "classes", "joint"] = "values"
    """What is said of a pitch: one real number, as published; the chances of silent, beginning and held, for each pitch by
    itself; or the same from row to row, each pitch knowing what the rows before it do, so that chords are drawn whole."""
    hidden: Count = 8
    """joint: units of a row in the network that goes through the rows."""
    loss: Literal["asymmetric", "squared"] = "asymmetric"
    """values: the paper's weighted squared error, or a plain one. The other heads have the likelihood."""
    alpha: Amount = 1.5
    """values, asymmetric: weight of cells with a note."""
    beta: Amount = 0.8
    """values, asymmetric: weight of silent cells."""
    root: Positive = 4.0
    """values, asymmetric: targets are raised to 1 / root; 1 leaves them as they are."""
    dropout: Dropout = 0.0
    """Share of each layer's outputs dropped in training."""
    learning_rate: Positive = 1e-3
    """Adam's step, at the start."""
    cosine: bool = False
    """Let it fall to a hundredth along a cosine until the last step."""
    clip_norm: Amount = 0.0
    """Longest gradient of a weight; longer ones are shortened to it. 0: as they are."""
    batch_size: Count = 64
    """Windows in a step, over all devices."""
    steps: Index = 0
    """Steps of an epoch; 0: as many as show every window once."""
    epochs: Count = 15
    """Epochs at most."""
