"""Sound to notes: a log-frequency picture of a recording becomes a piano roll, by a small convolutional network.

After basic-pitch: Bittner, Bosch, Rubinstein, Meseguer-Brocal, Ewert, "A Lightweight Instrument-Agnostic Model for
Polyphonic Note Transcription and Multipitch Estimation", ICASSP 2022 (arXiv 2203.09893). From there are the stacked
harmonics of three bins a semitone, and onsets and frames as outputs. `paper` has its picture and its size, not its very
network, which tells contours first. `ours` has three window lengths, long ones for low pitches and a short one for onsets,
pitches that see those an octave and a twelfth away, and half a second before and after. Both tell offsets and velocities,
too, and onsets as fractions, so that times are finer than frames (Kong et al., arXiv 2010.01815). They learn from pieces
that are rendered (`transfer.transcription.rendering`), so that the truth is exact.

    python -m transfer.train transcription --data FOLDER --soundfont one.sf2 another.sf2

The model that ships, and how well it does: transfer/pretrained/transcription; figures in docs/results.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import keras
from keras import layers

from spectro.layers import LogFrequency, exportable
from training.errors import InputError
from training.family import Context
from training.options import Amount, Count, Positive, Range
from transfer.transcription.networks import HEADS, RARE, NotesLoss, Stack, block, convolved, harmonic_shifts, intervals
from transfer.transcription.notes import PITCHES

MONITOR = "val_loss"
"""The epoch with the smallest loss on the validation part is kept."""
EXPORTED_SECONDS = 2.0
"""Length of what exported models take."""
A0 = 27.5
"""Hz of pitch LOWEST."""
PER_SEMITONE = 3
"""Bins of the picture."""


@dataclass(frozen=True)
class Config:
    """Transcription; the defaults are the paper's."""

    rate: Annotated[int, Range(8_000, 48_000)] = 22_050
    """Sample rate in Hz."""
    hop: Count = 256
    """Samples from one frame to the next."""
    windows: tuple[Count, ...] = (4_096,)
    """Lengths of the analysis windows in samples; each is a channel of the picture."""
    harmonics: tuple[Positive, ...] = (0.5, 1, 2, 3, 4, 5, 6, 7)
    """Harmonics that are laid over each other."""
    filters: Count = 16
    """Of each convolution."""
    kernel: Annotated[int, Range(1, 25)] = 5
    """Frames of the convolutions; they see three pitches."""
    blocks: Count = 2
    """Convolutions over frames and pitches, each added to what goes in."""
    semitones: tuple[Annotated[int, Range(-87, 87)], ...] = ()
    """Intervals at which each block also sees other pitches; none as published."""
    dilations: tuple[Count, ...] = ()
    """Of last convolutions over frames alone, each with those so many apart; none as published."""
    seconds: Annotated[float, Range(0.5, 60)] = 2.0
    """Length of the clips that are trained on."""
    excerpt: Annotated[float, Range(1, 600)] = 20.0
    """Seconds of a piece that are rendered at a time."""
    renderings: Count = 1
    """How often each piece is rendered, with another excerpt, instrument, tuning, room and noise each time."""
    gain: Amount = 10.0
    """dB by which clips are made louder or softer at random, at most, while training."""
    learning_rate: Positive = 1e-3
    """Step of Adam, at the start; it falls to a hundredth along a cosine."""
    batch_size: Count = 16
    """Clips in a step."""
    epochs: Count = 100
    """Passes over the data."""


PRESETS = {
    "paper": Config(),
    "ours": Config(
        rate=16_000, windows=(8_192, 2_048, 512), filters=24, semitones=(-19, -12, 0, 12, 19), dilations=(4, 12),
        seconds=4.0, renderings=3, gain=2.0, learning_rate=3e-3, batch_size=8, epochs=5,
    ),
    "quick": Config(
        rate=8_000, hop=125, windows=(1_024, 256), harmonics=(1, 2, 3), filters=4, kernel=3, blocks=1, semitones=(-12, 0),
        dilations=(2,), seconds=1.0, excerpt=4.0, learning_rate=1e-2, batch_size=4, epochs=2,
    ),
}  # fmt: skip


def build(config: Config, context: Context) -> keras.Model:
    """The compiled model: waveforms (batch, samples) in [-1, 1], of any length -> (batch, frames, PITCHES, HEADS) in [0, 1].

    InputError: options that do not go together.
    """
    _check(config)
    per_octave = 12 * PER_SEMITONE
    shifts = harmonic_shifts(config.harmonics, per_octave)
    rows = PITCHES * PER_SEMITONE
    waveform = keras.Input((None,), name="waveform")
    x = LogFrequency(
        config.rate, config.hop, config.windows, A0 * 2 ** (-1 / per_octave), per_octave,
        rows + max(0, *shifts), name="picture",
    )(waveform)  # fmt: skip
    x = layers.Rescaling(4.0, -2.0, name="scaled")(x)
    x = Stack(shifts, rows, name="harmonics")(x)
    # A pitch is three bins, and its kernel sees one more on each side.
    x = convolved(x, config.filters, (3, 5), "pitches", strides=(1, PER_SEMITONE))
    for number in range(config.blocks):
        x = block(x, config.filters, (config.kernel, 3), f"block_{number}")
        if config.semitones:
            x = intervals(x, config.filters, config.semitones, f"intervals_{number}")
    for dilation in config.dilations:
        x = block(x, config.filters, (config.kernel, 1), f"long_{dilation}", dilation)
    x = layers.Conv2D(len(HEADS), (3, 1), padding="same", bias_initializer=RARE, name="heads")(x)
    roll = layers.Activation("sigmoid", dtype="float32", name="roll")(x)
    model = keras.Model(waveform, roll, name="transcription")
    rate = keras.optimizers.schedules.CosineDecay(config.learning_rate, context.steps, alpha=0.01)
    model.compile(keras.optimizers.Adam(rate), loss=NotesLoss())
    return model


def exported(model: keras.Model) -> keras.Model:
    """The network with its analysis written as a convolution: waveforms (batch, samples) of EXPORTED_SECONDS -> the roll."""
    picture = model.get_layer("picture").settings[0]
    copy = keras.models.clone_model(model, clone_function=exportable)
    copy.set_weights(model.get_weights())
    waveform = keras.Input((round(EXPORTED_SECONDS * picture.rate),), name="waveform")
    return keras.Model(waveform, copy(waveform), name=model.name)


def _check(config: Config) -> None:
    if any(window % 2 or window < 2 * config.hop for window in config.windows):
        raise InputError(
            f"--windows must be even and twice --hop {config.hop} or more; received {' '.join(map(str, config.windows))}"
        )
    if config.seconds * config.rate < config.hop:
        raise InputError(f"clips of --seconds {config.seconds} have no whole --hop {config.hop} at --rate {config.rate}")
