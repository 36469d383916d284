"""Three ways through a stream of `generators.layers.pixelcnn`: whole pictures, one row of them, one cell of them.

The stream says which layer follows which; a pass says how a layer is applied. `Whole` convolves pictures (batch, h, w, c).
`Row` and `Cell` make the same numbers from the row above, which is remembered for every convolution, and in a cell from its
left neighbour: kernels are two rows high, so that nothing else is needed ("Fast Generation for Convolutional Autoregressive
Models", arXiv 1704.06001). What the row above gives to a row is computed for all of it at once. Rows are (w, batch, c),
cells (batch, c).

A level of half the size has a row in every second row, and a cell in every second cell of those; elsewhere a condition
leaves its memory as it is. So each layer is traced once, however large the picture.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from keras import ops

from generators.layers.row_memory import Fixed, Memory, Table, parts_above, side_by_side, split, written


class Pass:
    """What all three share: which maps stand beside a block, and what the blocks gave.

    beside: outputs of the blocks of the stream that this one reads, in their order.
    """

    def __init__(self, stream: Any, beside: Iterable[Any] = ()) -> None:
        self.stream, self.beside, self.outputs = stream, iter(beside), []

    def through(self, block: Any, x: Any, *popped: Any) -> Any:
        """A block's output; beside it stand the other stream's next output, if there is one, and what was popped."""
        other = next(self.beside, None)
        self.outputs.append(block.run(self, x, [*([] if other is None else [other]), *popped]))
        return self.outputs[-1]


class Whole(Pass):
    """Whole pictures; labels: int32 (batch,), where the blocks have labels."""

    def __init__(self, stream: Any, labels: Any, training: bool, beside: Iterable[Any] = ()) -> None:
        super().__init__(stream, beside)
        self.labels, self.training = labels, training

    def conv(self, layer: Any, x: Any) -> Any:
        """A convolution."""
        return layer(x)

    dense = conv
    """One whose kernel is a single cell."""

    def dropped(self, layer: Any, x: Any) -> Any:
        """Dropout, in training."""
        return layer(x, training=self.training)

    def label(self, layer: Any) -> Any:
        """The labels' vectors, for every cell."""
        return layer(self.labels)[:, None, None]

    def below(self, level: int, x: Any) -> Any:
        """What the levels below `level` make of its map, at its size."""
        return self.stream.doubles[level](self.stream.run(self, self.stream.halves[level](x), level + 1))


class Step(Pass):
    """What a row and a cell share: each convolution adds its own row's part to that of the row above.

    They say what that is (`above`), which neighbours an input has in its row (`neighbours`, which remembers it), whether the
    level below has a part in this (`is_below`, `step_below`), how what it gives is doubled, kept and looked up (`doubled`,
    `picked`), and what is there for the next (`remembered`).
    """

    def __init__(self, stream: Any, fixed: Fixed, memory: Memory, level: int, beside: Iterable[Any] = ()) -> None:
        super().__init__(stream, beside)
        self.fixed, self.level = fixed, level
        self.kept, self.deep = dict(memory[0]), memory[1:]
        self.inputs: dict[Any, Any] = {}

    def conv(self, layer: Any, x: Any) -> Any:
        """A convolution."""
        return self.above(layer) + ops.matmul(self.neighbours(layer, x), self.fixed[layer].here)

    def dense(self, layer: Any, x: Any) -> Any:
        """One whose kernel is a single cell."""
        return ops.matmul(x, self.fixed[layer].here) + self.fixed[layer].bias

    def dropped(self, layer: Any, x: Any) -> Any:
        """Nothing is dropped in a draw."""
        return x

    def label(self, layer: Any) -> Any:
        """The labels' vectors."""
        return self.fixed[layer]

    def below(self, level: int, x: Any) -> Any:
        """What the levels below make of a map, where they have a row or cell here; else what they made before."""
        layer, kept, deep = self.stream.halves[level], self.kept["doubled"], self.deep
        near = self.neighbours(layer, x)  # remembered where the level below has no cell, too

        def active() -> list[Any]:
            step = self.step_below()
            y = self.stream.run(step, self.above(layer) + ops.matmul(near, self.fixed[layer].here), level + 1)
            return [self.doubled(self.stream.doubles[level], y), step.remembered()]

        self.kept["doubled"], self.deep = ops.cond(self.is_below(), active, lambda: [kept, deep])
        return self.picked()


