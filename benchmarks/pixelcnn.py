"""Pictures that the two-stream network of PixelCNN++ draws, with all that is known kept, against calling it for every cell.

Both in one process on the same untrained weights, 64 x 64 cells of two levels, and compiled; the second is measured for a
part of the cells, and their time taken for all. What tracing and compiling cost is told apart.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from training.cli import run
from training.options import Count

SIDE = 64
"""Cells of a picture's side."""


@dataclass(frozen=True)
class Options:
    """How much is measured, of what."""

    filters: Count = 32
    """Of each map."""
    blocks: Count = 2
    """On each way and level."""
    batches: tuple[Count, ...] = (1, 16)
    """Pictures drawn together."""
    cells: Count = 64
    """Cells for each of which the whole network is called."""


def main(options: Options) -> None:
    """Print the table."""
    from generators.layers.pixelcnn import PixelStreams

    print(f"Load average when started: {os.getloadavg()[0]:.1f}\n")
    network = PixelStreams((SIDE, SIDE, 1), 1, options.filters, options.blocks)
    network.build()
    print(f"{options.filters} filters, {options.blocks} blocks: {network.count_params():,} parameters\n")
    print(
        "| pictures at once | tracing, s | seconds | CPU seconds | called for each cell | CPU seconds | ratio |", end="\n|"
    )
    print("---|" * 7)
    for batch in options.batches:
        traced, kept, called = measured(network, batch, options.cells)
        numbers = (f"{number:,.1f}" for number in (traced, *kept, *called))
        print(f"| {batch} | {' | '.join(numbers)} | {called[1] / kept[1]:,.0f} |", flush=True)


def measured(network: Any, batch: int, cells: int) -> tuple[float, tuple[float, float], tuple[float, float]]:
    """Seconds of the first draw that others do not take; seconds and CPU seconds of a draw; the same, called for each cell.

    Raises AssertionError where the two draw other cells.
    """
    import numpy as np
    import tensorflow as tf
    from keras import ops

    def choose(logits: Any, uniform: Any) -> Any:
        return ops.where(uniform < ops.sigmoid(logits), 1.0, -1.0)

    @tf.function(autograph=False)
    def draw(given: Any, mask: Any, uniform: Any) -> Any:
        return network.draw(choose, given, mask, uniform)

    @tf.function(autograph=False)
    def filled(picture: Any, row: Any, column: Any, uniform: Any) -> Any:
        chosen = choose(network(picture)[:, row, column], uniform[:, row, column])
        here = ops.one_hot(row * SIDE + column, SIDE * SIDE)
        return ops.where(ops.reshape(here, (SIDE, SIDE, 1)) > 0, chosen[:, None, None], picture)

    nothing = np.zeros((batch, SIDE, SIDE, 1), np.float32)
    uniform = np.random.default_rng(0).random(nothing.shape, np.float32)
    first, _ = timed(lambda: draw(nothing, nothing, uniform).numpy())
    kept, drawn = timed(lambda: draw(nothing, nothing, uniform).numpy())

    def each(places: range) -> Any:
        picture = nothing
        for place in places:
            picture = filled(picture, tf.constant(place // SIDE), tf.constant(place % SIDE), uniform)
        return picture.numpy()

    each(range(1))
    called, begun = timed(lambda: each(range(cells)))
    np.testing.assert_array_equal(begun.reshape(batch, -1)[:, :cells], drawn.reshape(batch, -1)[:, :cells])
    share = SIDE * SIDE / cells
    return first[0] - kept[0], kept, (called[0] * share, called[1] * share)


def timed(work: Callable[[], Any]) -> tuple[tuple[float, float], Any]:
    """(seconds, seconds of all processors) that `work` takes, and what it gives."""
    begin, begin_cpu = time.perf_counter(), time.process_time()
    result = work()
    return (time.perf_counter() - begin, time.process_time() - begin_cpu), result


if __name__ == "__main__":
    run(main, Options, keras=True)
