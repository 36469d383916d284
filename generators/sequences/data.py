"""The pieces that a sequence model trains on, as steps of its representation, split whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from generators.run import LoadedRun
from generators.sequences import Sequences
from generators.sequences.frames import frames_of
from generators.sequences.representation import Representation, Stretch, without_end
from midi.demo import demo_folder
from midi.files.reading import SUFFIXES
from midi.images import read_source
from midi.parts import prolonged_in_words, remark
from midi.pedal import with_pedal
from training.cli import log
from training.corpora.split import split_corpus
from training.corpora.user_cache import open_corpus
from training.errors import InputError

PARTS = ("train", "validation", "test")
BLOCK = 64
"""Steps in an item of a corpus."""
BLOCKS_AT_ONCE = 256
"""Blocks of a piece that are written together."""


@dataclass(frozen=True, eq=False)
class Pieces:
    """Pieces as steps.

    blocks: anything that a NumPy index array gathers (count, BLOCK, width) steps from; a piece's follow each other.
    begins: (pieces,) its first block. lengths: (pieces,) its steps. parts: name in PARTS -> numbers of pieces.
    """

    blocks: Any
    begins: np.ndarray
    lengths: np.ndarray
    parts: dict[str, np.ndarray]
    names: tuple[str, ...]
    fingerprint: str

    def steps(self, piece: int, first: int = 0, last: int | None = None) -> np.ndarray:
        """The steps [first, last) of a piece, (steps, width); fewer where it ends before."""
        last = int(self.lengths[piece] if last is None else min(last, self.lengths[piece]))
        low, high = first // BLOCK, -(-last // BLOCK)
        found = self.blocks[self.begins[piece] + np.arange(low, high)]
        return found.reshape(-1, found.shape[-1])[first - low * BLOCK : last - low * BLOCK]

    def beginning(self, piece: int, stretch: Stretch, representation: Representation) -> np.ndarray:
        """The first steps of a piece, as many as lie within `stretch`, without its end."""
        steps = without_end(representation, self.steps(piece, 0, stretch.fixed(representation)))
        return steps[: stretch.within(representation, steps)]

    def lasting(self, part: str, stretch: Stretch, representation: Representation) -> np.ndarray:
        """The numbers of a part's pieces that last `stretch`, or longer."""
        if (fixed := stretch.fixed(representation)) is not None:
            return np.array([number for number in self.parts[part] if self.lengths[number] >= fixed], int)
        return np.array([n for n in self.parts[part] if stretch.filled(representation, self.steps(n))], int)


@dataclass(frozen=True)
class PieceEncoder:
    """Encoder of `training.corpora.build`: a MIDI file -> its steps in blocks of BLOCK, the last filled up with `pad`."""

    representation: Representation

    @property
    def kind(self) -> str:
        """Of the corpus."""
        return self.representation.kind

    @property
    def dtype(self) -> str:
        """Of its items."""
        return self.representation.dtype

    @property
    def shape(self) -> tuple[int, int]:
        """(steps, width) of a block."""
        return BLOCK, self.representation.width

    def facts(self) -> dict[str, Any]:
        """For the corpus' manifest."""
        return self.representation.facts()

    def serves(self, facts: dict[str, Any]) -> bool:
        """Does a corpus of these facts hold the same?"""
        return self.representation.serves(facts)

    def __call__(self, path: Path) -> Iterator[np.ndarray]:
        """Blocks (up to BLOCKS_AT_ONCE, BLOCK, width). InputError: unreadable, or no note that the steps can tell."""
        piece, warnings = read_source(path)
        piece, prolonged = with_pedal(piece)
        steps, losses = self.representation.encode(piece)
        blocks = blocks_of(steps, self.representation.pad)
        for first in range(0, len(blocks), BLOCKS_AT_ONCE):
            yield blocks[first : first + BLOCKS_AT_ONCE]
        return "; ".join(filter(None, [*warnings, prolonged_in_words(prolonged), remark(losses, piece.left_out)]))


