"""Sounds from a trained run, streamed to disk: what `python -m generators.sample` does with models of sounds.

Each item goes on column by column from what it begins with, in memory that does not grow with its length. Items are made in
batches of a fixed size, so that item i of seed s is the same whenever it is made. `manifest.csv` gets a row once an item's
files are whole; the same call after a kill goes on behind it.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from generators.contract import run_family
from generators.pictures.watch import sheet
from generators.samples import append, fingerprint_of, items_done, with_record
from generators.sounds.primers import Beginning, held_out, of_recording, silence
from generators.sounds.sampler import CHUNK, Stream, noise_of
from generators.sounds.writer import Item
from training.cli import InputError, tell
from training.files import atomic
from training.runs import load

BATCH = 16
"""Items made at once, always."""
PIECE = 4 * CHUNK
"""Columns that become sound together."""
FORMATS = ("wav", "png")
STARTS = ("held_out", "silence")
LEAD_IN = 2.0
"""Seconds of a primer that are written before its continuation."""
MOST_COLUMNS = 10_000_000
"""Columns of an item at most: 22 hours of the preset lil_data, what a WAV file can hold."""


def sample(
    run: str | os.PathLike,
    output: str | os.PathLike,
    *,
    count: int = 16,
    seed: int = 0,
    primer: str | os.PathLike | None = None,
    start: str | None = None,
    columns: int | None = None,
    temperature: float | None = None,
    lead_in: float | None = None,
    formats: tuple[str, ...] = FORMATS,
    items: Collection[int] = (),
    progress: Callable[[Iterable, int], Iterable] = lambda pieces, total: pieces,
) -> Path:
    """Make `count` sounds into the folder `output`; the path of its manifest.

    primer: a recording that all items go on from. start: without one, "held_out" (default; the first columns of test clips,
    in turn) or "silence". columns: of each item; by default as many as a clip has. temperature: of the draws, by default 1;
    a run that draws nothing knows only 0. lead_in: seconds of the primer's end, LEAD_IN by default, that come before what
    goes on from it; at most what was heard. items: make these alone.
    InputError: numbers out of range, options that exclude each other, a primer that cannot be gone on from, a folder that
    holds something else.
    """
    output = Path(output)
    run_family(run)
    model = load(run)
    temperature = temperature_of(temperature, model.output_head.noise)
    columns = model.setting.columns - 1 if columns is None else columns
    lead_in = (LEAD_IN if primer else 0.0) if lead_in is None else float(lead_in)
    _check(count, seed, columns, lead_in, formats, primer, start)
    begin = _beginnings(run, model.setting, primer, start)
    if model.output_head.noise == 0 and len(begin) == 1 and count > 1:
        tell(f"this run draws nothing, so all {count} items would be the same: one is made")
        count = 1
    wanted = range(count) if not items else sorted(set(items))
    if not 0 <= wanted[0] <= wanted[-1] < count:
        raise InputError(f"items are numbered from 0 to {count - 1}; received {wanted[0]} to {wanted[-1]}")
    record = {
        "run": os.path.abspath(run), "weights": fingerprint_of(model), "count": count, "seed": seed,
        "primer": os.path.abspath(primer) if primer else None, "heard": _sha(begin[0]) if primer else None,
        "start": None if primer else start or STARTS[0], "columns": columns, "temperature": temperature,
        "lead_in": lead_in, "formats": list(formats),
    }  # fmt: skip
    with_record(output, record)
    stream, done = Stream(model, BATCH), items_done(output / "manifest.csv")
    for first in range(0, count, BATCH):
        missing = [item for item in range(first, min(first + BATCH, count)) if item in wanted and item not in done]
        if missing:
            starts = [begin[item % len(begin)] for item in range(first, first + BATCH)]
            pieces = progress(columns_of(stream, starts, seed, first, columns, temperature), -(-columns // PIECE))
            write = {
                item: Item(output, item, model.setting, starts[item - first], formats, lead_in, columns, seed)
                for item in missing
            }
            append(output / "manifest.csv", _written(pieces, write, first, seed))
    _write_sheet(output, formats)
    return output / "manifest.csv"


def columns_of(
    stream: Stream, starts: list[Beginning], seed: int, first: int, columns: int, temperature: float
) -> Iterator[np.ndarray]:
    """How the items `first`, first + 1 ... go on, in pieces (items, rows, PIECE), the last one shorter."""
    together = all(start is starts[0] for start in starts)
    stream.hear(starts[0].columns[None] if together else np.stack([start.columns for start in starts]))
    generators = [np.random.default_rng((seed, first + number)) for number in range(len(starts))]
    for place in range(0, columns, PIECE):
        size = min(PIECE, columns - place)
        made = [stream.make(noise_of(stream.model.output_head, generators, temperature)) for _ in range(-(-size // CHUNK))]
        yield np.swapaxes(np.concatenate(made, axis=1)[:, :size], 1, 2)


def _written(pieces: Iterable[np.ndarray], write: dict[int, Item], first: int, seed: int) -> list[dict[str, Any]]:
    """Let items take their parts of all pieces; their rows of the manifest."""
    with contextlib.ExitStack() as stack:
        for one in write.values():
            stack.enter_context(one)
        for piece in pieces:
            for item, one in write.items():
                one.add(piece[item - first])
        rows = [{"item": item, "seed": seed, **one.finish()} for item, one in write.items()]
    if clipped := sum(row["clipped"] for row in rows):
        tell(f"{clipped} samples of {len(rows)} items were beyond full scale and are clipped")
    return rows


def _write_sheet(output: Path, formats: tuple[str, ...]) -> None:
    """The pictures of the first 16 items side by side, to look at: as many columns as the shortest and 631 at most."""
    paths = sorted((output / "png").glob("*.png"))[:16]
    if "png" not in formats or not paths:
        return
    pictures = [np.asarray(Image.open(path)) >> 8 for path in paths]
    width = min(631, min(picture.shape[1] for picture in pictures))
    shown = np.stack([one[:, :width, None] for one in pictures]).astype(np.uint8)
    with atomic(output / "sheet.png") as path:
        Image.fromarray(sheet(shown, across=4)[..., 0]).save(path)


def _beginnings(
    run: str | os.PathLike, setting: Any, primer: str | os.PathLike | None, start: str | None
) -> list[Beginning]:
    if primer is not None:
        return [of_recording(primer, setting)]
    return [silence(run, setting)] if start == "silence" else held_out(run)


def temperature_of(temperature: float | None, noise: int) -> float:
    """The temperature asked for, or the usual one. InputError: it cannot be meant."""
    if temperature is None:
        return 1.0 if noise else 0.0
    if not 0 <= temperature < math.inf:
        raise InputError(f"--temperature must be 0 (nothing is drawn) or more; received {temperature:g}")
    if temperature and not noise:
        raise InputError(f"this run predicts and draws nothing: it knows only --temperature 0; received {temperature:g}")
    return float(temperature)


def _check(
    count: int, seed: int, columns: int, lead_in: float, formats: tuple[str, ...], primer: Any, start: str | None
) -> None:
    if count < 1 or seed < 0:
        raise InputError(f"--count must be 1 or more and --seed 0 or more; received {count} and {seed}")
    if not 1 <= columns <= MOST_COLUMNS:
        raise InputError(f"--columns must be from 1 to {MOST_COLUMNS:,}; received {columns:,}")
    if not formats or not set(formats) <= set(FORMATS):
        raise InputError(f"--format knows {', '.join(FORMATS)} for sounds; received {', '.join(formats) or 'none'}")
    if start is not None and start not in STARTS:
        raise InputError(f"--start knows {', '.join(STARTS)}; received {start!r}")
    if primer is not None and start is not None:
        raise InputError("give --primer or --start, not both")
    if not 0 <= lead_in < math.inf or (lead_in and primer is None):
        without = "" if primer else " without one"
        raise InputError(f"--lead-in is seconds of --primer, 0 or more; received {lead_in:g}{without}")


def _sha(beginning: Beginning) -> str:
    return hashlib.sha256(beginning.sound.tobytes()).hexdigest()[:16]
