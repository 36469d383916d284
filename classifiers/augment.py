"""Augmentation, in training only: of waveforms on their way to the model, and of pictures inside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops


@dataclass(frozen=True)
class Mixing:
    """Augmentation of waveforms; the default does nothing.

    clips, targets = Mixing(time_shift=0.5, mixup=0.3)(clips, targets, np.random.default_rng(0))
    """

    time_shift: float = 0.0
    """Clips are rolled by up to this share of their length, either way."""
    mixup: float = 0.0
    """Beta parameter of mixup (Zhang et al., 2018, arXiv 1710.09412) on waveforms and targets; 0 is none."""

    def __call__(self, clips: np.ndarray, targets: Any, generator: np.random.Generator) -> tuple[np.ndarray, Any]:
        """clips (batch, samples), targets (batch, labels) -> the same, augmented; `clips` may be overwritten."""
        if self.time_shift:
            largest = int(self.time_shift * clips.shape[1])
            clips = _rolled(clips, generator.integers(-largest, largest + 1, len(clips)))
        return self._mixed(clips, targets, generator) if self.mixup else (clips, targets)

    def _mixed(self, clips: np.ndarray, targets: Any, generator: np.random.Generator) -> tuple[np.ndarray, Any]:
        """Each clip with another one of the batch."""
        share = generator.beta(self.mixup, self.mixup, (len(clips), 1)).astype(np.float32)
        share = np.maximum(share, 1 - share)  # the clip itself stays the louder part
        other = generator.permutation(len(clips))
        peak = np.maximum(clips.max(axis=1, keepdims=True), -clips.min(axis=1, keepdims=True))
        level = 1 / np.maximum(peak, 1e-9)  # equally loud, or the louder one hides the other
        added = clips[other]
        added *= (1 - share) * level[other]
        clips *= share * level
        clips += added
        return clips, share * targets + (1 - share) * targets[other]


def _rolled(clips: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """Each clip rolled by its shift, in one pass over memory."""
    rolled = np.empty_like(clips)
    for out, clip, shift in zip(rolled, clips, shifts % clips.shape[1], strict=True):
        out[shift:], out[:shift] = clip[: len(clip) - shift], clip[len(clip) - shift :]
    return rolled


@keras.saving.register_keras_serializable("classifiers")
class SpecAugment(keras.layers.Layer):
    """Hides random bands of rows and columns (Park et al., "SpecAugment", 2019, arXiv 1904.08779), and nothing else.

    Picture (batch, rows, columns, 1) in and out. Each of `masks` masks per axis covers a width drawn uniformly from 0 to
    the given share of that axis, at a uniform place, filled with 0 (the floor). Every picture has its own masks.
    """

    def __init__(
        self, masks: int = 2, row_share: float = 0.1, column_share: float = 0.1, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs | {"dtype": "float32"})
        self.masks, self.row_share, self.column_share, self.seed = masks, row_share, column_share, seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, picture: Any, training: bool = False) -> Any:
        if not training:
            return picture
        batch, rows, columns = ops.shape(picture)[0], picture.shape[1], picture.shape[2]
        kept = ops.ones_like(picture)
        for _ in range(self.masks):
            kept *= 1 - self._mask(batch, rows, self.row_share)[:, :, None, None]
            kept *= 1 - self._mask(batch, columns, self.column_share)[:, None, :, None]
        return picture * kept

    def _mask(self, batch: Any, size: int, share: float) -> Any:
        """(batch, size): 1 inside one random band of each picture."""
        width = keras.random.uniform((batch, 1), 0, share * size, seed=self.generator)
        start = keras.random.uniform((batch, 1), seed=self.generator) * (size - width)
        place = ops.arange(size, dtype="float32")[None]
        return ops.cast((place >= start) & (place < start + width), "float32")

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "masks": self.masks,
            "row_share": self.row_share,
            "column_share": self.column_share,
            "seed": self.seed,
        }
