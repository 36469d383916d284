"""The two-stream network of "PixelCNN++" (arXiv 1701.05517), and its draws, cell after cell with all that is known kept.

Cells come in raster order. The stream `down` sees the rows above a cell; the stream `right` reads it, and the cells before
in the same row. Each goes through gated blocks on maps as large as the picture, half and a quarter as large, and back up,
where what the blocks gave on the way down stands beside those on the way up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import layers, ops

from generators.layers.gated import GatedBlock, ShiftedConv, ShiftedDouble
from generators.layers.passes import Cell, Row, Whole
from generators.layers.row_memory import fixed_weights, memory_above, side_by_side, tables_of, written
from training.devices.strategy import variable_dtype
from training.errors import InputError

LEVELS = 3
"""Sizes of maps, each half of the one before."""


@keras.saving.register_keras_serializable("generators")
class Stream(layers.Layer):
    """One of the two: on each level `count` gated blocks on the way down, and on the way up one more, but at the lowest.

    size: (rows, columns) of their kernels; beside: maps of another stream that stand beside each block, 0 or 1.
    """

    def __init__(
        self, filters: int, count: int, size: tuple[int, int], beside: int, dropout: float, classes: int, **arguments: Any
    ) -> None:
        super().__init__(**arguments)
        self.filters, self.count, self.size, self.beside = filters, count, tuple(size), beside
        self.dropout, self.classes = dropout, classes
        own, halvings = {"dtype": self.dtype_policy}, range(LEVELS - 1)
        self.stack = [
            GatedBlock(filters, size, beside + (number >= count), dropout, classes, name=f"block_{level}_{number}", **own)
            for level in range(LEVELS)
            for number in range(2 * count + (level in halvings))
        ]
        self.halves = [ShiftedConv(filters, filters, size, 2, name=f"half_{level}", **own) for level in halvings]
        self.doubles = [ShiftedDouble(filters, filters, size, name=f"double_{level}", **own) for level in halvings]

    def build(self, shape: Any = None) -> None:
        for layer in (*self.stack, *self.halves, *self.doubles):
            layer.build()
        self.built = True

    def run(self, how: Any, x: Any, level: int = 0) -> Any:
        """A level's first map -> its last, by one of `generators.layers.passes`; the levels below it included."""
        blocks, given = self.blocks(level), [x]
        for block in blocks[: self.count]:
            given.append(how.through(block, given[-1]))
        x = how.below(level, given[-1]) if level + 1 < LEVELS else given.pop()
        for block in blocks[self.count :]:
            x = how.through(block, x, given.pop())
        return x

    def blocks(self, level: int) -> list[GatedBlock]:
        """Those of a level, in their order."""
        first = level * (2 * self.count + 1)
        return self.stack[first : first + 2 * self.count + 1]

    def shifted(self, level: int) -> list[ShiftedConv]:
        """The convolutions on a level's maps that see neighbours, the one that halves them last."""
        convs = [conv for block in self.blocks(level) for conv in (block.first, block.second)]
        return convs + self.halves[level : level + 1]

    def get_config(self) -> dict[str, Any]:
        names = ("filters", "count", "size", "beside", "dropout", "classes")
        return super().get_config() | {name: getattr(self, name) for name in names}


