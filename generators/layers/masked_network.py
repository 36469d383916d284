"""A network of cells in any order: rows, time, S-curve, Hilbert, random, or unknown cells last.

"Locally Masked Convolution for Autoregressive Models" (arXiv 2006.12486): one stream of gated residual blocks, a way up and
a way down with skips between, normalised over the features of a cell. Differs in this: the blocks of the middle stages are
dilated themselves, where the paper puts dilated convolutions in between; and learned vectors tell what may be known of a
cell beforehand, its row and its place in the bar. So pictures may be wider than those of the training.

Along an S-curve or a Hilbert curve a cell can be told of all cells before it. Row after row, or column after column, it is
never told of all: of the row above, of those up to the next one to the right; 3 x 3 kernels leave a blind angle.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import keras
import numpy as np
from keras import layers, ops

from generators.layers import orders
from generators.layers.cell_walk import CellWalk, SingleCells, rows_of
from generators.layers.masked_convolutions import GatedBlock, MaskedConvolution, Over, WholePictures
from training.devices.strategy import ReplicaSeedGenerator, variable_dtype

DILATIONS = (1, 2, 2)
"""Of the stages on the way up; on the way down the reverse."""
FIELDS = ("shape", "outputs", "classes", "filters", "blocks", "dropout", "order", "symmetry", "seed", "bar")
"""What `MaskedNetwork` is made with."""


@keras.saving.register_keras_serializable("generators")
class MaskedNetwork(layers.Layer):
    """Cells in [-1, 1] -> `outputs` numbers of each, by the cells before it in the order alone.

    shape: (h, w, c) of pictures, of which w is only how wide they usually are. blocks: of a stage. classes: labels, whose
    number stands for none; 0: without labels. order, symmetry, seed: as in `orders.ranks`; or `any`: in training each
    picture draws an order of its own, an S-curve in any symmetry in which a hole of random rows and columns comes last, so
    that holes can be filled in; else it is an S-curve through the columns. bar: columns in a bar, 0 if there is no such
    thing. InputError: an order that these sides do not have.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        outputs: int,
        classes: int = 0,
        filters: int = 32,
        blocks: int = 2,
        dropout: float = 0.0,
        order: orders.Order | Literal["any"] = "s-curve",
        symmetry: int = 0,
        seed: int = 0,
        bar: int = 0,
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        self.shape, self.outputs, self.classes, self.filters, self.blocks = tuple(shape), outputs, classes, filters, blocks
        self.dropout, self.order, self.symmetry, self.seed, self.bar = dropout, order, symmetry, seed, bar
        self.own_ranks(*self.shape[:2])
        policy = self.dtype_policy
        self.first = MaskedConvolution(filters, centre=False, dtype=policy, name="first")
        up = [dilation for dilation in DILATIONS for _ in range(blocks)]
        same: dict[str, Any] = {"classes": classes, "dropout": dropout, "dtype": policy}
        self.up = [GatedBlock(filters, dilation, **same, name=f"up_{n}") for n, dilation in enumerate(up)]
        self.down = [
            GatedBlock(filters, dilation, skip=True, **same, name=f"down_{n}") for n, dilation in enumerate(reversed(up))
        ]
        self.output_layer = layers.Dense(outputs, dtype=variable_dtype(), name="output")
        self.random = ReplicaSeedGenerator()

    def build(self, shape: Any = None) -> None:
        hidden = (None, *self.shape[:2], self.filters)
        self.first.build((None, *self.shape))
        for block in (*self.up, *self.down):
            block.build(hidden)
        self.output_layer.build(hidden)
        small = keras.initializers.RandomNormal(0.05)
        self.rows = self.add_weight(shape=(self.shape[0], self.filters), initializer=small, name="rows")
        if self.bar:
            self.phases = self.add_weight(shape=(self.bar, self.filters), initializer=small, name="phases")
        self.built = True

    def call(self, cells: Any, labels: Any = None, training: bool = False, ranks: Any = None) -> Any:
        """cells (batch, h, any width, c) in [-1, 1], labels (batch,) int32, by default none -> (batch, h, width, outputs).

        ranks: int32 (h, width) or (batch, h, width), another order than its own: smaller ones come first.
        """
        height, width = cells.shape[1:3]
        if ranks is None and training and self.order == "any":
            ranks = self._random_ranks(ops.shape(cells)[0], height, width)
        over = WholePictures(self._ranks(ranks, height, width), self.compute_dtype)
        return self._through(cells, over, self._places(width), labels, training)

    def draw(
        self, choose: Callable[[Any, Any], Any], given: Any, mask: Any, uniform: Any, labels: Any = None, ranks: Any = None
    ) -> Any:
        """Pictures (batch, h, any width, c), one cell after the other, over what the convolutions read at earlier ones.

        choose: numbers of a cell of each picture (batch, outputs), uniform (batch, c) -> the cell (batch, c). given, mask,
        uniform: (batch, h, width, c); where the mask is true, `given` stays. labels, ranks as in `call`; without ranks, an
        order of `any` takes the given cells first. Cells before the first unknown one take one pass together.
        """
        height, width = given.shape[1:3]
        mask = ops.cast(mask, "bool")
        unknown = ops.logical_not(ops.all(mask, axis=-1))
        later = ops.cast(unknown, "int32") * (height * width if ranks is None and self.order == "any" else 0)
        ranks = self._ranks(ranks, height, width) + later
        cells, places = ops.where(mask, given, ops.zeros_like(given)), self._places(width)
        over = WholePictures(ranks, self.compute_dtype)
        self._through(ops.cast(cells, self.compute_dtype), over, places, labels)
        rows = {"given": rows_of(given), "mask": rows_of(mask), "uniform": rows_of(uniform), "places": rows_of(places)}

        def cell(row: Any, place: Any, over: SingleCells) -> Any:
            known = ops.take(rows["given"], row, axis=0)
            here = ops.take(rows["places"], place, axis=0)
            params = self._through(ops.cast(known, self.compute_dtype), over, here, labels)
            chosen = choose(params, ops.take(rows["uniform"], row, axis=0))
            return ops.where(ops.take(rows["mask"], row, axis=0), known, ops.cast(chosen, known.dtype))

        walk = CellWalk(ranks, unknown, over.masks)
        return ops.reshape(walk.fill(cell, rows_of(cells), [rows_of(x) for x in over.inputs]), ops.shape(given))

    @property
    def any_width(self) -> bool:
        """May pictures be of another width? Not where the order is of these sides alone."""
        return self.order not in ("hilbert", "random")

    def own_ranks(self, height: int, width: int) -> np.ndarray:
        """int32 (height, width): the network's order; of `any`, that of evaluation."""
        if self.order == "any":
            return orders.ranks("s-curve", height, width, symmetry=orders.TRANSPOSE)
        return orders.ranks(self.order, height, width, self.seed, self.symmetry)

    def _through(self, cells: Any, over: Over, places: Any, labels: Any, training: bool = False) -> Any:
        """The network over pictures, or over single cells: cells (batch, ..., c) -> (batch, ..., outputs)."""
        if self.classes and labels is None:
            labels = ops.full((ops.shape(cells)[0],), self.classes, "int32")
        x = over(self.first, cells, training) + places
        kept = [x]
        for block in self.up:
            kept.append(block(kept[-1], labels=labels, over=over, training=training))
        x = kept.pop()
        for block in self.down:
            x = block(x, kept.pop(), labels, over=over, training=training)
        return self.output_layer(ops.elu(x))

    def _places(self, width: int) -> Any:
        """(h, width, filters): what is told of each place."""
        told = self.rows[:, None]
        if self.bar:
            told = told + ops.tile(self.phases, (-(-width // self.bar), 1))[:width]
        return ops.cast(ops.broadcast_to(told, (self.shape[0], width, self.filters)), self.compute_dtype)

    def _ranks(self, ranks: Any, height: int, width: int) -> Any:
        """int32 (batch or 1, height, width)."""
        ranks = self.own_ranks(height, width) if ranks is None else ranks
        return ops.reshape(ops.cast(ranks, "int32"), (-1, height, width))

    def _random_ranks(self, batch: Any, height: int, width: int) -> Any:
        """int32 (batch, height, width): the S-curve, turned or mirrored, with a hole of each picture's own last.

        The hole is some rows, some columns, both, or (neither) everything.
        """
        table = [orders.ranks("s-curve", height, width, symmetry=number) for number in range(orders.SYMMETRIES)]
        which = ops.cast(keras.random.uniform((batch,), 0, len(table), seed=self.random), "int32")
        rows, columns = self._some(batch, height), self._some(batch, width)
        hole = ops.cast(ops.logical_and(rows[:, :, None], columns[:, None]), "int32")
        return ops.take(ops.convert_to_tensor(np.stack(table)), which, axis=0) + height * width * hole

    def _some(self, batch: Any, count: int) -> Any:
        """Boolean (batch, count): one stretch of places, or all of them."""
        ends = keras.random.uniform((batch, 2), 0, count, seed=self.random)
        places = ops.arange(count, dtype=ends.dtype) + 0.5
        within = ops.logical_and(places > ops.min(ends, axis=1)[:, None], places < ops.max(ends, axis=1)[:, None])
        return ops.logical_or(within, keras.random.uniform((batch, 1), seed=self.random) < 0.5)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {name: getattr(self, name) for name in FIELDS}
