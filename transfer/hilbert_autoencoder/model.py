"""Autoencoder of waveforms that are laid along a Hilbert curve: what it learned of one instrument it does to another sound.

`paper`: "Music generation using Deep Learning": three 4 x 4 convolutions with pools and the way back (148,081 parameters),
mean squared error on samples in [0, 1), Adam, then momentum (`--init RUN --optimizer momentum --learning-rate 0.01`). Its
code holds 65,536 numbers for 65,536 samples, so that it can only copy. As required rather than as published: one channel at
a time instead of interleaved stereo, no file in two parts, gradients clipped or the rate lowered where asked for, and a
return to the best weights after a spike (`rewind`).

`--layout` lays the same samples along the curve, row by row, or leaves them in a row under 1-D convolutions of as many
weights: the same budget in three orders. 1-D copies best.

`ours` therefore lays no curve: a filter bank that begins as a cosine transform, a code of 96 numbers for 256 samples, and a
block on each side of it that scales every band by what sounds around it. It learns to give clean windows back for ones whose
timbre was changed at random, so that another instrument, too, comes nearer to those it knows.

    python -m transfer.train hilbert_autoencoder --data FOLDER

5 epochs of 240 pianos took 6 minutes of one CPU core. Guitars of 30 held-out pieces against the true pianos: log-spectral
distance 7.35 dB (as they are 8.42, equalised 7.49), MFCC distance 36.1 dB (52.3, 37.6), pitch preservation 0.899 (0.879,
0.868). Its copies of pianos have 10.6 dB signal-to-noise. docs/results.md has the rest, and how `paper` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import keras
from keras import layers

from training.errors import InputError
from training.family import Context
from training.options import Amount, Count, Index, Positive, Range
from transfer.hilbert_autoencoder.networks import Curve, SpectralLoss, banded, published

MONITOR = "val_loss"
"""The epoch with the smallest loss on the validation part is kept."""


@dataclass(frozen=True)
class Config:
    """Hilbert autoencoder; the defaults are the paper's."""

    rate: Annotated[int, Range(8_000, 192_000)] = 44_100
    """Sample rate in Hz."""
    side: Count = 256
    """Rows and columns of a picture, a power of two; side * side samples are a window."""
    layout: Literal["hilbert", "raster", "waveform"] = "hilbert"
    """Samples along the curve, row by row, or in a row under 1-D convolutions."""
    filters: tuple[Count, ...] = (16, 32, 64)
    """Filters of the encoder's convolutions, each followed by a pool that quarters the samples; the decoder's backwards."""
    kernel: Count = 4
    """Rows and columns of the kernels; 1-D ones have as many weights."""
    code: Index = 0
    """Numbers that each place of the smallest grid keeps; 0: as many as the last filters (no bottleneck, as published)."""
    bands: Index = 0
    """Bands of a filter bank in place of convolutions with pools, each a number in as many samples; `filters` are then the
    widths of blocks between it and the code, `kernel` their frames; layout waveform. 0: no filter bank, as published."""
    centred: bool = False
    """Work on samples in [-1, 1] without a sigmoid; otherwise on [0, 1) with one, as published."""
    augmentation: Amount = 0.0
    """Show the model windows whose timbre is changed at random, this strongly, in place of those it has to give back
    (`transfer.hilbert_autoencoder.data`); 1 is strong, 0 shows them as they are, as published."""
    spectral: Amount = 0.0
    """Add the error of the logarithmic spectrum to the squared error of the samples; the smaller, the more the samples
    count (`transfer.hilbert_autoencoder.networks`). 0: samples alone, as published."""
    optimizer: Literal["adam", "momentum"] = "adam"
    """Adam, or gradient descent with momentum 0.9."""
    learning_rate: Positive = 1e-3
    """Step of the optimizer, at the start."""
    cosine: bool = False
    """Let it fall to a hundredth along a cosine until the last step."""
    clip_norm: Amount = 0.0
    """Longest gradient of a weight; longer ones are shortened to it. 0: as they are."""
    rewind: Amount = 0.0
    """After an epoch whose validation loss is more than so many times the best one, the best weights come back; 0: never."""
    batch_size: Count = 128
    """Windows in a step."""
    epochs: Count = 110
    """Passes over the data."""


PRESETS = {
    "paper": Config(),
    "ours": Config(
        rate=22_050, side=128, layout="waveform", filters=(192,), kernel=3, bands=256, code=96, centred=True,
        augmentation=1.0, spectral=1e-2, cosine=True, clip_norm=1.0, rewind=2.0, batch_size=8, epochs=5,
    ),
    "quick": Config(
        rate=8_000, side=32, filters=(3, 4), kernel=3, code=2, centred=True, cosine=True, clip_norm=1.0, rewind=2.0,
        learning_rate=1e-2, batch_size=8, epochs=2,
    ),
}  # fmt: skip


def build(config: Config, context: Context) -> keras.Model:
    """The compiled model: windows (batch, side * side) in [0, 1) -> the same, float32.

    InputError: options that do not go together.
    """
    _check(config)
    flat = config.layout == "waveform"
    window = keras.Input((config.side**2,), name="window")
    x = layers.Reshape((-1, 1), dtype="float32")(window) if flat else Curve(config.side, config.layout, name="there")(window)
    x = layers.Rescaling(2.0, -1.0, dtype="float32")(x) if config.centred else x
    if config.bands:
        x = banded(x, config.bands, config.filters, config.kernel, config.code)
    else:
        x = published(x, config.filters, config.kernel, config.code, flat=flat, sigmoid=not config.centred)
    x = layers.Rescaling(0.5, 0.5, dtype="float32")(x) if config.centred else x
    x = layers.Flatten(dtype="float32")(x) if flat else Curve(config.side, config.layout, back=True, name="back")(x)
    model = keras.Model(window, x, name="hilbert_autoencoder")
    model.compile(
        _optimizer(config, context.steps), loss=SpectralLoss(config.spectral) if config.spectral else "mean_squared_error"
    )
    return model


def exported(model: keras.Model) -> keras.Model:
    """All of it: windows (batch, side * side) in [0, 1) -> the same."""
    return model


def _check(config: Config) -> None:
    if config.bands and (config.layout != "waveform" or not config.centred or not config.code):
        raise InputError(
            f"--bands needs --layout waveform, --centred and a --code above 0; received --layout {config.layout}, "
            f"{'--centred' if config.centred else '--no-centred'} and --code {config.code}"
        )
    if config.bands and config.side**2 % config.bands:
        raise InputError(f"--bands must divide the {config.side**2:,} samples of a window; received {config.bands}")
    if not config.bands and config.side**2 % 4 ** len(config.filters):
        least = 2 ** len(config.filters)
        raise InputError(f"--side must be a multiple of {least:,}, since each of --filters quarters; received {config.side}")


def _optimizer(config: Config, steps: int) -> keras.optimizers.Optimizer:
    rate = keras.optimizers.schedules.CosineDecay(config.learning_rate, steps, alpha=0.01)
    rate, clip = rate if config.cosine else config.learning_rate, config.clip_norm or None
    if config.optimizer == "momentum":
        return keras.optimizers.SGD(rate, momentum=0.9, clipnorm=clip)
    return keras.optimizers.Adam(rate, clipnorm=clip)
