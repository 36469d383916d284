"""A transfer's evaluation for people: a table, pictures, sounds, and the sections of a run's `report.html`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from midi.files.writing import write
from midi.listening import listen as listen_to
from midi.notes import Piece
from training.family import Section
from training.files import atomic, read_json
from transfer.dtn.measures import VIEW, view

HEAD = (
    "",
    "windows",
    "classified as target",
    "strength S",
    "content preservation",
    "in scale",
    "notes a quarter",
    "polyphony",
)
ROWS = {
    "source": "source, untouched",
    "swap": "nearest windows of the target",
    "result": "result",
    "target": "target's pieces",
}
"""Sets of pieces and what they are called."""
ABOUT = (
    "Classified as target: fraction of the windows of four bars that a judge, a network trained on other files, takes for "
    "the target's kind. Strength: by how much its probability of the source's kind falls. Content preservation: cosine of "
    "chroma with the source. In scale: fraction of the notes in the best major or minor scale. All without drums, as the "
    "codec of the run shows them."
)
MEANINGS = {
    "discriminator_loss": "What the discriminator makes smaller, who tells pictures of the target from generated ones.",
    "adversarial": "What the generator makes smaller, who deceives the discriminator.",
    "constancy": "How far the extractor's description of a piece is from that of what becomes of it (L_CONST).",
    "identity": "How far pieces of the target are from what becomes of them, which should be themselves (L_TID).",
    "variation": "How ragged generated pictures are (total variation).",
    "fooled": "The fraction of generated pictures that the discriminator takes for ones of the target.",
}
"""What the figures of such histories tell."""
MAX_DRAWN = 8
"""Windows that are drawn, of as many pieces."""
MAX_SOUNDS, MAX_SECONDS = 4, 30.0
"""Pieces that are rendered, and how long at most."""


def text_table(found: dict[str, Any]) -> str:
    """One row a set of pieces, as a Markdown table."""
    head, *rows = _rows(found["figures"])
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ("---",) * len(HEAD), *rows))


def report_sections(run: Path, output: Path) -> list[Section]:
    """What a run's report says of its evaluation in `output`; nothing where there is none."""
    if not (output / "evaluation.json").exists():
        return []
    found = read_json(output / "evaluation.json")
    sounds = found["sounds"]
    part = found["options"]["part"]
    sections = [
        Section(f"Evaluation ({part} part)", ABOUT, _rows(found["figures"])),
        Section("Source, nearest windows of the target, result", "Four bars of some pieces.", (), ["pictures.png"]),
        Section("Listen", _quality(sounds), (), [one["wav"] for one in sounds if "wav" in one]),
        Section("Files", "", (), [*(one[name] for one in sounds for name in ("source", "result")), "evaluation.json"]),
    ]
    return [section._replace(files=[_link(run, output / name) for name in section.files]) for section in sections]


def _rows(figures: dict[str, Any]) -> list[tuple[str, ...]]:
    return [HEAD, *((words, *_cells(figures[name])) for name, words in ROWS.items())]


def _cells(one: dict[str, Any]) -> tuple[str, ...]:
    return (
        str(one["windows"]),
        f"{100 * one['classified_as_target']:.1f} %",
        _number(one["strength"]),
        _number(one["content_preservation"]),
        _number(one["in_scale"]),
        _number(one["notes_per_quarter"]),
        _number(one["polyphony"]),
    )


def _quality(sounds: list[dict[str, Any]]) -> str:
    good = sum(not one["silent"] and not one["clipped"] for one in sounds)
    return f"The first seconds of results; {good} of {len(sounds)} are neither silent nor clipped."


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _link(run: Path, path: Path) -> str:
    """A path as the page names it, relative to the run."""
    return Path(os.path.relpath(path, run)).as_posix()


def draw(path: Path, rows: Mapping[str, Sequence[Piece]]) -> None:
    """Draw the first window of some pieces, a column each; rows: the pieces as they are, and what became of them."""
    first, *_ = rows.values()
    chosen = np.linspace(0, len(first) - 1, min(MAX_DRAWN, len(first))).astype(int)
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
    """Write some results with their sources as MIDI files and the results' first seconds as WAV; their facts.

    Of each: its files, duration in seconds, peak and rms of full scale, is it silent, is it clipped.
    """
    found = []
    for number in range(min(MAX_SOUNDS, len(results))):
        files = {"source": f"{number}-source.mid", "result": f"{number}-result.mid", "wav": f"{number}-result.wav"}
        write(folder / files["source"], sources[number])
        facts = listen_to(results[number], folder / f"{number}-result", seconds=MAX_SECONDS)
        if not facts["notes"]:
            del files["wav"]
        found.append(files | {name: facts[name] for name in ("duration", "peak", "rms", "silent", "clipped")})
    return found
