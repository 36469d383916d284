"""The files of one transfer: checked before the work starts, so that no result is lost at its end."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np

from spectro.audio import write
from spectro.demo import compose
from spectro.stft import SETTINGS
from training.cli import InputError, tell
from training.files import refuse_existing

DEMO_PAIR = {"content": "lo_fi", "style": "future_bass"}
"""The genres of the demo pair."""
DEMO_SECONDS = 10.0


def outputs(output: Path, force: bool, sources: tuple[Path | None, ...]) -> list[Path]:
    """The sound, picture and report to write. InputError: not a .wav, a source itself, or there already without `force`."""
    if output.suffix.lower() != ".wav":
        raise InputError(f"{output}: the result is a 16-bit WAV file; give an --output that ends in .wav")
    written = [output, output.with_suffix(".png"), output.with_suffix(".json")]
    for path in written:
        if any(source is not None and path.resolve() == Path(source).resolve() for source in sources):
            raise InputError(f"{path} is an input of this transfer and would be overwritten; give another --output")
        refuse_existing(path, force)
    output.parent.mkdir(parents=True, exist_ok=True)
    return written


def inputs(content: Path | None, style: Path | None, output: Path, seed: int, force: bool) -> tuple[Path, Path]:
    """Content and style as given, or the demo pair, composed next to `output` by `seed`. InputError: only one of them."""
    if content is not None and style is not None:
        return content, style
    if content is not None or style is not None:
        raise InputError(
            "give both --content and --style, or neither for the demo pair; received only "
            + ("--style" if content is None else "--content")
        )
    pair = [output.with_name(f"{output.stem}-{role}.wav") for role in DEMO_PAIR]
    for path, genre in zip(pair, DEMO_PAIR.values(), strict=True):
        refuse_existing(path, force)
        write(path, compose(genre, seed, DEMO_SECONDS), SETTINGS["lil_data"].rate)
    tell(f"demo pair: {pair[0]} (content), {pair[1]} (style)")
    return pair[0], pair[1]


def scratch_array(folder: str | os.PathLike, shape: tuple[int, int]) -> np.ndarray:
    """A float32 array of zeros in an unnamed file in `folder`, so that a long result need not fit in memory.

    OSError if the disk is too full: its place is taken now, not while painting.
    """
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(shape[0]):
            for start in range(0, shape[1], 1 << 20):
                file.write(bytes(4 * min(1 << 20, shape[1] - start)))
        file.flush()
        return np.memmap(file, np.float32, "r+", shape=shape)
