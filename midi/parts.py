"""A piece as a codec shows it: whole, or each track by itself, and what that does not keep, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from midi.codecs.codec import Codec, Encoded
from midi.codecs.losses import NAMES, added, in_words
from midi.notes import Piece, with_notes
from training.cli import InputError

Parts = Literal["together", "tracks"]
"""All notes of a piece in one picture, or a picture for each track that has notes."""

WORDS = {"keys": "key signatures", "hanging": "notes that never end", "unmatched": "ends without a note"}
"""What `Piece.left_out` counts, where its names do not say it."""


def encode_parts(piece: Piece, codec: Codec, parts: Parts = "together") -> tuple[list[Encoded], dict[str, float]]:
    """(the pictures of each part of a piece, windows without a note left out; the losses of all parts together).

    A track without a note that the codec can show is passed over; its notes count as out of range. InputError: there is
    no such note in any track.
    """
    if not len(piece):
        hanging = piece.left_out.get("hanging", 0)
        raise InputError("it holds no notes" + (f": {hanging:,} begin, but none of them ends" if hanging else ""))
    if parts == "together":
        encoded = codec.encode(piece, keep_empty=False)
        return [encoded], dict.fromkeys(NAMES, 0.0) | encoded.losses
    encoded, hidden, reason = [], 0, ""
    for track in np.unique(piece.notes["track"]):
        part = with_notes(piece, piece.notes[piece.notes["track"] == track])
        try:
            encoded.append(codec.encode(part, keep_empty=False))
        except InputError as error:
            hidden, reason = hidden + len(part), reason or str(error)
    if not encoded:
        raise InputError(reason)
    losses = added(part.losses for part in encoded)
    losses |= {name: max(part.losses.get(name, 0) for part in encoded) for name in ("tempos", "signatures")}
    return encoded, losses | {"notes": len(piece), "out_of_range": losses["out_of_range"] + hidden}


def remark(losses: Mapping[str, float], left_out: Mapping[str, int]) -> str:
    """One line: what pictures lose of the notes, and what of the file was no note; "" if nothing."""
    beside = ", ".join(f"{count:,} {WORDS.get(name, name.replace('_', ' '))}" for name, count in left_out.items() if count)
    lost = {name: losses[name] for name in NAMES if losses.get(name)}  # some codecs count what is no note again
    whole = lost.keys() <= {"notes", "kept"} and losses["kept"] == losses["notes"]
    parts = ["" if whole else in_words({"notes": 0, "kept": 0} | lost), beside and f"left out {beside}"]
    return "; ".join(filter(None, parts))
