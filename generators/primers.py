"""A user's MIDI file that a model reads: to go on from it, to fill in a part of it, to vary it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TypeVar

from midi.files.reading import read
from midi.notes import Piece
from midi.parts import prolonged_in_words, remark
from midi.pedal import with_pedal
from training.cli import log
from training.errors import InputError

BARS, PROMPT_BARS = 16, 8
"""Bars that are added to a primer, and that are read of a held-out piece, if nothing else is asked for."""

Found = TypeVar("Found")


def encoded_file(path: str | os.PathLike, encode: Callable[[Piece], tuple[Found, Mapping[str, float]]]) -> Found:
    """What `encode` makes of a file, as its pedal has it; what that does not keep of it is told.

    InputError, which names the file: unreadable, no note that `encode` can tell.
    """
    try:
        piece, prolonged = with_pedal(read(path))
        found, losses = encode(piece)
    except InputError as error:
        text = str(error)
        raise InputError(text if str(path) in text else f"{path}: {text}") from None
    if told := "; ".join(filter(None, [prolonged_in_words(prolonged), remark(losses, piece.left_out)])):
        log(f"{path}: {told}")
    return found
