"""What the input costs: `fit` fed from a corpus by memory map, against the same steps on one resident batch.

The resident feed hands out one prepared batch again and again. Both take turns, an epoch each; the ratio is the median.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.cli import run
from training.family import Context


@dataclass(frozen=True)
class Options:
    """How much is measured."""

    rounds: int = 11
    """Rounds of turns, an epoch of each feed."""
    clips: int = 640
    """Clips of 5 s in the corpus."""


def main(options: Options) -> None:
    """Print the table."""
    print("| model | resident, ms an item | from corpus, ms an item | ratio |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        classifiers(Path(folder), options)
        generators(Path(folder), options)


def classifiers(folder: Path, options: Options) -> None:
    """The rows of `lil_data`, on clips of noise."""
    import dataclasses

    import numpy as np
    import soundfile

    from classifiers import lil_data
    from classifiers.augment import Mixing
    from classifiers.data import open_clips, training_batches
    from spectro.stft import SETTINGS
    from training.corpora.split import split_corpus

    generator = np.random.default_rng(0)
    for number in range(options.clips):
        path = Path(folder, "data", "ab"[number % 2], f"{number}.wav")
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, generator.integers(-9000, 9000, 110_250).astype(np.int16), 22_050)
    corpus = open_clips(Path(folder, "data"), SETTINGS["lil_data"], Path(folder, "cache"))
    split = split_corpus(corpus)
    for preset, augmented in (("paper", False), ("ours", False), ("ours", True)):
        config = dataclasses.replace(lil_data.PRESETS[preset], batch_size=16)
        mixing = Mixing(config.time_shift, config.mixup) if augmented else Mixing()
        fed = training_batches(corpus, split, 16, 0, mixing)
        row(
            f"lil_data {preset}{', augmented' * augmented}", lil_data.build(config, Context(2, 100)), fed, 16, options.rounds
        )


def generators(folder: Path, options: Options) -> None:
    """The rows of models of whole pictures, `ours`, and of `lstm`, on the demo pieces."""
    from importlib import import_module

    from generators import lstm
    from generators.pictures.data import batches, open_images
    from generators.sequences import windows
    from generators.sequences.data import open_pieces
    from midi.codecs import codec_named
    from training.corpora.split import split_corpus

    for name in ("vae", "dcgan", "gan", "wgan", "wgan_gp", "stylegan2"):
        module = import_module(f"generators.{name}")
        config = module.PRESETS["ours"]
        codec = codec_named(config.codec)
        corpus = open_images(None, codec, folder / "cache")
        train = split_corpus(corpus, labelled=False).train
        fed = batches(corpus, train, codec, module.LOW, config.batch_size, transpose=config.transpose)
        row(f"{name} ours", module.build(config, Context(steps=1000)), fed, config.batch_size, options.rounds)
    for preset in ("paper", "ours"):
        config = lstm.PRESETS[preset]
        representation = lstm.representation_of(config)
        pieces = open_pieces(None, representation, cache=folder / "cache")
        feed = {"transpose": config.transpose, "steps": 20, "apart": config.window}
        fed = windows.batches(pieces, "train", representation, lstm.length(config), config.batch_size, **feed)
        row(f"lstm {preset}", lstm.build(config, Context(steps=1000)), fed, config.batch_size, options.rounds)


def row(name: str, model: Any, fed: Any, batch_size: int, rounds: int) -> None:
    """Measure one model, print its row."""
    import keras

    class Resident(keras.utils.PyDataset):
        """One batch, as often as the other feed has batches."""

        def __init__(self, batch, steps):
            super().__init__()
            self.batch, self.steps = batch, steps

        def __len__(self):
            return self.steps

        def __getitem__(self, index):
            return self.batch

    resident = Resident(fed[0], len(fed))
    times = []
    for _ in range(rounds + 1):  # the first round compiles
        times.append([epoch(model, feed) * 1000 / (batch_size * len(fed)) for feed in (resident, fed)])
    one, two = (statistics.median(column) for column in zip(*times[1:], strict=True))
    ratio = statistics.median(b / a for a, b in times[1:])
    print(f"| {name} | {one:.2f} | {two:.2f} | {ratio:.3f} |", flush=True)


def epoch(model, feed) -> float:
    """Seconds of one epoch of `fit`."""
    started = time.perf_counter()
    model.fit(feed, epochs=1, verbose=0, shuffle=False)
    return time.perf_counter() - started


if __name__ == "__main__":
    run(main, Options)
