"""A picture a column at a time: an LSTM over its columns, and each column from its lowest row to its highest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import layers, ops

from generators.layers.labels import Labels
from generators.layers.made import Made
from training.devices.strategy import variable_dtype


@keras.saving.register_keras_serializable("generators")
class ColumnNetwork(layers.Layer):
    """Pictures (batch, time, pitch, channels) in [-1, 1] -> (batch, time, pitch, outputs), what is predicted of each cell.

    A cell's numbers depend on the columns before its own, and on the cells of its own column that come before it. An LSTM
    reads the columns, each beside `place` learned numbers of its place in the picture (pictures begin with a bar) and of
    the label; `Made` goes through the rows of the next column, and sees the newest one as it is.

    units: of each LSTM, one above the other. hidden: units of a row. dropout: share of the LSTMs' outputs dropped.
    classes: labels, 0 for none; where there are some, label `classes` is that of pictures without one.
    """

    def __init__(
        self, shape: Sequence[int], outputs: int, classes: int = 0, units: Sequence[int] = (256,), hidden: int = 8,
        place: int = 32, dropout: float = 0.0, **arguments: Any,
    ) -> None:  # fmt: skip
        super().__init__(**arguments | {"dtype": variable_dtype()})
        self.shape, self.outputs, self.classes = tuple(shape), outputs, classes
        self.units, self.hidden, self.place, self.dropout = tuple(units), hidden, place, dropout
        self.stack = [
            layers.LSTM(size, return_sequences=True, name=f"lstm_{number}") for number, size in enumerate(self.units)
        ]
        self.drop = layers.Dropout(dropout, name="dropout")
        spread = keras.initializers.RandomNormal(0.05)
        self.labels = Labels(classes + 1, place, spread, dtype=variable_dtype(), name="labels") if classes else None
        self.head = Made(*self.shape[1:], outputs, hidden, direct=True, dtype=variable_dtype(), name="head")

    def build(self, shape: Any = None) -> None:
        length, rows, channels = self.shape
        small, below = keras.initializers.RandomNormal(0.05), rows * channels + self.place
        self.places = self.add_weight(shape=(length, self.place), initializer=small, name="places")
        if self.labels is not None:
            self.labels.build()
        for layer in self.stack:
            layer.build((None, None, below))
            below = layer.units
        self.head.build((None, None, below + rows * channels + self.place))
        self.built = True

    def call(self, cells: Any, labels: Any = None, training: bool = False) -> Any:
        columns = _read(cells)
        before = ops.pad(columns[:, :-1], ((0, 0), (1, 0), (0, 0)))
        inputs = x = ops.concatenate([before, self._places(ops.shape(cells)[0], labels)], axis=-1)
        for layer in self.stack:
            x = self.drop(layer(x), training=training)
        return self.head.numbers(_joined(x, inputs), columns)

    def draw(self, choose: Callable[[Any, Any], Any], given: Any, mask: Any, uniform: Any, labels: Any = None) -> Any:
        """Pictures (batch, time, pitch, channels), cell by cell.

        choose(numbers (batch, outputs), uniform (batch, channels)) -> cells (batch, channels). given: pictures whose cells
        are kept where `mask` (of their shape) is true. uniform: of their shape, in [0, 1).
        """
        batch, mask = ops.shape(given)[0], ops.cast(mask, "bool")
        places = self._places(batch, labels)

        def step(time: Any, carried: list[Any]) -> list[Any]:
            pictures, newest, *states = carried
            inputs = x = ops.concatenate([newest, ops.take(places, time, axis=1)], axis=-1)
            after = []
            for number, layer in enumerate(self.stack):
                x, state = layer.cell(x, states[2 * number : 2 * number + 2])
                after += state
            known, kept, draws = (ops.take(each, time, axis=1) for each in (given, mask, uniform))

            def row_of(numbers: Any, row: Any) -> tuple[Any, Any]:
                cells = choose(numbers, ops.take(draws, row, axis=1))
                cells = ops.where(ops.take(kept, row, axis=1), ops.take(known, row, axis=1), cells)
                return cells, (cells + 1) / 2

            column = self.head.draw(_joined(x, inputs), row_of, known)
            here = ops.reshape(ops.equal(ops.arange(self.shape[0]), time), (-1, 1, 1))
            return [ops.where(here, column[:, None], pictures), _read(column[:, None])[:, 0], *after]

        states = [ops.zeros((batch, layer.units), layer.compute_dtype) for layer in self.stack for _ in ("h", "c")]
        newest = ops.zeros_like(_read(given)[:, 0])
        return ops.fori_loop(0, self.shape[0], step, [given, newest, *states])[0]

    def _places(self, batch: Any, labels: Any) -> Any:
        """(batch, time, place): what stands beside each column, of its place and of the label."""
        places = ops.repeat(self.places[None], batch, axis=0)
        if not self.classes:
            return places
        labels = ops.full((batch,), self.classes, "int32") if labels is None else ops.reshape(labels, (-1,))
        return places + self.labels(labels)[:, None]

    def get_config(self) -> dict[str, Any]:
        mine = {"shape": self.shape, "outputs": self.outputs, "classes": self.classes, "units": self.units}
        mine |= {"hidden": self.hidden, "place": self.place, "dropout": self.dropout}
        return super().get_config() | mine


def _read(cells: Any) -> Any:
    """Cells (batch, time, pitch, channels) in [-1, 1] -> what is read of them, (batch, time, pitch * channels) in [0, 1]."""
    return ops.reshape((cells + 1) / 2, (*ops.shape(cells)[:2], cells.shape[2] * cells.shape[3]))


def _joined(x: Any, inputs: Any) -> Any:
    return ops.concatenate([ops.cast(x, inputs.dtype), inputs], axis=-1)