@keras.saving.register_keras_serializable("generators")
class PixelStreams(layers.Layer):
    """Pictures -> what is predicted of each of their cells, by the cells before it in raster order.

    shape: (h, w, c) of the pictures; outputs: numbers for a cell; filters: channels of a map; blocks: in a row on each
    level; dropout: share of numbers dropped in a block; classes: number of labels, 0 for none. InputError: h or w is no
    multiple of 4.

    The defaults are those of the reference: 53,644,220 parameters for one channel and 30 outputs, gains counted. Its start
    by the first batch is left out (`generators.layers.gated.ShiftedConv`).
    """

    def __init__(
        self, shape: tuple[int, int, int], outputs: int, filters: int = 160, blocks: int = 5, dropout: float = 0.5,
        classes: int = 0, **arguments: Any,
    ) -> None:  # fmt: skip
        super().__init__(**arguments)
        _check_sides(shape[:2])
        self.shape, self.outputs, self.filters, self.blocks = tuple(shape), outputs, filters, blocks
        self.dropout, self.classes = dropout, classes
        own, inputs = {"dtype": self.dtype_policy}, shape[2] + 1
        self.rows_above = ShiftedConv(inputs, filters, (2, 3), name="rows_above", **own)
        self.row_above = ShiftedConv(inputs, filters, (1, 3), name="row_above", **own)
        self.left = ShiftedConv(inputs, filters, (2, 1), name="left", **own)
        self.down = Stream(filters, blocks, (2, 3), 0, dropout, classes, name="down", **own)
        self.right = Stream(filters, blocks, (2, 2), 1, dropout, classes, name="right", **own)
        self.output_layer = ShiftedConv(filters, outputs, (1, 1), dtype=variable_dtype(), name="output")

    def build(self, shape: Any = None) -> None:
        for layer in (*self.ends(), self.down, self.right):
            layer.build()
        self.built = True

    def ends(self) -> list[ShiftedConv]:
        """The first and the last convolutions."""
        return [self.rows_above, self.row_above, self.left, self.output_layer]

    def call(self, cells: Any, labels: Any = None, training: bool = False) -> Any:
        """(batch, h, w, c) in [-1, 1] -> (batch, h, w, outputs); labels: int32 (batch,), `classes` for none; None: all none.

        A channel of ones tells the picture from the zeros around it.
        """
        labels, x = self.labels_of(cells, labels), with_ones(cells)
        down = Whole(self.down, labels, training)
        self.down.run(down, _moved(self.rows_above(x), 1))
        right = Whole(self.right, labels, training, down.outputs)
        y = self.right.run(right, _moved(self.row_above(x), 1) + _moved(self.left(x), 2))
        return self.output_layer(ops.elu(y))

    def draw(self, choose: Callable[[Any, Any], Any], given: Any, mask: Any, uniform: Any, labels: Any = None) -> Any:
        """Pictures (batch, h, w, c): a cell is that of `given` where `mask` is true, else one chosen by what is before it.

        choose: (outputs (batch, outputs), uniform (batch, c)) -> cells (batch, c). given, mask, uniform: (batch, h, w, c),
        of any height and width that are multiples of 4. The outputs are those of `call`, to 1e-5, at about a thousandth of
        what it costs to call it for every cell. Meant to be compiled: without, each cell's operations run one by one.
        """
        _check_sides(given.shape[1:3])
        return _Drawing(self, choose, given, mask, uniform, labels).pictures()

    def labels_of(self, batch: Any, labels: Any) -> Any:
        """The labels of a batch, one each; None, where there are none at all."""
        if not self.classes:
            return None
        return ops.full(ops.shape(batch)[:1], self.classes, "int32") if labels is None else labels

    def get_config(self) -> dict[str, Any]:
        names = ("shape", "outputs", "filters", "blocks", "dropout", "classes")
        return super().get_config() | {name: getattr(self, name) for name in names}


