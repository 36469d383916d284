"""A piece by its parts, each track or instrument by itself, as a codec shows them; its upper line, and its melody."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heappop, heappush
from typing import Literal

import numpy as np

from midi.codecs.codec import Codec, Encoded
from midi.codecs.losses import NAMES, added, in_words
from midi.measures.features import measure
from midi.notes import Piece, with_notes
from midi.pedal import Pedal, with_pedal
from training.errors import InputError

Parts = Literal["together", "tracks"]
"""All notes of a piece in one picture, or a picture for each track that has notes."""
By = Literal["track", "instrument", "family"]
"""track: its number; instrument: its program, with all drums as one; family: the 16 groups of eight programs of General
MIDI (pianos, organs, basses ...), with all drums as one."""
WORDS = {
    "keys": "key signatures", "system_exclusive": "system exclusive events", "hanging": "notes that never end",
    "unmatched": "ends without a note",
}  # fmt: skip
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
    for part in split(piece):
        try:
            encoded.append(codec.encode(part, keep_empty=False))
        except InputError as error:
            hidden, reason = hidden + len(part), reason or str(error)
    if not encoded:
        raise InputError(reason)
    losses = added(part.losses for part in encoded)
    losses |= {name: max(part.losses.get(name, 0) for part in encoded) for name in ("tempos", "signatures")}
    return encoded, losses | {"notes": len(piece), "out_of_range": losses["out_of_range"] + hidden}


def pedalled(piece: Piece, codec: Codec, pedal: Pedal) -> tuple[Piece, str]:
    """(the piece that `codec` is to show, what the pedal did to it in words); auto: off where the codec keeps all notes."""
    piece, count = with_pedal(piece, "off" if pedal == "auto" and codec.keeps_notes else pedal)
    return piece, prolonged_in_words(count)


def prolonged_in_words(count: int) -> str:
    """How many notes the pedal prolonged; empty for none."""
    return f"{count:,} notes prolonged by the pedal" if count else ""


def remark(losses: Mapping[str, float], left_out: Mapping[str, int]) -> str:
    """One line: what pictures lose of the notes, and what of the file was no note; "" if nothing.

    Notes that are held are none of both: the reader tells them.
    """
    counts = {WORDS.get(name, name.replace("_", " ")): count for name, count in left_out.items() if count and name != "held"}
    beside = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    lost = {name: losses[name] for name in NAMES if losses.get(name)}  # some codecs count what is no note again
    whole = lost.keys() <= {"notes", "kept"} and losses.get("kept") == losses.get("notes")
    parts = ["" if whole else in_words({"notes": 0, "kept": 0} | lost), beside and f"left out {beside}"]
    return "; ".join(filter(None, parts))


def split(piece: Piece, by: By = "track") -> list[Piece]:
    """The parts of a piece, each with all tempos and time signatures, on the same time axis.

    In order of track or program, drums last; a part has a note at least.
    """
    notes = piece.notes
    keys = {
        "track": notes["track"].astype(int),
        "instrument": np.where(notes["drum"], 128, notes["program"]),
        "family": np.where(notes["drum"], 16, notes["program"] // 8),
    }
    if by not in keys:
        raise InputError(f"by must be one of {', '.join(keys)}; received {by!r}")
    return [with_notes(piece, notes[keys[by] == key]) for key in np.unique(keys[by])]


def without_drums(piece: Piece) -> tuple[Piece, int]:
    """(the piece without the notes of its drums, how many these are). InputError: there are no others."""
    drum = piece.notes["drum"]
    if len(drum) and drum.all():
        raise InputError("it holds no notes but those of drums")
    return (with_notes(piece, piece.notes[~drum]), int(drum.sum())) if drum.any() else (piece, 0)


def skyline(piece: Piece, *, resume: bool = True) -> Piece:
    """The upper line: at every time the highest pitch that sounds, and a rest where none does; drums are passed over.

        write("melody.mid", skyline(read("song.mid")))

    Of several notes of that pitch it is the one that began last, of these the one that ends last. A note ends where a
    higher one begins; where that is over before it, it sounds on as a note of its own, or with resume=False is not heard
    again, so that every note begins where it did in the piece. Notes without length do not sound.
    Uitdenbogerd and Zobel, "Manipulation of music for melody matching", ACM Multimedia 1998, take the highest of each onset
    alone.
    """
    notes = piece.notes[~piece.notes["drum"] & (piece.notes["end"] > piece.notes["start"])]
    pieces = [(note, begin, end) for note, begin, end in _tops(notes) if resume or begin == notes["start"][note]]
    note, begin, end = np.array(pieces, np.int64).reshape(-1, 3).T
    line = notes[note]
    line["start"], line["end"] = begin, end
    return with_notes(piece, line)


def melody_track(piece: Piece) -> int:
    """The number of the track that looks most like a melody.

    Of the pitched tracks with a quarter as many notes as the fullest one, those of hardly more than one voice (mean
    polyphony up to 1.2; all, if none is); of these the one of the highest mean pitch, the first if there are several.
    InputError: no pitched note.
    """
    pitched = piece.notes[~piece.notes["drum"]]
    if not len(pitched):
        raise InputError("a piece without a pitched note has no melody")
    parts = split(with_notes(piece, pitched))
    fullest = max(map(len, parts))
    parts = [part for part in parts if 4 * len(part) >= fullest]
    parts = [part for part in parts if measure(part).polyphony <= 1.2] or parts
    return int(max(parts, key=lambda part: part.notes["pitch"].mean()).notes["track"][0])


def _tops(notes: np.ndarray) -> list[tuple[int, int, int]]:
    """(index, begin, end) of the stretches in which a note is the highest, in order of time."""
    starts, ends = notes["start"].tolist(), notes["end"].tolist()
    rank = [(-pitch, -start, -end) for pitch, start, end in zip(notes["pitch"].tolist(), starts, ends, strict=True)]
    sounding: list[tuple[tuple[int, int, int], int]] = []
    stretches, top, since, coming = [], None, 0, 0
    for moment in sorted({*starts, *ends}):
        while coming < len(starts) and starts[coming] == moment:
            heappush(sounding, (rank[coming], coming))
            coming += 1
        while sounding and ends[sounding[0][1]] <= moment:
            heappop(sounding)
        highest = sounding[0][1] if sounding else None
        if highest != top:
            if top is not None:
                stretches.append((top, since, moment))
            top, since = highest, moment
    return stretches
