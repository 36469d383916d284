"""Where continuations start: from a user's file, held-out pieces, or nothing. Each gives (name, columns) of item i."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from generators.sequences.continuing import LONGEST_PRIMER
from generators.sequences.data import Pieces, open_pieces
from generators.sequences.opening import SequenceRun
from midi.codecs.codec import Codec
from midi.columns import columns_of
from midi.files.reading import read
from midi.parts import remark
from training.cli import InputError, tell

Primer = Callable[[int], tuple[str, np.ndarray]]


def nothing(codec: Codec) -> Primer:
    """Every piece starts from silence."""
    empty = np.zeros((0, codec.shape[0]), np.uint8)
    return lambda item: ("", empty)


def from_file(path: str | os.PathLike, codec: Codec, most: int | None = None) -> Primer:
    """All pieces go on from a MIDI file, or from its first `most` columns. What the codec does not keep of it is told.

    InputError: unreadable, no note that the codec can show (in that part).
    """
    try:
        piece = read(path)
        columns, losses = columns_of(piece, codec)
    except InputError as error:
        text = str(error)
        raise InputError(text if str(path) in text else f"{path}: {text}") from None
    if lost := remark(losses, piece.left_out):
        tell(f"{path}: {lost}")
    if len(columns[:most]) > LONGEST_PRIMER:
        tell(f"{path} has {len(columns[:most]):,} columns; its last {LONGEST_PRIMER:,} are heard")
    return lambda item: (str(path), columns[:most])


def held_out(opened: SequenceRun, most: int, cache: Path | None = None) -> Primer:
    """Item i goes on from the first `most` columns of the run's i-th test piece, then from the first one again.

    InputError: as `test_pieces`, no test piece is longer.
    """
    pieces, longer = test_pieces(opened, None, cache, most + 1)
    if not len(longer):
        raise InputError(f"no test piece is longer than {most} columns; give fewer --primer-columns")

    def primer(item: int) -> tuple[str, np.ndarray]:
        number = longer[item % len(longer)]
        return pieces.names[number], pieces.columns(number, 0, most)

    return primer


def test_pieces(
    opened: SequenceRun, data: str | os.PathLike | None, cache: Path | None, least: int
) -> tuple[Pieces, np.ndarray]:
    """(a run's pieces, numbers of those of the test part that have `least` columns); data: where they are now.

    InputError: the data are gone or others.
    """
    record = opened.record["data"]
    path = data or record["path"]
    if path is not None and not os.path.exists(path):
        raise InputError(f"the data of {opened.run} are no longer at {path}; tell where they are, or give files of your own")
    pieces = open_pieces(path, opened.codec, opened.record["seed"], cache)
    if pieces.fingerprint != record["fingerprint"]:
        raise InputError(f"{path} has changed since {opened.run} was trained: its test pieces may have been learned from")
    return pieces, np.array([number for number in pieces.parts["test"] if pieces.lengths[number] >= least], int)
