"""What a transcription network is made of: harmonics laid over each other, residual blocks, the loss of its four figures."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

HEADS = ("onset", "frame", "offset", "velocity")
"""What the network tells of each frame and pitch, all in [0, 1]: does a note begin, sound, end; how loud one begins."""

RARE = keras.initializers.Constant(-4.0)
"""Bias of the heads at the start: few cells have a note, and a network that begins by half of them unlearns that first."""


@keras.saving.register_keras_serializable("transfer")
class Stack(layers.Layer):
    """Lays a picture over itself, moved along its rows, so that a small kernel sees what lies an interval apart.

    Input (batch, frames, rows, channels); output (batch, frames, kept, shifts * channels): row r of a shift s is row r + s
    of the input, 0 beyond its edges. With the logarithms of 1, 2, 3 ... as shifts, a note's harmonics lie on one row:
    harmonic stacking (Bittner et al., "Deep Salience Representations for F0 Estimation in Polyphonic Music", ISMIR 2017).
    """

    def __init__(self, shifts: tuple[int, ...], kept: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shifts, self.kept = tuple(shifts), kept

    def call(self, picture: Any) -> Any:
        rows = picture.shape[2]
        below = max(0, -min(self.shifts))
        above = max(0, max(self.shifts) + self.kept - rows)
        padded = ops.pad(picture, ((0, 0), (0, 0), (below, above), (0, 0)))
        moved = [padded[:, :, below + shift : below + shift + self.kept] for shift in self.shifts]
        return ops.concatenate(moved, axis=-1)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return (*input_shape[:2], self.kept, len(self.shifts) * input_shape[3])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "shifts": self.shifts, "kept": self.kept}


def harmonic_shifts(harmonics: tuple[float, ...], per_octave: int) -> tuple[int, ...]:
    """Bins from a note's fundamental to its harmonics, of these numbers; 0.5 is an octave below."""
    return tuple(round(per_octave * float(np.log2(harmonic))) for harmonic in harmonics)


def convolved(x: Any, filters: int, kernel: int | tuple[int, int], name: str, **options: Any) -> Any:
    """A convolution, normalised over the batch, rectified."""
    x = layers.Conv2D(filters, kernel, padding="same", use_bias=False, name=f"{name}_conv", **options)(x)
    return layers.ReLU(name=f"{name}_relu")(
        layers.BatchNormalization(momentum=0.9, synchronized=True, name=f"{name}_norm")(x)
    )


def block(x: Any, filters: int, kernel: tuple[int, int], name: str, dilation: int = 1) -> Any:
    """A convolution over (frames, pitches), its frames `dilation` apart, added to what goes in."""
    return layers.Add(name=name)([x, convolved(x, filters, kernel, name, dilation_rate=(dilation, 1))])


def intervals(x: Any, filters: int, semitones: tuple[int, ...], name: str) -> Any:
    """What other pitches these intervals away have found, added to what goes in: octaves and twelfths are mistaken most."""
    return layers.Add(name=name)([x, convolved(Stack(semitones, x.shape[2], name=f"{name}_stack")(x), filters, 1, name)])


@keras.saving.register_keras_serializable("transfer")
class NotesLoss(keras.losses.Loss):
    """Cross-entropy of onsets, frames and offsets, and the squared error of velocities where notes begin.

    Both (batch, frames, pitches, HEADS); onsets and offsets may be fractions, as a note begins between two frames. Summed
    over the pitches, weighed by `weights` in the order of HEADS, the mean over the frames.
    """

    def __init__(self, weights: tuple[float, ...] = (10.0, 1.0, 4.0, 1.0), name: str = "notes_loss", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.weights = tuple(weights)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        y_true, y_pred = ops.cast(y_true, "float32"), ops.cast(y_pred, "float32")
        likely = ops.clip(y_pred[..., :3], 1e-6, 1 - 1e-6)
        entropy = -y_true[..., :3] * ops.log(likely) - (1 - y_true[..., :3]) * ops.log(1 - likely)
        error = y_true[..., 0] * ops.square(y_true[..., 3] - y_pred[..., 3])
        each = ops.concatenate([entropy, error[..., None]], axis=-1)
        return ops.mean(ops.sum(each * np.array(self.weights, np.float32), axis=(2, 3)), axis=1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "weights": self.weights}
