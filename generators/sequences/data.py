"""The pieces that a sequence model trains on, in columns of classes, dealt to parts whole."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from generators.sequences.frames import frames_of
from midi.codecs.codec import Codec
from midi.columns import BLOCK, PAD, MidiColumns, check_columns
from midi.demo import demo_folder
from midi.files.reading import SUFFIXES
from training.cli import InputError, tell
from training.corpora.split import split_corpus
from training.corpora.user_cache import open_corpus

PARTS = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class Pieces:
    """Pieces of columns.

    blocks: anything that a NumPy index array gathers (count, BLOCK, rows) uint8 classes from; a piece's follow each other.
    begins: (pieces,) its first block. lengths: (pieces,) its columns. parts: name in PARTS -> numbers of pieces.
    """

    blocks: Any
    begins: np.ndarray
    lengths: np.ndarray
    parts: dict[str, np.ndarray]
    names: tuple[str, ...]
    fingerprint: str

    def columns(self, piece: int, first: int = 0, last: int | None = None) -> np.ndarray:
        """The columns [first, last) of a piece, (columns, rows) of classes; fewer where it ends before."""
        last = int(self.lengths[piece] if last is None else min(last, self.lengths[piece]))
        low, high = first // BLOCK, -(-last // BLOCK)
        found = self.blocks[self.begins[piece] + np.arange(low, high)]
        return found.reshape(-1, found.shape[-1])[first - low * BLOCK : last - low * BLOCK]


def open_pieces(data: str | os.PathLike | None, codec: Codec, seed: int = 0, cache: Path | None = None) -> Pieces:
    """The pieces of `data`: a folder of MIDI files, a CSV, a corpus of columns, a .mat of frames; None is the demo music.

    Parts are 70, 20 and 10 % of the columns, whole files, seeded; a .mat has its own. InputError: nothing that can be used.
    """
    check_columns(codec)
    if data is not None and Path(data).suffix.lower() == ".mat":
        return _of_frames(data, codec)
    corpus = open_corpus(data or demo_folder(cache), MidiColumns(codec), SUFFIXES, cache)
    split = split_corpus(corpus, seed=seed, labelled=False)
    counts = np.array([int(row["items"]) for row in corpus.rows])
    begins = np.cumsum(counts) - counts
    ends = corpus[begins + counts - 1]
    lengths = counts * BLOCK - (ends[:, :, 0] == PAD).sum(axis=1)
    parts = {name: np.unique(corpus.source_of[getattr(split, name)]) for name in PARTS}
    return Pieces(corpus, begins, lengths, parts, tuple(row["name"] for row in corpus.rows), corpus.manifest["fingerprint"])


def _of_frames(data: str | os.PathLike, codec: Codec) -> Pieces:
    blocks, lengths, parts, fingerprint = frames_of(data, codec)
    counts = -(-lengths // BLOCK)
    tell(f"{data}: {len(lengths)} pieces of {lengths.sum():,} frames, in their own parts")
    names = tuple(f"{name} {number}" for name in PARTS for number in range(len(parts[name])))
    return Pieces(blocks, np.cumsum(counts) - counts, lengths, parts, names, fingerprint)


def tell_short(pieces: Pieces, part: str, window: int) -> None:
    """Tell how many pieces of a part are shorter than a window. InputError: a piece that does not exist is all there is."""
    lengths = pieces.lengths[pieces.parts[part]]
    if not len(lengths):
        raise InputError(f"there is no piece in the {part} part")
    if short := int((lengths < window).sum()):
        tell(f"{short} of {len(lengths)} pieces ({part}) are shorter than {window} columns: what is missing has no weight")
