"""Content preservation and transfer strength; the judge, a network that tells both kinds apart; a swap.

The judge: three convolutions of stride 2 with batch norm and ReLU, the mean over the picture, one probability. It never sees
what the transfer was trained on, nor results. In training every picture is moved up or down, so that keys do not matter, and
some of its cells are inverted, so that neither do the stray cells of a network.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from keras import layers

from midi.codecs import codec_named
from midi.codecs.strip import StripCodec
from midi.notes import Piece
from training.corpora.batches import Batches
from training.errors import InputError
from training.fitting.fit import fit

VIEW: StripCodec = codec_named("roll64")
"""What judge and swap see, whatever codec a run has: four bars of 4/4 in 16ths, 64 pitches."""
RATE, STRIDE = 12, 12
"""Chroma columns a second, and from one averaged column to the next."""
EPOCHS, STEPS, BATCH = 12, 50, 32
"""Of the judge's training; half of a batch is of either kind."""
MAX_SEMITONES = 6
"""That pictures are moved up or down by."""
MAX_STRAY_CELLS = 0.1
"""Fraction of the cells that are inverted."""


def content_preservation(source: Piece, result: Piece) -> float:
    """Mean cosine of the chroma of two pieces, 0 to 1; NaN if neither has a note.

    Chroma, the number of notes that sound in each pitch class, in 12 columns a second; averaged over 24 columns, every 12;
    the mean is over those in which either piece sounds ("Transferring the style of homophonic music using recurrent neural
    networks and autoregressive models", Lu and Su, ISMIR 2018, as in "Supervised symbolic music style translation using
    synthetic data", Cifka et al., ISMIR 2019). Without velocity; drums have no pitch.
    """
    sides = [_averaged(chroma(piece)) for piece in (source, result)]
    columns = max(side.shape[1] for side in sides)
    sides = [_directions(np.pad(side, ((0, 0), (0, columns - side.shape[1])))) for side in sides]
    sounding = np.logical_or(*(side.any(axis=0) for side in sides))
    return float((sides[0] * sides[1]).sum() / sounding.sum()) if sounding.any() else np.nan


def chroma(piece: Piece) -> np.ndarray:
    """(12, columns): how many notes sound in each pitch class, C first, in each 12th of a second."""
    notes = piece.notes[~piece.notes["drum"]]
    first, last = (np.floor(piece.seconds(notes[side]) * RATE + 1e-6).astype(int) for side in ("start", "end"))
    steps = np.zeros((12, last.max(initial=0) + 1))
    np.add.at(steps, (notes["pitch"] % 12, first), 1)
    np.add.at(steps, (notes["pitch"] % 12, last), -1)
    return steps.cumsum(axis=1)[:, :-1]


def _averaged(columns: np.ndarray) -> np.ndarray:
    """Sums over two strides; the first and the last reach beyond the piece by one."""
    missing = -columns.shape[1] % STRIDE
    blocks = np.pad(columns, ((0, 0), (0, missing))).reshape(12, -1, STRIDE).sum(axis=2)
    return np.pad(blocks, ((0, 0), (1, 0))) + np.pad(blocks, ((0, 0), (0, 1)))


def _directions(columns: np.ndarray) -> np.ndarray:
    """Columns of length 1; those of silence stay 0."""
    return columns / np.maximum(np.linalg.norm(columns, axis=0, keepdims=True), 1e-9)


def strength_of(before: np.ndarray, after: np.ndarray) -> float:
    """The transfer strength S of "Symbolic music genre transfer with CycleGAN" (arXiv 1809.07575), -1 to 1.

    P(source kind | source) - P(source kind | result), averaged; before, after: (count,) a judge's P(target). The paper takes
    the mean of this way and of the same seen from the result sent back, which a network of one way does not have.
    """
    return float(np.mean(after - before))


def view(piece: Piece, windows: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """(places in time, pictures uint8 (count, *VIEW.shape)) of a piece: its windows with notes, or `windows`, ascending,
    black where the piece is silent."""
    try:
        encoded = VIEW.encode(piece, keep_empty=False)
        found, images = encoded.windows, encoded.images
    except InputError:  # nothing in range
        found, images = np.empty(0, int), np.empty((0, *VIEW.shape), np.uint8)
    if windows is None:
        return found, images
    chosen = np.zeros((len(windows), *VIEW.shape), np.uint8)
    _, here, there = np.intersect1d(windows, found, return_indices=True)
    chosen[here] = images[there]
    return windows, chosen


def nearest_in_content(images: np.ndarray, library: np.ndarray) -> np.ndarray:
    """(count,) for each picture of VIEW the one of `library` whose chroma, quarter by quarter, is most like its own."""
    return np.argmax(_content(images) @ _content(library).T, axis=1)


def _content(images: np.ndarray) -> np.ndarray:
    """(count, 12 * quarters) chroma of each quarter, of length 1 each."""
    on = (images[..., 0] > 0).reshape(len(images), VIEW.rows, -1, int(VIEW.resolution)).sum(axis=3)
    classes = VIEW.pitch_of(np.arange(VIEW.rows)) % 12
    found = np.stack([on[:, classes == each].sum(axis=1) for each in range(12)], axis=1).astype(np.float32)
    return (found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)).reshape(len(images), -1)


def build_judge() -> keras.Model:
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


def trained_judge(folder: Path, source: np.ndarray, target: np.ndarray, seed: int = 0) -> keras.Model:
    """The judge that has learned from pictures of both kinds, uint8 (count, *VIEW.shape).

    In `folder`, where it stays: it is trained once and resumes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    items, larger = np.concatenate([source, target]), max(len(source), len(target))
    even = np.concatenate(
        [np.resize(np.arange(len(source)), larger), len(source) + np.resize(np.arange(len(target)), larger)]
    )
    labels = np.repeat(np.float32([0, 1]), [len(source), len(target)])[:, None]
    feed = Batches(items, even, BATCH, seed=seed, targets=labels, to_model=VIEW.to_model, transform=varied, steps=STEPS)
    return fit(build_judge, folder, feed, epochs=EPOCHS, seed=seed)


def varied(
    pictures: np.ndarray, targets: np.ndarray | None, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray | None]:
    """Each picture in another key, with stray cells (`Transform` of `training.corpora.batches`)."""
    rows = pictures.shape[1]
    wide = np.pad(pictures, ((0, 0), (MAX_SEMITONES, MAX_SEMITONES), (0, 0), (0, 0)), constant_values=-1)
    first = generator.integers(0, 2 * MAX_SEMITONES, len(pictures), endpoint=True)
    moved = np.stack([each[begin : begin + rows] for each, begin in zip(wide, first, strict=True)])
    fraction = generator.uniform(0, MAX_STRAY_CELLS, (len(pictures), 1, 1, 1))
    return np.where(generator.random(moved.shape) < fraction, -moved, moved), targets


def probability(judge: keras.Model, images: np.ndarray) -> np.ndarray:
    """(count,) P(target) of pictures uint8 (count, *VIEW.shape); 0 for black ones, which are no music."""
    found = [
        keras.ops.convert_to_numpy(judge(VIEW.to_model(images[first : first + 256]), training=False))[:, 0]
        for first in range(0, len(images), 256)
    ]
    return np.concatenate([*found, np.empty(0, np.float32)]) * images.any(axis=(1, 2, 3))
