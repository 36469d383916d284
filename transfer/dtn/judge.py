"""A judge of transfers: a small network that tells pictures of the source's kind from pictures of the target's.

Three convolutions of stride 2 with batch norm and ReLU, the mean over the picture, one probability. It never sees what the
transfer was trained on, nor results. In training every picture is moved up or down, so that keys tell nothing, and some of
its cells are turned, so that neither do the stray cells of a network.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from keras import layers

from training.corpora.batches import Batches
from training.fitting.fit import fit
from transfer.dtn.measures import VIEW

EPOCHS, STEPS, BATCH = 12, 50, 32
"""Of its training; half of a batch is of either kind."""
KEYS = 6
"""Semitones up or down that pictures are moved by at most."""
STRAY = 0.1
"""Share of the cells that are turned at most."""


def build() -> keras.Model:
    """The compiled model: picture of VIEW (batch, h, w, 1) in [-1, 1] -> probability (batch, 1) of the target's kind."""
    picture = keras.Input(VIEW.shape, name="picture")
    x = picture
    for number, filters in enumerate((16, 32, 64), start=1):
        x = layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False, name=f"conv_{number}")(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"norm_{number}")(x)
        x = layers.ReLU(name=f"relu_{number}")(x)
    x = layers.Dropout(0.3, name="dropout")(layers.GlobalAveragePooling2D(name="mean")(x))
    model = keras.Model(picture, layers.Dense(1, activation="sigmoid", name="target")(x), name="judge")
    model.compile(keras.optimizers.Adam(2e-3), "binary_crossentropy", metrics=["accuracy"])
    return model


def trained(folder: Path, source: np.ndarray, target: np.ndarray, seed: int = 0) -> keras.Model:
    """The judge that has learned from pictures of both kinds, uint8 (count, *VIEW.shape).

    In `folder`, where it stays: it is trained once and resumes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    items, most = np.concatenate([source, target]), max(len(source), len(target))
    even = np.concatenate([np.resize(np.arange(len(source)), most), len(source) + np.resize(np.arange(len(target)), most)])
    labels = np.repeat(np.float32([0, 1]), [len(source), len(target)])[:, None]
    feed = Batches(items, even, BATCH, seed=seed, targets=labels, to_model=VIEW.to_model, transform=varied, steps=STEPS)
    return fit(build, folder, feed, epochs=EPOCHS, seed=seed)


def varied(
    pictures: np.ndarray, targets: np.ndarray | None, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray | None]:
    """Each picture in another key, with stray cells (`Transform` of `training.corpora.batches`)."""
    rows = pictures.shape[1]
    wide = np.pad(pictures, ((0, 0), (KEYS, KEYS), (0, 0), (0, 0)), constant_values=-1)
    first = generator.integers(0, 2 * KEYS, len(pictures), endpoint=True)
    moved = np.stack([each[begin : begin + rows] for each, begin in zip(wide, first, strict=True)])
    share = generator.uniform(0, STRAY, (len(pictures), 1, 1, 1))
    return np.where(generator.random(moved.shape) < share, -moved, moved), targets


def probability(judge: keras.Model, images: np.ndarray) -> np.ndarray:
    """(count,) P(target) of pictures uint8 (count, *VIEW.shape); 0 for black ones, which are no music."""
    found = [
        keras.ops.convert_to_numpy(judge(VIEW.to_model(images[first : first + 256]), training=False))[:, 0]
        for first in range(0, len(images), 256)
    ]
    return np.concatenate([*found, np.empty(0, np.float32)]) * images.any(axis=(1, 2, 3))
