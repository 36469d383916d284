"""What a critic sees: pictures shifted in pitch and rolled in time, each by its own draw, and noise; gradients pass.

"Differentiable Augmentation for Data-Efficient GAN Training" (arXiv 2006.10738), with shifts that keep music music. Real
and made pictures go through the same layer, so the law is the same; a share stays in place, or else the generator could
not learn where pictures begin (arXiv 2006.06676).
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from midi.codecs.codec import Codec
from midi.codecs.strip import StripCodec
from training.cli import InputError
from training.strategy import ReplicaSeedGenerator


@keras.saving.register_keras_serializable("generators")
class Shifts(keras.layers.Layer):
    """Pictures (batch, h, w, c) in [-1, 1] -> the same, as a critic sees them; unchanged outside training.

    rows: largest shift up or down; what leaves is lost, silence comes in. step: pictures roll in time by any multiple of so
    many columns; 0 for none. share: of the pictures that move. noise: standard deviation of what is added to all pixels.
    """

    def __init__(self, rows: int = 0, step: int = 0, share: float = 0.5, noise: float = 0.0, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.rows, self.step, self.share, self.noise = rows, step, share, noise
        self.draws = ReplicaSeedGenerator()

    def call(self, pictures: Any, training: bool = False) -> Any:
        if not training:
            return pictures
        if self.rows or self.step:
            pictures = shifted(pictures, *self._steps(ops.shape(pictures)[0], pictures.shape[2]))
        if self.noise:
            pictures += keras.random.normal(ops.shape(pictures), stddev=self.noise, seed=self.draws)
        return pictures

    def _steps(self, count: Any, columns: int) -> tuple[Any, Any]:
        """(count,) int32 rows down and columns to the right; nought for those that stay."""
        moves = ops.cast(keras.random.uniform((count,), seed=self.draws) < self.share, "int32")
        rows = keras.random.randint((count,), -self.rows, self.rows + 1, seed=self.draws)
        turns = keras.random.randint((count,), 0, columns // self.step if self.step else 1, seed=self.draws)
        return moves * rows, moves * turns * self.step

    def get_config(self) -> dict[str, Any]:
        own = {"rows": self.rows, "step": self.step, "share": self.share, "noise": self.noise}
        return super().get_config() | own


def roll_step(codec: Codec, shift: int, roll: bool) -> int:
    """Columns of the smallest roll: a quarter, or one where columns count seconds; 0 without `roll`.

    InputError: pictures are to be shifted or rolled whose axes are not pitch and time.
    """
    if (shift or roll) and not isinstance(codec, StripCodec):
        raise InputError(f"--shift and --roll move pitch and time; pictures of {codec.name} have other axes: use neither")
    if not roll:
        return 0
    return int(codec.resolution) if codec.unit == "quarter" else 1


def shifted(pictures: Any, rows: Any, columns: Any, fill: float = -1.0) -> Any:
    """Pictures (batch, h, w, c) moved down by `rows` (batch,) and to the right by `columns` (batch,), both int32.

    What leaves at the top or bottom is lost and `fill` comes in; what leaves at the right comes in again at the left.
    Products with matrices of zeros and ones: gradients pass, on every backend.
    """
    height, width = pictures.shape[1:3]
    moved = ops.einsum("bhwc,bkh->bkwc", pictures - fill, _sources(rows, height, around=False))
    return ops.einsum("bkwc,bqw->bkqc", moved, _sources(columns, width, around=True)) + fill


def _sources(steps: Any, size: int, around: bool) -> Any:
    """(batch, size, size) float32: one at [place, where its value comes from], which may lie outside."""
    places = ops.arange(size, dtype="int32")
    source = places[None, :, None] - ops.cast(steps, "int32")[:, None, None]
    source = ops.mod(source, size) if around else source
    return ops.cast(source == places[None, None, :], "float32")
