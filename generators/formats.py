"""What a sample is written as."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from midi.codecs.codec import Codec, Encoded
from midi.notes import Piece
from training.cli import InputError
from training.files import atomic

FORMATS = ("midi", "png", "npy", "wav")


def check_formats(formats: Sequence[str]) -> None:
    """InputError: a format that there is not."""
    for name in formats:
        if name not in FORMATS:
            raise InputError(f"--format knows {', '.join(FORMATS)}; received {name!r}")


def write_formats(
    output: Path, formats: Sequence[str], item: int, images: np.ndarray, codec: Codec, piece: Piece, tempo: int | None
) -> list[str]:
    """Write an item, a folder of `output` for each format; the paths below `output`."""
    found = []
    for kind in formats:
        path = output / kind / f"{item:06d}.{'mid' if kind == 'midi' else kind}"
        path.parent.mkdir(exist_ok=True)
        _write(path, kind, images, codec, piece, tempo)
        found.append(path.relative_to(output).as_posix())
    return found


def _write(path: Path, kind: str, images: np.ndarray, codec: Codec, piece: Piece, tempo: int | None) -> None:
    if kind == "midi":
        from midi.files.writing import write

        write(path, piece)
    elif kind == "png":
        from midi.picture import save

        count = len(images)
        save(path, Encoded(images, np.arange(count), np.zeros(count, int), {}), codec, tempo=tempo)
    elif kind == "npy":
        with atomic(path) as temporary:
            np.save(temporary, images)
    else:
        from midi.synthesis.rendering import render

        render(piece, path)