class _Drawing:
    """One draw, row by row and in a row cell by cell; rows are (w, batch, c), cells (batch, c)."""

    def __init__(self, network: PixelStreams, choose: Any, given: Any, mask: Any, uniform: Any, labels: Any) -> None:
        self.network, self.choose, self.kind = network, choose, variable_dtype()
        self.fixed = fixed_weights(network.ends(), (network.down, network.right), network.labels_of(given, labels))
        self.given, self.uniform, self.known = (
            ops.transpose(ops.cast(x, kind), (1, 2, 0, 3))
            for x, kind in ((given, self.kind), (uniform, self.kind), (mask, "bool"))
        )
        self.batch = ops.shape(given)[0]
        self.outside = ops.zeros((1, self.batch, given.shape[3] + 1), network.compute_dtype)

    def pictures(self) -> Any:
        """(batch, h, w, c)."""
        height, width = self.given.shape[:2]
        rows = [ops.repeat(self.outside, width + 2, axis=0)] * 2  # the two above, as the network reads them
        streams = (self.network.down, False), (self.network.right, True)
        memories = [memory_above(stream, self.batch, width, by_cell) for stream, by_cell in streams]
        drawn = ops.fori_loop(0, height, self.row, [self.given, *rows, *memories])[0]
        return ops.transpose(drawn, (2, 0, 1, 3))

    def row(self, row: Any, state: list[Any]) -> list[Any]:
        """The state after one more row: all pictures, the two rows above the next, and what both streams remember."""
        picture, second, last, down, right = state
        from_rows, first_maps = self.first(ops.cast(row > 0, last.dtype), second, last)
        step = Row(self.network.down, self.fixed, down, row)
        self.network.down.run(step, from_rows)
        down = step.remembered()
        tables = tables_of(self.network.right, self.fixed, right, down)

        def cell(column: Any, state: list[Any]) -> list[Any]:
            cells, left, right = state
            step = Cell(self.network.right, self.fixed, right, tables, (row, column))
            x = ops.take(first_maps, column, axis=0) + ops.matmul(left, self.fixed[self.network.left].here)
            chosen = self.cell(self.network.right.run(step, x), row, column)
            return [written(cells, column, chosen), self.inputs(chosen), step.remembered()]

        cells, _, right = ops.fori_loop(0, self.given.shape[1], cell, [picture[0], self.outside[0], right])
        following = ops.concatenate([self.outside, self.inputs(cells), self.outside], axis=0)
        return [written(picture, row, cells), last, following, down, right]

    def first(self, begun: Any, second: Any, last: Any) -> tuple[Any, Any]:
        """The first maps of both streams, by the rows above; begun: 0 in the picture's first row, which has none, else 1."""
        network, fixed = self.network, self.fixed
        rows, row, left = fixed[network.rows_above], fixed[network.row_above], fixed[network.left]
        near = side_by_side(last, 3)
        down = ops.matmul(side_by_side(second, 3), rows.above) + ops.matmul(near, rows.here) + rows.bias
        from_left = ops.matmul(last[1:-2], left.above) + left.bias
        from_left = ops.pad(from_left, ((1, 0), (0, 0), (0, 0)))
        return begun * down, begun * (ops.matmul(near, row.here) + row.bias) + from_left

    def cell(self, y: Any, row: Any, column: Any) -> Any:
        """The cell, chosen by the last map there, or as it is given."""
        output = self.fixed[self.network.output_layer]
        outputs = ops.matmul(ops.cast(ops.elu(y), self.kind), output.here) + output.bias
        known, given, uniform = (
            ops.take(ops.take(x, row, axis=0), column, axis=0) for x in (self.known, self.given, self.uniform)
        )
        return ops.where(known, given, ops.cast(self.choose(outputs, uniform), self.kind))

    def inputs(self, cells: Any) -> Any:
        """What the network reads of cells."""
        return ops.cast(with_ones(cells), self.network.compute_dtype)


def with_ones(cells: Any) -> Any:
    """A channel of ones beside them."""
    return ops.concatenate([cells, ops.ones_like(cells[..., :1])], axis=-1)


def _moved(x: Any, axis: int) -> Any:
    """By one, down (axis 1) or to the right (2); zeros come in."""
    padded = ops.pad(x, [(int(number == axis), 0) for number in range(4)])
    return padded[:, : x.shape[1], : x.shape[2]]


def _check_sides(sides: tuple[int, int]) -> None:
    multiple = 2 ** (LEVELS - 1)
    if sides[0] % multiple or sides[1] % multiple:
        raise InputError(
            f"the network halves pictures {LEVELS - 1} times: expected sides that are multiples of {multiple}, received "
            f"{sides[0]} x {sides[1]}; take another codec or network"
        )
