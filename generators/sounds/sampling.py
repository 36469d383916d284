"""Sounds from a trained run, streamed to disk: what `python -m generators.sample` does with models of sounds.

Each item goes on column by column from its primer, in memory that does not grow with its length. Items are generated in
batches of a fixed size, so that item i of seed s is the same whenever it is generated. `manifest.csv` gets a row once an
item's files are whole; the same call after a kill goes on behind it.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from generators.contract import formats_of
from generators.samples import append, hash_of, items_done, sheet, with_record
from generators.sounds import SoundSampleOptions
from generators.sounds.column_sampler import COLUMNS_PER_CALL, ColumnSampler, noise_of
from generators.sounds.data import SoundRun
from generators.sounds.primers import Primer, from_recording, held_out, silence
from generators.sounds.writer import ItemWriter
from training.cli import log
from training.errors import InputError
from training.files import atomic
from training.options import check

BATCH = 16
"""Items generated together, always."""
COLUMNS_PER_PIECE = 4 * COLUMNS_PER_CALL
"""Columns that become sound together."""
FORMATS = ("wav", "png")
LEAD_IN = 2.0
"""Seconds of a primer that are written before its continuation."""
MAX_SHEET_COLUMNS = 631
"""Columns of a picture on the contact sheet."""


def sample(
    options: SoundSampleOptions, progress: Callable[[Iterable, int], Iterable] = lambda pieces, total: pieces
) -> Path:
    """Generate the sounds that `options` ask for into their folder; the path of the manifest.

    InputError: numbers out of range, options that exclude each other, a primer that cannot be gone on from, a folder that
    holds something else.
    """
    check(options)
    formats, count = formats_of(options.format), options.count
    lead_in = (LEAD_IN if options.primer else 0.0) if options.lead_in is None else options.lead_in
    _refuse(options, formats, lead_in)
    run = SoundRun(options.run)
    noise, setting = run.model.output_head.noise, run.setting
    temperature = temperature_of(options.temperature, noise)
    columns = setting.columns - 1 if options.columns is None else options.columns
    primers = _primers(run, options)
    if noise == 0 and len(primers) == 1 and count > 1:
        log(f"this run draws nothing, so all {count} items would be the same: one is generated")
        count = 1
    wanted = range(count) if not options.items else sorted(set(options.items))
    if not 0 <= wanted[0] <= wanted[-1] < count:
        raise InputError(f"items are numbered from 0 to {count - 1}; received {wanted[0]} to {wanted[-1]}")
    record = {
        "run": os.path.abspath(run.run), "weights": run.fingerprint(), "count": count, "seed": options.seed,
        "primer": os.path.abspath(options.primer) if options.primer else None, "files": hash_of(options.primer),
        "start": None if options.primer else options.start or "held_out", "columns": columns, "temperature": temperature,
        "lead_in": lead_in, "formats": list(formats),
    }  # fmt: skip
    with_record(options.output, record)
    manifest = options.output / "manifest.csv"
    sampler, done = run.module.sampler(run.model, BATCH), items_done(manifest)
    for first in range(0, count, BATCH):
        missing = [item for item in range(first, min(first + BATCH, count)) if item in wanted and item not in done]
        if missing:
            batch = [primers[item % len(primers)] for item in range(first, first + BATCH)]
            drawn = columns_of(sampler, batch, options.seed, first, columns, temperature)
            writers = {
                item: ItemWriter(options.output, item, setting, batch[item - first], formats, lead_in, columns, options.seed)
                for item in missing
            }
            append(manifest, _written(progress(drawn, -(-columns // COLUMNS_PER_PIECE)), writers, first, options.seed))
    _write_sheet(options.output, formats)
    return manifest


def columns_of(
    sampler: ColumnSampler, primers: list[Primer], seed: int, first: int, columns: int, temperature: float
) -> Iterator[np.ndarray]:
    """How the items `first`, first + 1 ... go on, in pieces (items, rows, COLUMNS_PER_PIECE), the last one shorter."""
    alike = all(primer is primers[0] for primer in primers)
    sampler.prompt(primers[0].columns[None] if alike else np.stack([primer.columns for primer in primers]))
    generators = [np.random.default_rng((seed, first + number)) for number in range(len(primers))]
    head = sampler.model.output_head
    for place in range(0, columns, COLUMNS_PER_PIECE):
        size = min(COLUMNS_PER_PIECE, columns - place)
        calls = -(-size // COLUMNS_PER_CALL)
        drawn = [sampler.draw(noise_of(head, generators, temperature)) for _ in range(calls)]
        yield np.swapaxes(np.concatenate(drawn, axis=1)[:, :size], 1, 2)


def _written(pieces: Iterable[np.ndarray], writers: dict[int, ItemWriter], first: int, seed: int) -> list[dict[str, Any]]:
    """Let items take their parts of all pieces; their rows of the manifest."""
    with contextlib.ExitStack() as stack:
        for writer in writers.values():
            stack.enter_context(writer)
        for piece in pieces:
            for item, writer in writers.items():
                writer.add(piece[item - first])
        rows = [{"item": item, "seed": seed, **writer.finish()} for item, writer in writers.items()]
    if clipped := sum(row["clipped"] for row in rows):
        log(f"{clipped} samples of {len(rows)} items were beyond full scale and are clipped")
    return rows


def _write_sheet(output: Path, formats: tuple[str, ...]) -> None:
    """The pictures of the first 16 items side by side, to look at: as many columns as the shortest has."""
    paths = sorted((output / "png").glob("*.png"))[:16]
    if "png" not in formats or not paths:
        return
    pictures = [np.asarray(Image.open(path)) >> 8 for path in paths]
    width = min(MAX_SHEET_COLUMNS, min(picture.shape[1] for picture in pictures))
    shown = np.stack([one[:, :width, None] for one in pictures]).astype(np.uint8)
    with atomic(output / "sheet.png") as path:
        Image.fromarray(sheet(shown, across=4)[..., 0]).save(path)


def _primers(run: SoundRun, options: SoundSampleOptions) -> list[Primer]:
    if options.primer is not None:
        return [from_recording(options.primer, run.setting)]
    return [silence(run.run, run.setting)] if options.start == "silence" else held_out(run.run)


def temperature_of(temperature: float | None, noise: int) -> float:
    """The temperature asked for, or the usual one. InputError: it cannot be meant."""
    if temperature is None:
        return 1.0 if noise else 0.0
    if not 0 <= temperature < math.inf:
        raise InputError(f"--temperature must be 0 (nothing is drawn) or more; received {temperature:g}")
    if temperature and not noise:
        raise InputError(f"this run predicts and draws nothing: it knows only --temperature 0; received {temperature:g}")
    return float(temperature)


def _refuse(options: SoundSampleOptions, formats: tuple[str, ...], lead_in: float) -> None:
    """InputError: options that exclude each other, or that there are not."""
    if not formats or not set(formats) <= set(FORMATS):
        raise InputError(f"--format knows {', '.join(FORMATS)} for sounds; received {', '.join(formats) or 'none'}")
    if options.primer is not None and options.start is not None:
        raise InputError("give --primer or --start, not both")
    if lead_in and options.primer is None:
        raise InputError(f"--lead-in is seconds of --primer, 0 or more; received {lead_in:g} without one")