def blocks_of(steps: np.ndarray, pad: int) -> np.ndarray:
    """(steps, width) -> (blocks, BLOCK, width), the last filled up with `pad`."""
    missing = -len(steps) % BLOCK
    return np.pad(steps, ((0, missing), (0, 0)), constant_values=pad).reshape(-1, BLOCK, steps.shape[1])


def open_pieces(
    data: str | os.PathLike | None, representation: Representation, seed: int = 0, cache: Path | None = None
) -> Pieces:
    """The pieces of `data`: a folder of MIDI files, a CSV, a corpus of steps, a .mat of frames; None is the demo music.

        open_pieces("my_midi", Columns(codec_named("beats88"))).steps(0)

    Parts are 70, 20 and 10 % of the columns, whole files, seeded; a .mat has its own. InputError: nothing that can be used.
    """
    if data is not None and Path(data).suffix.lower() == ".mat":
        return _of_frames(data, representation)
    corpus = open_corpus(data or demo_folder(cache), PieceEncoder(representation), SUFFIXES, cache)
    counts = np.array([int(row["items"]) for row in corpus.rows])
    begins = np.cumsum(counts) - counts
    ends = corpus[begins + counts - 1]
    lengths = counts * BLOCK - (ends[:, :, 0] == representation.pad).sum(axis=1)
    names = tuple(row["name"] for row in corpus.rows)
    pieces = Pieces(corpus, begins, lengths, {}, names, corpus.manifest["fingerprint"])
    split = split_corpus(corpus, seed=seed, labelled=False, sizes=_sizes(pieces, representation))
    return replace(pieces, parts={name: np.unique(corpus.source_of[getattr(split, name)]) for name in PARTS})


def _sizes(pieces: Pieces, representation: Representation) -> np.ndarray | None:
    """Blocks of columns that each piece lasts, where steps have no fixed length: parts hold the same pieces then."""
    if representation.steps_per_bar is not None:
        return None
    bars = [representation.bars(pieces.steps(number))[-1] for number in range(len(pieces.lengths))]
    return np.ceil(np.array(bars) * representation.roll_bar / BLOCK)


def _of_frames(data: str | os.PathLike, representation: Representation) -> Pieces:
    frames, lengths, parts, fingerprint = frames_of(data, representation.codec)
    blocks = np.concatenate([blocks_of(piece, representation.pad) for piece in np.split(frames, np.cumsum(lengths)[:-1])])
    counts = -(-lengths // BLOCK)
    log(f"{data}: {len(lengths)} pieces of {lengths.sum():,} frames, in their own parts")
    names = tuple(f"{name} {number}" for name in PARTS for number in range(len(parts[name])))
    return Pieces(blocks, np.cumsum(counts) - counts, lengths, parts, names, fingerprint)


def warn_of_short(pieces: Pieces, part: str, window: int) -> None:
    """Tell how many pieces of a part are shorter than a window. InputError: the part has none."""
    lengths = pieces.lengths[pieces.parts[part]]
    if not len(lengths):
        raise InputError(f"there is no piece in the {part} part")
    if short := int((lengths < window).sum()):
        log(f"{short} of {len(lengths)} pieces ({part}) are shorter than {window} steps: what is missing has no weight")


class SequenceRun(LoadedRun):
    """A run of a sequence model, opened to be used. InputError: as `LoadedRun`, a run of another kind."""

    def __init__(self, run: str | os.PathLike) -> None:
        super().__init__(run, Sequences)
        self.representation = type(self.module.representation_of(self.model.config)).from_facts(self.record)

    def pieces(self, data: str | os.PathLike | None = None, cache: Path | None = None) -> Pieces:
        """The pieces that it was trained on, split as then; data: where they are now.

        InputError: they are gone, or others.
        """
        path = self.data_path(data)
        pieces = open_pieces(path, self.representation, self.record["seed"], self.cache(cache))
        self.check_same_data(pieces.fingerprint, path)
        return pieces
