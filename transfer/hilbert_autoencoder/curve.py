"""Waveforms as pictures within a model, and back: a gather each way."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from spectro.hilbert import HilbertSetting


@keras.saving.register_keras_serializable("transfer")
class Curve(keras.layers.Layer):
    """Waveforms (batch, side * side) -> pictures (batch, side, side, 1); with `back` the other way.

    order: hilbert or raster, see `spectro.hilbert`.
    """

    def __init__(self, side: int, order: str = "hilbert", back: bool = False, **arguments: Any) -> None:
        super().__init__(**arguments | {"dtype": "float32"})
        self.side, self.order, self.back = side, order, back
        setting = HilbertSetting(side, order)
        self._index = setting.places if back else setting.times

    def call(self, inputs: Any) -> Any:
        flat = ops.reshape(inputs, (-1, self.side**2))
        moved = ops.take(flat, ops.convert_to_tensor(self._index, "int32"), axis=1)
        return moved if self.back else ops.reshape(moved, (-1, self.side, self.side, 1))

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (shape[0], self.side**2) if self.back else (shape[0], self.side, self.side, 1)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"side": self.side, "order": self.order, "back": self.back}
