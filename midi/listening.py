"""Listening to a piece as far as a machine can: written, rendered, and is the sound silent or clipped?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from midi.files.writing import write
from midi.notes import Piece, with_notes
from midi.synthesis.rendering import render

RATE = 22_050
"""Samples a second; the built-in synthesiser has little above half of that."""
SILENT_RMS = 1e-3
"""Root mean square, of full scale, below which a sound is called silent (-60 dB)."""


def listen(piece: Piece, path: Path, *, seconds: float | None = None) -> dict[str, Any]:
    """Write a piece as `path`.mid and its sound as `path`.wav, at RATE, and judge the sound.

        listen(read("a.mid"), Path("heard/a"))["silent"]

    seconds: render the notes that begin so early, and end them there; by default all of them.
    Gives duration in seconds, peak and rms of full scale, clipped samples, notes, and silent. Without a note there is no
    sound: silent, all others 0, and no .wav.
    """
    write(path.with_name(path.name + ".mid"), piece)
    heard = piece if seconds is None else _beginning(piece, seconds)
    if not len(heard):
        return {"duration": 0.0, "peak": 0.0, "rms": 0.0, "clipped": 0, "notes": 0, "silent": True}
    facts = render(heard, path.with_name(path.name + ".wav"), rate=RATE)
    judged = {name: facts[name] for name in ("duration", "peak", "rms", "clipped", "notes")}
    return judged | {"silent": facts["rms"] < SILENT_RMS}


def _beginning(piece: Piece, seconds: float) -> Piece:
    """The notes that begin in the first seconds, which end there."""
    last = int(piece.ticks(seconds))
    notes = piece.notes[piece.notes["start"] < last]
    notes["end"] = np.minimum(notes["end"], last)
    return with_notes(piece, notes)
