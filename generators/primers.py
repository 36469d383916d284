"""A user's MIDI file that a model reads: to go on from it, to fill in a part of it, to vary it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TypeVar

from midi.files.reading import read
from midi.notes import Piece
from midi.parts import remark
from training.cli import log
from training.errors import InputError

BARS, PROMPT_BARS = 16, 8
"""Bars that are added to a primer, and that are read of a held-out piece, if nothing else is asked for."""

Found = TypeVar("Found")


def encoded_file(path: str | os.PathLike, encode: Callable[[Piece], tuple[Found, Mapping[str, float]]]) -> Found:
    """What `encode` makes of a file; what that does not keep of it is told.

    InputError, which names the file: unreadable, no note that `encode` can tell.
    """
    try:
        piece = read(path)
        found, losses = encode(piece)
    except InputError as error:
        text = str(error)
        raise InputError(text if str(path) in text else f"{path}: {text}") from None
    if lost := remark(losses, piece.left_out):
        log(f"{path}: {lost}")
    return found
