"""What of an evaluation is to be seen and heard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from midi.files.writing import write
from midi.listening import listen as listen_to
from midi.notes import Piece
from training.files import atomic
from transfer.dtn.measures import VIEW, view

SHOWN = 8
"""Windows that are drawn, of as many pieces."""
HEARD, SECONDS = 4, 30.0
"""Pieces that are rendered, and how long at most."""


def draw(path: Path, rows: Mapping[str, Sequence[Piece]]) -> None:
    """Draw the first window of some pieces, a column each; rows: the pieces as they are, and what became of them."""
    first, *_ = rows.values()
    chosen = np.linspace(0, len(first) - 1, min(SHOWN, len(first))).astype(int)
    places = [view(first[piece])[0][:1] for piece in chosen]
    sheet = [[_tile(pieces[piece], place) for piece, place in zip(chosen, places, strict=True)] for pieces in rows.values()]
    with atomic(path) as temporary:
        Image.fromarray(np.concatenate([np.concatenate(row, axis=1) for row in sheet])).save(temporary)


def _tile(piece: Piece, place: np.ndarray) -> np.ndarray:
    """One window, black where silent, high pitches on top, framed in grey."""
    _, images = view(piece, place)
    picture = images[0, ..., 0] if len(images) else np.zeros(VIEW.shape[:2], np.uint8)
    return np.pad(picture[::-1] if VIEW.top == "low" else picture, 2, constant_values=96)


def listen(folder: Path, sources: Sequence[Piece], results: Sequence[Piece]) -> list[dict[str, Any]]:
    """Write some results with their sources as MIDI files and the results' first seconds as WAV; what a machine hears.

    Of each: its files, duration in seconds, peak and rms of full scale, is it silent, is it clipped.
    """
    heard = []
    for number in range(min(HEARD, len(results))):
        files = {"source": f"{number}-source.mid", "result": f"{number}-result.mid", "wav": f"{number}-result.wav"}
        write(folder / files["source"], sources[number])
        facts = listen_to(results[number], folder / f"{number}-result", seconds=SECONDS)
        if not facts["notes"]:
            del files["wav"]
        heard.append(files | {name: facts[name] for name in ("duration", "peak", "rms", "silent", "clipped")})
    return heard
