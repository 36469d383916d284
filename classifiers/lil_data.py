"""The spectrogram CNN "Lil Data": four 3x3 convolutions, four max-pools, one dense layer.

"On the Generation of Music: Investigating Popular Modalities for Musical Representation, Classification and Generation
using Deep Learning Techniques". The paper prints the sequence of layers; filters, padding, optimizer and the dropout's
place are convention (103,736 parameters at 8 labels). Inputs are scaled to [-2, 2] instead of standardised, so that a model
needs no pass over its data. `ours` looks at mel bands, has batch norm and augmentation (73,480 parameters).

    python -m classifiers.train lil_data --data FOLDER

ESC-10, three folds for training and one for testing, 2 CPU cores shared with another run: `ours` 88.2 % (12 runs) in 2 to 4
minutes a run, `paper` 72.2 % (4 runs) in 3.5 minutes. docs/results.md has the intervals and how `ours` was chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import keras

from classifiers.augment import SpecAugment
from classifiers.front_end import ClassifierConfig, exported, front_end, setting_of
from spectro.layers import MelPicture
from training.family import Context
from training.options import Amount, Count, Dropout, Fraction, Index

__all__ = ["PRESETS", "Config", "build", "exported"]


@dataclass(frozen=True)
class Config(ClassifierConfig):
    """Lil Data; the defaults are the paper's, or convention where it says nothing."""

    mel_bands: Index = 0
    """Mel bands that the picture is folded into; 0 keeps the linear rows."""
    mel_pool: Count = 1
    """With mel bands: columns whose mean power becomes one."""
    filters: tuple[Count, Count, Count, Count] = (16, 32, 64, 128)
    """Filters of conv_1 ... conv_4."""
    pools: tuple[tuple[Count, Count], ...] = ((4, 4), (4, 4), (4, 4), (4, 4))
    """Rows and columns of each max-pool."""
    padding: Literal["valid", "same"] = "valid"
    """Padding of the convolutions."""
    batch_norm: bool = False
    """Batch normalisation between each pool and its ReLU."""
    dense: Count = 48
    """Units of the dense layer."""
    dropout: Dropout = 0.5
    """Fraction of the dense layer's outputs dropped."""
    input_dropout: Dropout = 0.0
    """Fraction of the dense layer's inputs dropped."""
    masks: Index = 0
    """SpecAugment masks per axis; 0 is none."""
    mask_share: Fraction = 0.125
    """Largest share of an axis one mask hides."""
    weight_decay: Amount = 0.0
    """AdamW's decay of the kernels per step, relative to the learning rate."""
    cosine: bool = False
    """Let the learning rate fall to a hundredth along a cosine until the last step."""


PRESETS = {
    "paper": Config(),
    "ours": Config(
        mel_bands=64,
        mel_pool=4,
        filters=(16, 32, 64, 64),
        pools=((2, 4), (2, 2), (2, 2), (2, 10)),
        padding="same",
        batch_norm=True,
        dropout=0.0,
        input_dropout=0.3,
        masks=1,
        weight_decay=1e-2,
        cosine=True,
        time_shift=0.5,
        mixup=0.3,
        learning_rate=2e-3,
        batch_size=16,
        epochs=120,
    ),
    "quick": Config(
        setting="quick",
        filters=(4, 5, 6, 7),
        pools=((2, 2),) * 4,
        padding="same",
        dense=8,
        dropout=0.1,
        masks=1,
        learning_rate=1e-2,
        batch_size=4,
        steps=100,
        epochs=2,
    ),
}


def build(config: Config, context: Context) -> keras.Model:
    """The compiled model: waveform (batch, clip_samples) float32 in [-1, 1] -> probabilities (batch, context.classes).

    context.steps: of the cosine.
    """
    setting = setting_of(config.setting, config.reference)
    waveform, picture = front_end(setting)
    x = MelPicture(setting, config.mel_bands, config.mel_pool, name="mel")(picture) if config.mel_bands else picture
    x = keras.layers.Rescaling(4.0, -2.0, name="scale")(x)
    x = SpecAugment(config.masks, config.mask_share, config.mask_share, name="masks")(x) if config.masks else x
    for number, (filters, pool) in enumerate(zip(config.filters, config.pools, strict=True), start=1):
        x = convolution(config, number, filters, pool, x)
    x = keras.layers.Dropout(config.input_dropout, name="input_dropout")(keras.layers.Flatten(name="flatten")(x))
    x = keras.layers.Dense(config.dense, activation="relu", name="dense")(x)
    x = keras.layers.Dropout(config.dropout, name="dropout")(x)
    probabilities = keras.layers.Dense(context.classes, activation="softmax", dtype="float32", name="genre")(x)
    model = keras.Model(waveform, probabilities, name="lil_data")
    model.compile(optimizer(config, context.steps), loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def convolution(config: Config, number: int, filters: int, pool: tuple[int, int], x: Any) -> Any:
    """conv_`number`, its pool and, where it has one, its norm (max-pooling and ReLU commute, so the paper's order holds)."""
    with_norm = config.batch_norm
    x = keras.layers.Conv2D(
        filters,
        3,
        padding=config.padding,
        activation=None if with_norm else "relu",
        use_bias=not with_norm,
        name=f"conv_{number}",
    )(x)
    x = keras.layers.MaxPooling2D(pool, padding=config.padding, name=f"pool_{number}")(x)
    if not with_norm:
        return x
    synchronized = keras.backend.backend() == "tensorflow"  # over the whole batch where several devices share it
    x = keras.layers.BatchNormalization(momentum=0.9, synchronized=synchronized, name=f"norm_{number}")(x)
    return keras.layers.ReLU(name=f"relu_{number}")(x)


def optimizer(config: Config, steps: int) -> keras.optimizers.Optimizer:
    """AdamW (Adam where the decay is 0), with its schedule."""
    rate = (
        keras.optimizers.schedules.CosineDecay(config.learning_rate, steps, alpha=0.01)
        if config.cosine
        else config.learning_rate
    )
    chosen = keras.optimizers.AdamW(rate, weight_decay=config.weight_decay)
    chosen.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return chosen
