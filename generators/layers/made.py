"""A column row by row, each predicted from those before: for heads of sequences, and for networks that draw pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers, ops


class Made(layers.Layer):
    """Numbers for every row of a column, given a context and what the rows before it hold: MADE (arXiv 1502.03509).

    `hidden` units of each row read the context and the rows before, `reads` numbers of each. The `outputs` numbers of a row
    are predicted by the context, by its own units and by those of the rows before; `direct`: also straight by what the rows
    before hold.
    """

    def __init__(self, rows: int, reads: int, outputs: int, hidden: int, direct: bool = False, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.rows, self.reads, self.outputs, self.hidden, self.direct = rows, reads, outputs, hidden, direct
        self.bias_layer = layers.Dense(rows * hidden, dtype=self.dtype_policy, name="bias")
        self.output_layer = layers.Dense(rows * outputs, dtype=self.dtype_policy, name="output")

    def build(self, shape: Any) -> None:
        """shape: of the context."""
        self.bias_layer.build(shape)
        self.output_layer.build(shape)
        notes, units, numbers = (self.rows * size for size in (self.reads, self.hidden, self.outputs))
        small = keras.initializers.RandomNormal(0.05)
        self.note_kernel = self.add_weight(shape=(notes, units), initializer=small, name="note_kernel")
        self.unit_kernel = self.add_weight(shape=(units, numbers), initializer=small, name="unit_kernel")
        if self.direct:
            self.direct_kernel = self.add_weight(shape=(notes, numbers), initializer="zeros", name="direct_kernel")
        self.built = True

    def numbers(self, context: Any, notes: Any) -> Any:
        """Of columns whose rows are known: context (..., units), notes (..., rows * reads) -> (..., rows, outputs)."""
        kernel = self.note_kernel * self._mask(self.reads, self.hidden)
        units = ops.tanh(ops.matmul(notes, kernel) + self.bias_layer(context))
        kernel = self.unit_kernel * self._mask(self.hidden, self.outputs, itself=True)
        found = ops.matmul(units, kernel) + self.output_layer(context)
        if self.direct:
            found = found + ops.matmul(notes, self.direct_kernel * self._mask(self.reads, self.outputs))
        return ops.reshape(found, (*ops.shape(found)[:-1], self.rows, self.outputs))

    def draw(self, context: Any, choose: Callable[[Any, Any], tuple[Any, Any]], column: Any) -> Any:
        """A column (batch, rows, ...) drawn from row to row for a context (batch, units).

        choose(numbers (batch, outputs), row) -> what the row holds (batch, ...), and what the rows after it read of that
        (batch, reads). column: any column of that shape and type.
        """
        # without masks: a row that has been drawn is not asked again
        note_kernel, unit_kernel = self._by_row(self.note_kernel), self._by_row(self.unit_kernel)
        direct_kernel = self._by_row(self.direct_kernel) if self.direct else None
        places = ops.reshape(ops.arange(self.rows), (self.rows, *[1] * (len(column.shape) - 2)))

        def step(row: Any, carried: list[Any]) -> list[Any]:
            units, numbers, column = carried
            mine = ops.take(ops.reshape(units, (-1, self.rows, self.hidden)), row, axis=1)
            numbers = numbers + ops.matmul(ops.tanh(mine), ops.take(unit_kernel, row, axis=0))
            cells, notes = choose(ops.take(ops.reshape(numbers, (-1, self.rows, self.outputs)), row, axis=1), row)
            units = units + ops.matmul(notes, ops.take(note_kernel, row, axis=0))
            if direct_kernel is not None:
                numbers = numbers + ops.matmul(notes, ops.take(direct_kernel, row, axis=0))
            return [units, numbers, ops.where(ops.equal(places, row), cells[:, None], column)]

        start = [self.bias_layer(context), self.output_layer(context), column]
        return ops.fori_loop(0, self.rows, step, start)[2]

    def _mask(self, reads: int, gives: int, itself: bool = False) -> Any:
        """(rows * reads, rows * gives): 1 from what belongs to a row to what belongs to the rows after it (and `itself`)."""
        below = np.triu(np.ones((self.rows, self.rows)), 0 if itself else 1)
        return ops.convert_to_tensor(np.kron(below, np.ones((reads, gives))), self.compute_dtype)

    def _by_row(self, kernel: Any) -> Any:
        """(rows * reads, gives) -> (rows, reads, gives)."""
        return ops.reshape(kernel, (self.rows, -1, kernel.shape[-1]))
