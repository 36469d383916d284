"""How much of a piece is kept in another one, and how far a judge's belief moves; a swap to compare with."""

from __future__ import annotations

import numpy as np

from midi.codecs import codec_named
from midi.codecs.strip import StripCodec
from midi.notes import Piece
from training.cli import InputError

VIEW: StripCodec = codec_named("roll64")
"""What judge and swap see, whatever codec a run has: four bars of 4/4 in 16ths, 64 pitches."""
RATE, STRIDE = 12, 12
"""Chroma columns a second, and from one averaged column to the next."""


def content_kept(source: Piece, result: Piece) -> float:
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