class Row(Step):
    """Row `row` of a level of a stream that reads no other, of all pictures of a batch."""

    def __init__(self, stream: Any, fixed: Fixed, memory: Memory, row: Any, level: int = 0) -> None:
        super().__init__(stream, fixed, memory, level)
        self.row, self.parts = row, parts_above(stream, fixed, memory[0]["rows"], level)

    def above(self, layer: Any) -> Any:
        return self.parts[layer]

    def neighbours(self, layer: Any, x: Any) -> Any:
        columns = layer.size[1]
        self.inputs[layer] = ops.pad(x, ((columns // 2, (columns - 1) // 2), (0, 0), (0, 0)))
        return side_by_side(self.inputs[layer], columns, layer.stride)

    def is_below(self) -> Any:
        return ops.equal(self.row % 2, 0)

    def step_below(self) -> Row:
        return Row(self.stream, self.fixed, self.deep, self.row // 2, self.level + 1)

    def doubled(self, layer: Any, y: Any) -> Any:
        picture = ops.transpose(y[None], (2, 0, 1, 3))
        return ops.transpose(layer.doubled(picture, *self.fixed[layer]), (1, 2, 0, 3))

    def picked(self) -> Any:
        return ops.take(self.kept["doubled"], self.row % 2, axis=0)

    def remembered(self) -> Memory:
        """What the next row has above it."""
        rows = [self.inputs[layer] for layer in self.stream.shifted(self.level)]
        self.kept |= {"rows": ops.concatenate(rows, axis=-1), "outputs": ops.concatenate(self.outputs, axis=-1)}
        return [self.kept, *self.deep]


class Cell(Step):
    """Cell (row, column) of a level of a stream, of all pictures of a batch; tables: of the row, by `tables_of`."""

    def __init__(
        self, stream: Any, fixed: Fixed, memory: Memory, tables: list[Table], place: tuple[Any, Any], level: int = 0
    ) -> None:
        convs, blocks = stream.shifted(level), stream.blocks(level)
        plain = [layer for layer in convs if layer.stride == 1]
        looked_up = ops.take(tables[0].cells, place[1], axis=0)
        parts = split(looked_up, [layer.filters for layer in plain] + [block.filters for block in blocks])
        super().__init__(stream, fixed, memory, level, beside=parts[len(plain) :])
        self.tables, (self.row, self.column) = tables, place
        self.parts = dict(zip(plain, parts, strict=False))
        left = ops.take(memory[0]["rows"], self.column, axis=0)  # column 0 of it are the zeros
        self.left = dict(zip(convs, split(left, [layer.inputs for layer in convs]), strict=True))

    def above(self, layer: Any) -> Any:
        return self.parts[layer] if layer.stride == 1 else ops.take(self.tables[0].halved, self.column // 2, axis=0)

    def neighbours(self, layer: Any, x: Any) -> Any:
        self.inputs[layer] = x
        return ops.concatenate([self.left[layer], x], axis=-1)

    def is_below(self) -> Any:
        return ops.logical_and(ops.equal(self.row % 2, 0), ops.equal(self.column % 2, 0))

    def step_below(self) -> Cell:
        return Cell(self.stream, self.fixed, self.deep, self.tables[1:], (self.row // 2, self.column // 2), self.level + 1)

    def doubled(self, layer: Any, y: Any) -> Any:
        """The row's blocks of two by two cells, with this one."""
        block = ops.transpose(layer.doubled(y[:, None, None], *self.fixed[layer]), (1, 2, 0, 3))
        block = ops.reshape(block, (4, -1, layer.filters))
        return written(self.kept["doubled"], self.column // 2, block)

    def picked(self) -> Any:
        block = ops.take(self.kept["doubled"], self.column // 2, axis=0)
        return ops.take(block, self.row % 2 * 2 + self.column % 2, axis=0)

    def remembered(self) -> Memory:
        """What the next cell has to the left of it, and the next row above it."""
        cell = ops.concatenate([self.inputs[layer] for layer in self.stream.shifted(self.level)], axis=-1)
        self.kept["rows"] = written(self.kept["rows"], self.column + 1, cell)
        return [self.kept, *self.deep]
