"""What is kept of the rows above while pictures are drawn, and what is computed of it once for a row.

For `generators.layers.passes`. Rows are (w, batch, c): cells come first, so that one is looked up or written by its place.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from keras import ops

Memory = list[dict[str, Any]]
"""What there is above a row, by level, the largest first.

rows: (w and zeros at the sides, batch, n) inputs of the level's convolutions; doubled: what the level below gave for two
rows, by `Row` (2, w, batch, n), by `Cell` in blocks of two by two (w / 2, 4, batch, n); outputs, of `Row`: (w, batch, n) of
the blocks in the row itself.
"""


class Taps(NamedTuple):
    """A convolution as products: weights of the neighbours above, of those in the row itself; bias."""

    above: Any
    here: Any
    bias: Any


Fixed = dict[Any, Any]
"""Layer -> what a draw needs of it, computed once: `Taps`; of transposed ones kernel and bias; the vectors of labels."""


class Table(NamedTuple):
    """What the cells of a row of a level look up."""

    cells: Any
    """(w, batch, n): what the row above gives to each convolution, and the outputs of the stream beside."""
    halved: Any
    """(w / 2, batch, n): what the row above gives to the convolution that halves, if there is one."""


def fixed_weights(convs: Iterable[Any], streams: Iterable[Any], labels: Any) -> Fixed:
    """Of convolutions, and of all that streams have; labels: int32 (batch,), where they have labels."""
    fixed: Fixed = {}
    convs = list(convs)
    for stream in streams:
        convs += [*stream.halves, *(layer for block in stream.stack for layer in block.convs())]
        fixed |= {layer: layer.weights_now() for layer in stream.doubles}
        fixed |= {block.label: block.label(labels) for block in stream.stack if block.label is not None}
    for layer in convs:
        kernel, bias = layer.weights_now()
        rows = ops.unstack(ops.reshape(kernel, (layer.size[0], -1, layer.filters)), layer.size[0])
        fixed[layer] = Taps(rows[0], rows[-1], bias)
    return fixed


def memory_above(stream: Any, batch: Any, width: int, by_cell: bool) -> Memory:
    """Of the first row of pictures `width` cells wide: zeros, above it is nothing. by_cell: of `Cell`, else of `Row`."""
    memory = []
    for level in range(len(stream.halves) + 1):
        count, filters = width >> level, stream.filters
        shapes = {"rows": (count + stream.size[1] - 1, batch, sum(layer.inputs for layer in stream.shifted(level)))}
        if level < len(stream.halves):
            shapes["doubled"] = (count // 2, 4, batch, filters) if by_cell else (2, count, batch, filters)
        if not by_cell:
            shapes["outputs"] = (count, batch, filters * len(stream.blocks(level)))
        memory.append({name: ops.zeros(shape, stream.compute_dtype) for name, shape in shapes.items()})
    return memory


def tables_of(stream: Any, fixed: Fixed, memory: Memory, beside: Memory) -> list[Table]:
    """Of each level of a row, by what is above it; beside: what `Row` left of the stream that this one reads."""
    tables = []
    for level, (mine, other) in enumerate(zip(memory, beside, strict=True)):
        parts = parts_above(stream, fixed, mine["rows"], level)
        halved = [parts.pop(layer) for layer in stream.halves[level : level + 1]]
        tables.append(Table(ops.concatenate([*parts.values(), other["outputs"]], axis=-1), *halved or [None]))
    return tables


def parts_above(stream: Any, fixed: Fixed, rows: Any, level: int) -> dict[Any, Any]:
    """Convolution of a level -> what the row above and the bias give to a row, (w / stride, batch, filters)."""
    convs, columns = stream.shifted(level), stream.size[1]
    width = rows.shape[0] - columns + 1
    taken = [split(rows[first : first + width], [layer.inputs for layer in convs]) for first in range(columns)]
    parts = {}
    for layer, *inputs in zip(convs, *taken, strict=True):
        near = ops.concatenate(inputs, axis=-1)
        parts[layer] = ops.matmul(near[:: layer.stride], fixed[layer].above) + fixed[layer].bias
    return parts


def side_by_side(row: Any, columns: int, stride: int = 1) -> Any:
    """A row with zeros at its sides -> the neighbours that kernels see of it, (w / stride, batch, columns * c)."""
    width = row.shape[0] - columns + 1
    return ops.concatenate([row[first : first + width : stride] for first in range(columns)], axis=-1)


def split(x: Any, sizes: list[int]) -> list[Any]:
    """Channels of these sizes."""
    return ops.split(x, [sum(sizes[:number]) for number in range(1, len(sizes))], axis=-1)


def written(rows: Any, place: Any, value: Any) -> Any:
    """Rows with `value` in place of the one at `place`."""
    return ops.scatter_update(rows, ops.reshape(place, (1, 1)), value[None])
