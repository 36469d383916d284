"""What two logical CPU devices cost on this machine: `fit` on both, against `fit` on one, in turns, an epoch each.

On two cores there is nothing to win, since one device uses both: the ratio of the medians says what the splitting costs.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import Any

from training.cli import run
from training.family import Context


@dataclass(frozen=True)
class Options:
    """How much is measured."""

    rounds: int = 5
    """Rounds of turns, an epoch of each."""


def main(options: Options) -> None:
    """Print the table."""
    import numpy as np

    from training.devices.strategy import strategy_for

    strategy = strategy_for("cpu:2")
    generator = np.random.default_rng(0)
    print("| model | batch | 1 device, items/s | 2 devices, items/s | ratio |\n|---|---|---|---|---|")
    clips = generator.uniform(-1, 1, (128, 110_250)).astype(np.float32)
    labels = np.eye(2, dtype=np.float32)[np.arange(128) % 2]
    row("classifiers.lil_data ours", strategy, clips, labels, 32, options.rounds)
    pictures = (generator.uniform(size=(2048, 96, 96, 1)) < 0.05).astype(np.float32)
    row("generators.vae ours", strategy, pictures, None, 64, options.rounds)


def row(name: str, strategy: Any, items: Any, targets: Any, batch_size: int, rounds: int) -> None:
    """Measure one model, print its row."""
    import numpy as np

    from training.corpora.batches import Batches

    model = name.split()[0]
    fed = Batches(items, np.arange(len(items)), batch_size, targets=targets)
    one = built(model)
    with strategy.scope():
        two = built(model)
    times: dict[Any, list[float]] = {one: [], two: []}
    for _ in range(rounds + 1):  # the first round compiles
        for trained, found in times.items():
            began = time.perf_counter()
            trained.fit(fed, verbose=0, shuffle=False)
            found.append(len(items) / (time.perf_counter() - began))
    speeds = [statistics.median(found[1:]) for found in times.values()]
    print(f"| {name} | {batch_size} | {speeds[0]:.0f} | {speeds[1]:.0f} | {speeds[1] / speeds[0]:.2f} |", flush=True)


def built(name: str) -> Any:
    """The model's `ours`, ready to train on any number of devices."""
    import importlib

    import tensorflow as tf

    from training.devices.replicas import keep_apart

    module = importlib.import_module(name)
    config = module.PRESETS["ours"]
    model = module.build(config, Context(2 if name.startswith("classifiers") else 0, 1000))
    model.optimizer.build(model.trainable_variables)
    if tf.distribute.has_strategy():
        keep_apart(model)
    return model


if __name__ == "__main__":
    run(main, Options)
