"""Steps a second that sequence models generate, with their states carried on, against feeding a whole window for each.

Both in one process on the same weights; the window is read by a compiled function too. Then the memory of ten minutes.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from training.cli import run
from training.family import Context, module_of


@dataclass(frozen=True)
class Options:
    """How much is measured."""

    steps: int = 400
    """Columns or notes that are generated in each measurement."""


def main(options: Options) -> None:
    """Print the tables."""
    from generators import lstm

    print(f"Load average when started: {os.getloadavg()[0]:.1f}\n")
    print("| model | pieces at once | steps a second | whole window for each | ratio |\n|---|---|---|---|---|")
    for name, preset in (("lstm", "paper"), ("lstm", "ours"), ("music_transformer", "ours")):
        module = module_of("generators", name)
        model = module.build(module.PRESETS[preset], Context())
        for count in (1, 16):
            stepped, windowed = rates(module, model, count, options.steps)
            print(f"| {name} {preset} | {count} | {stepped:,.0f} | {windowed:,.0f} | {stepped / windowed:.0f} |")
    model = lstm.build(lstm.PRESETS["ours"], Context())
    print("\n| ten minutes by lstm ours | columns | seconds | peak memory, MB |\n|---|---|---|---|")
    for minutes in (1, 10):
        columns = minutes * 60 * 8
        seconds = timed(lambda columns=columns: continuation(model, columns))
        print(f"| {minutes} min at 120 | {columns:,} | {seconds:.1f} | {memory():.0f} |")


def rates(module: Any, model: Any, count: int, steps: int) -> tuple[float, float]:
    """Steps a second that all pieces together get: one by one with the states, and by a window each."""
    import numpy as np
    import tensorflow as tf

    representation, head = module.representation_of(model.config), model.head
    sampler = module.sampler(model, representation, count)
    uniform = np.random.default_rng(0).random((count, sampler.steps_per_call, representation.predicted), np.float32)
    one = np.ones((count, 1), np.float32)
    windows = np.tile(representation.rest.astype(np.int32), (count, model.config.window, 1))

    @tf.function
    def whole(window: tf.Tensor) -> tf.Tensor:
        if module.__name__ == "generators.lstm":
            draws = () if model.config.head == "regression" else (uniform[:, 0], one, one)
            return head(model.context(head.inputs(window))[0][:, -1], *draws)
        context, _ = model.network(head.inputs(window), head.moves(window))
        return head(context[:, -1], window[:, -1], uniform[:, 0], one, one)

    sampler.draw(uniform, one, one), whole(windows)
    calls = steps // sampler.steps_per_call
    stepped = timed(lambda: [sampler.draw(uniform, one, one) for _ in range(calls)])
    windowed = timed(lambda: [whole(windows).numpy() for _ in range(steps // 10)])
    return count * calls * sampler.steps_per_call / stepped, count * (steps // 10) / windowed


def continuation(model: object, columns: int) -> None:
    """Sixteen pieces of so many columns."""
    import numpy as np

    from generators import lstm
    from generators.sequences.representation import Stretch
    from generators.sequences.samplers import BATCH, continuations

    representation = lstm.representation_of(model.config)
    nothing = [np.zeros((0, representation.width), np.uint8)] * BATCH
    sampler = lstm.sampler(model, representation, BATCH)
    continuations(sampler, representation, nothing, Stretch(0, columns), range(BATCH))


def timed(work: Callable[[], object]) -> float:
    """Seconds that `work` takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def memory() -> float:
    """The largest memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    run(main, Options, keras=True)
