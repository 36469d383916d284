"""Sounds from a trained run, streamed to disk: what `python -m generators.sample` does with models of sounds.

Each item goes on from its primer piece by piece, in memory that does not grow with its length. Items are generated in
batches of a fixed size, so that item i of seed s is the same whenever it is generated. `manifest.csv` gets a row once an
item's files are whole; the same call after a kill goes on behind it.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from generators.contract import formats_of
from generators.samples import append, hash_of, items_done, sheet, with_record
from generators.sounds import SoundSampleOptions
from generators.sounds.data import SoundRun
from generators.sounds.loop_sampler import LoopSampler
from generators.sounds.primers import Primer, held_out, silence
from generators.sounds.samplers import SoundSampler
from generators.sounds.writer import ItemWriter
from training.cli import log
from training.errors import InputError
from training.files import atomic
from training.options import check

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
    usual = LEAD_IN if options.primer and not options.loop else 0.0
    lead_in = usual if options.lead_in is None else options.lead_in
    _refuse(options, formats, lead_in)
    run = SoundRun(options.run)
    sampler: SoundSampler = run.module.sampler(run.model)
    if options.loop:
        if not sampler.copies:
            raise InputError(f"--loop is for models that copy, such as sound_pointer; {run.record['model']} does not")
        sampler = LoopSampler(run.setting, options.seconds)
    temperature = temperature_of(options.temperature, sampler.draws)
    seconds = run.setting.seconds if options.seconds is None else options.seconds
    primers = _primers(run, sampler, options)
    if not (sampler.draws and temperature) and len(primers) == 1 and count > 1:
        same = "a recording has one loop" if options.loop else f"nothing is drawn, so all {count} items would be the same"
        log(f"{same}: one is generated, as by --count 1")
        count = 1
    wanted = range(count) if not options.items else sorted(set(options.items))
    if not 0 <= wanted[0] <= wanted[-1] < count:
        raise InputError(f"items are numbered from 0 to {count - 1}; received {wanted[0]} to {wanted[-1]}")
    record = {
        "run": os.path.abspath(run.run), "weights": run.fingerprint(), "count": count, "seed": options.seed,
        "primer": os.path.abspath(options.primer) if options.primer else None, "files": hash_of(options.primer),
        "start": None if options.primer else options.start or "held_out", "seconds": seconds, "temperature": temperature,
        "lead_in": lead_in, "loop": options.loop, "formats": list(formats),
    }  # fmt: skip
    with_record(options.output, record)
    manifest = options.output / "manifest.csv"
    done = items_done(manifest)
    for first in range(0, count, sampler.batch):
        missing = [item for item in range(first, min(first + sampler.batch, count)) if item in wanted and item not in done]
        if missing:
            batch = [primers[item % len(primers)] for item in range(first, first + sampler.batch)]
            generators = [np.random.default_rng((options.seed, first + number)) for number in range(len(batch))]
            pieces = sampler.go_on(batch, generators, seconds, temperature)
            writers = {
                item: sampler.writer(options.output, item, batch[item - first], formats, lead_in, seconds, options.seed)
                for item in missing
            }
            total = max(1, math.ceil(seconds / sampler.piece))
            append(manifest, _written(progress(pieces, total), writers, first, options.seed))
    _write_sheet(options.output, formats)
    return manifest


def _written(
    pieces: Iterable[Sequence[np.ndarray]], writers: dict[int, ItemWriter], first: int, seed: int
) -> list[dict[str, Any]]:
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


def _primers(run: SoundRun, sampler: SoundSampler, options: SoundSampleOptions) -> list[Primer]:
    if options.primer is not None:
        return [sampler.primer(options.primer)]
    if sampler.copies:
        raise InputError(f"{run.record['model']} goes on with what it heard: give a recording as --primer")
    return [silence(run.run, run.setting)] if options.start == "silence" else held_out(run.run)


def temperature_of(temperature: float | None, draws: bool) -> float:
    """The temperature asked for, or the usual one. InputError: it cannot be meant."""
    if temperature is None:
        return 1.0 if draws else 0.0
    if temperature and not draws:
        raise InputError(f"this run predicts and draws nothing: it knows only --temperature 0; received {temperature:g}")
    return float(temperature)


def _refuse(options: SoundSampleOptions, formats: tuple[str, ...], lead_in: float) -> None:
    """InputError: options that exclude each other, or that there are not."""
    if not formats or not set(formats) <= set(FORMATS):
        raise InputError(f"--format knows {', '.join(FORMATS)} for sounds; received {', '.join(formats) or 'none'}")
    if options.primer is not None and options.start is not None:
        raise InputError("give --primer or --start, not both")
    if options.loop and options.lead_in:
        raise InputError(f"--lead-in does not go with --loop, which is of the primer itself; received {options.lead_in:g}")
    if options.loop and options.temperature:
        raise InputError(f"--variety does not go with --loop, of which nothing is drawn; received {options.temperature:g}")
    if lead_in and options.primer is None:
        raise InputError(f"--lead-in is seconds of --primer, 0 or more; received {lead_in:g} without one")
