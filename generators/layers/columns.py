"""What models of columns share: the options of their configs, the representation, the optimizer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import keras

from generators.sequences.columns import Columns
from midi.codecs import codec_named
from midi.codecs.strip import StripCodec
from training.options import Amount, Count, Dropout, Index, Positive


@dataclass(frozen=True)
class ColumnConfig:
    """Columns, what is predicted of the next, loss, training; models add their own fields and set their paper's values."""

    codec: str = "levels88"
    """Codec of the columns, by name: any with one cell a pitch."""
    window: Count = 100
    """Columns that the model is shown in training; it begins anywhere in a piece."""
    transpose: Index = 0
    """Training windows are moved up or down by up to this many semitones."""
    head: Literal["regression", "independent", "autoregressive"] = "regression"
    """What is predicted of a pitch: one real number, as published; probabilities of rest, onset and sustain, for each pitch
    independently; or the same from row to row, given what the rows before do, so that chords are drawn whole."""
    hidden: Count = 8
    """autoregressive: units of a row in the network that goes through the rows."""
    loss: Literal["asymmetric", "squared"] = "asymmetric"
    """regression: the paper's weighted squared error, or a plain one. The other heads have the likelihood."""
    alpha: Amount = 1.5
    """regression, asymmetric: weight of cells with a note."""
    beta: Amount = 0.8
    """regression, asymmetric: weight of cells at rest."""
    root: Positive = 4.0
    """regression, asymmetric: targets are raised to 1 / root; 1 leaves them as they are."""
    dropout: Dropout = 0.0
    """Fraction of each layer's outputs dropped in training."""
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


def columns_of(config: ColumnConfig) -> Columns:
    """What a model of such a config reads and generates. InputError: a codec that has no columns."""
    return Columns(cast(StripCodec, codec_named(config.codec)))


def optimizer_of(config: ColumnConfig, steps: int) -> keras.optimizers.Optimizer:
    """Adam. steps: of the whole training."""
    rate = config.learning_rate
    if config.cosine:
        rate = keras.optimizers.schedules.CosineDecay(rate, steps, alpha=0.01)
    return keras.optimizers.Adam(rate, clipnorm=config.clip_norm or None)
