"""What a generator trains on: MIDI pictures, split without leaks, moved in pitch in the feed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from midi.codecs.codec import Codec
from midi.codecs.strip import StripCodec
from midi.demo import demo_folder
from midi.files.reading import SUFFIXES
from midi.images import MidiImages
from training.cli import InputError, tell
from training.corpora.batches import Batches
from training.corpora.corpus import Corpus
from training.corpora.split import Split
from training.corpora.user_cache import open_corpus


def open_images(data: str | os.PathLike | None, codec: Codec, cache: Path | None = None) -> Corpus:
    """The corpus of pictures of `data` (folder, CSV or corpus) by `codec`; None is the demo music."""
    return open_corpus(data or demo_folder(cache), MidiImages(codec), SUFFIXES, cache)


def batches(
    corpus: Corpus, indices: np.ndarray, codec: Codec, low: float, batch_size: int, *,
    labels: tuple[str, ...] = (), seed: int = 0, transpose: int = 0, shuffle: bool = True,
) -> Batches:  # fmt: skip
    """Batches of pictures in [low, 1]; with `labels`, of (pictures, label numbers).

    shuffle: another order in every epoch and no ragged last batch (training), else every picture once, in order.
    """
    if transpose and not (isinstance(codec, StripCodec) and codec.shape[0] == codec.rows):
        raise InputError(f"--transpose moves rows, and those of {codec.name} are not one a pitch: use --transpose 0")
    return Batches(
        corpus,
        indices,
        batch_size,
        seed=seed,
        targets=label_numbers(corpus, labels) if labels else None,
        to_model=Scale(codec, low),
        transform=Feed(transpose, low) if transpose or labels else None,
        shuffle=shuffle,
    )


def label_numbers(corpus: Corpus, labels: tuple[str, ...]) -> np.ndarray:
    """(items,) int32: the place in `labels` of every picture's label."""
    place = {label: number for number, label in enumerate(labels)}
    return np.array([place.get(row["label"], -1) for row in corpus.rows], np.int32)[corpus.source_of]


def label_names(corpus: Corpus, split: Split, conditional: bool) -> tuple[str, ...]:
    """The labels that a conditional model learns; none for others. Tells which are left out."""
    for label in split.dropped:
        tell(
            f"label {label or '(none)'} left out: it has fewer than three files, one each for training, validation and test"
        )
    return split.labels if conditional else ()


@dataclass(frozen=True)
class Scale:
    """uint8 pictures -> float32 in [low, 1]."""

    codec: Codec
    low: float

    def __call__(self, images: np.ndarray) -> np.ndarray:
        return self.codec.to_model(images, self.low)


@dataclass(frozen=True)
class Feed:
    """Moves pictures up or down by up to `most` rows, each by its own draw, and hands labels to the model as an input."""

    most: int
    low: float

    def __call__(self, pictures: np.ndarray, labels: Any, generator: np.random.Generator) -> tuple[Any, None]:
        """pictures (batch, h, w, c) and labels (batch,) or None -> (pictures or (pictures, labels), None)."""
        if self.most:
            pictures = moved(pictures, generator.integers(-self.most, self.most + 1, len(pictures)), self.low)
        return (pictures if labels is None else (pictures, labels)), None


def moved(pictures: np.ndarray, rows: np.ndarray, fill: float) -> np.ndarray:
    """Each picture moved down by its number of rows; a picture that would lose a note stays where it is."""
    height = pictures.shape[1]
    used = (pictures > fill).any(axis=(2, 3))
    first, last = used.argmax(axis=1), height - used[:, ::-1].argmax(axis=1)
    rows = np.where((first + rows >= 0) & (last + rows <= height), rows, 0)
    out = np.full_like(pictures, fill)
    for picture, target, down in zip(pictures, out, rows, strict=True):
        if down >= 0:
            target[down:] = picture[: height - down]
        else:
            target[:down] = picture[-down:]
    return out
