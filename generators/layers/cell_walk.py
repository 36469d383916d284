"""One cell after the other along an order of each picture's own, over what convolutions read at the cells before.

On TensorFlow a tensor that a loop changes is copied every time. So what was read lately is kept apart, and laid to the rest
once in as many steps as a side has cells.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isqrt
from typing import Any

import numpy as np
from keras import ops

from generators.layers.masked_convolutions import NEIGHBOURS, MaskedConvolution

Sight = tuple[Any, Any, Any, Any]
"""Of the neighbours (batch, 9) of a cell: rows in what was read long ago, rows in what was read lately, which of both, and
masks."""


class CellWalk:
    """The cells of each picture from the first unknown one to the last; ranks, unknown: (batch, h, w).

    masks: of each dilation, (batch, h, w, 9), as `masks_of` gives them. Rows are the cells of all pictures. What is drawn of
    a picture depends on no other one: where another has more to do, its last cells are done again, with the same result.
    """

    def __init__(self, ranks: Any, unknown: Any, masks: Mapping[int, Any]) -> None:
        height, width = ranks.shape[1:]
        self.count, self.lately, self.batch = height * width, isqrt(height * width), ops.shape(ranks)[0]
        self.begin = self.count * ops.arange(self.batch)
        self.order = ops.argsort(ops.reshape(ranks, (-1, self.count)))
        turns, unknown = ops.argsort(self.order), ops.reshape(unknown, (-1, self.count))
        self.first = ops.min(ops.where(unknown, turns, self.count - 1), axis=1)
        turns = turns - self.first[:, None]
        self.turns = rows_of(turns[..., None])[:, 0]
        self.steps = ops.max(ops.where(unknown, turns + 1, 0))
        self.masks = {dilation: rows_of(mask) for dilation, mask in masks.items()}
        self.neighbours = {dilation: neighbours_of(height, width, dilation) for dilation in masks}

    def fill(self, cell: Callable[[Any, Any, SingleCells], Any], cells: Any, inputs: list[Any]) -> Any:
        """Rows of cells in which unknown ones are what `cell(rows, places in the picture, over)` (batch, c) gives.

        inputs: rows of what each convolution read, the first of them cells.
        """

        def stretch(done: Any, *old: Any) -> tuple[Any, ...]:
            def step(turn: Any, recent: list[Any]) -> list[Any]:
                place = self._places(done + turn[None])[:, 0]
                here = ops.equal(ops.arange(self.lately), turn)[:, None]
                sights = {dilation: self._sight(dilation, place, done) for dilation in self.masks}
                over = SingleCells(old[1:], recent[1:], here, sights)
                found = cell(self.begin + place, place, over)
                read = ops.where(here, ops.cast(found, old[1].dtype)[:, None], recent[1])
                return [ops.where(here, found[:, None], recent[0]), read, *over.recent[1:]]

            recent = [ops.zeros((self.batch, self.lately, x.shape[-1]), x.dtype) for x in old]
            recent = ops.fori_loop(0, self.lately, step, recent)
            rows = ops.reshape(self.begin[:, None] + self._places(done + ops.arange(self.lately)), (-1, 1))
            laid = [
                ops.scatter_update(x, rows, ops.reshape(new, (-1, x.shape[-1]))) for x, new in zip(old, recent, strict=True)
            ]
            return done + self.lately, *laid

        start = (ops.zeros((), "int32"), cells, *inputs)
        return ops.while_loop(lambda done, *_: done < self.steps, stretch, start)[1]

    def _places(self, turns: Any) -> Any:
        """(batch, turns) the cell of each picture whose turn it is."""
        return ops.take_along_axis(self.order, ops.minimum(self.first[:, None] + turns, self.count - 1), axis=1)

    def _sight(self, dilation: int, place: Any, done: Any) -> Sight:
        """What a cell of each picture sees, where the first `done` turns were long ago."""
        long_ago = self.begin[:, None] + ops.take(self.neighbours[dilation], place, axis=0)
        turn = ops.take(self.turns, long_ago) - done
        slot = self.lately * ops.arange(self.batch)[:, None] + ops.clip(turn, 0, self.lately - 1)
        return long_ago, slot, (turn >= 0)[..., None], ops.take(self.masks[dilation], self.begin + place, axis=0)


class SingleCells:
    """Convolutions at one cell of each picture: an `Over`.

    old, recent: what each convolution read long ago, rows, and lately, (batch, turns, features), in order; here: (turns, 1)
    true where in `recent` this cell goes; sights: of each dilation.
    """

    def __init__(self, old: Any, recent: list[Any], here: Any, sights: Mapping[int, Sight]) -> None:
        self.old, self.recent, self.here, self.sights = old, list(recent), here, sights
        self.number = 0

    def __call__(self, convolution: MaskedConvolution, x: Any, training: bool = False) -> Any:
        number, self.number = self.number, self.number + 1
        self.recent[number] = ops.where(self.here, x[:, None], self.recent[number])
        long_ago, slot, lately, masks = self.sights[convolution.dilation]
        flat = ops.reshape(self.recent[number], (-1, x.shape[-1]))
        seen = ops.where(lately, ops.take(flat, slot, axis=0), ops.take(self.old[number], long_ago, axis=0))
        return convolution(seen, masks, training=training)


def neighbours_of(height: int, width: int, dilation: int) -> Any:
    """int32 (h * w, 9): which cells a cell's neighbours are; beyond the border the nearest, which masks leave out."""
    down, right = dilation * np.array(NEIGHBOURS).T
    rows, columns = np.divmod(np.arange(height * width)[:, None], width)
    rows, columns = np.clip(rows + down, 0, height - 1), np.clip(columns + right, 0, width - 1)
    return ops.convert_to_tensor(rows * width + columns, "int32")


def rows_of(x: Any) -> Any:
    """(a, b, ..., features) -> (a * b * ..., features)."""
    return ops.reshape(x, (-1, x.shape[-1]))
