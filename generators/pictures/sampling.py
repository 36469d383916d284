"""Pictures by the thousand from a trained run, streamed to disk: what `python -m generators.sample` does.

Items are generated in blocks of a fixed size, so that any of them can be generated again alone: item i of seed s is a
function of the run, s and i. `manifest.csv` gets a row once an item's files are whole; the same call after a kill goes on.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from generators.contract import PictureSampler, formats_of
from generators.pictures import PictureSampleOptions
from generators.pictures.data import PictureRun
from generators.pictures.items import blocks_of, refuse, source_of
from generators.pictures.sources import Source
from generators.pictures.statistics import cells_of
from generators.samples import (
    Blocks,
    check_formats,
    check_items,
    hash_of,
    items_done,
    make_items,
    sheet,
    with_record,
    write_formats,
)
from midi.tempo import Tempo
from training.errors import InputError
from training.files import atomic
from training.options import check

SHEET_ITEMS = 100
"""Items that the contact sheet shows."""


def sample(
    options: PictureSampleOptions, progress: Callable[[Iterable, int], Iterable] = lambda blocks, total: blocks
) -> Path:
    """Generate what `options` ask for into their folder; the path of its manifest.

    InputError: options that exclude each other or that the model cannot follow, a file that cannot be used, a folder that
    holds something else, a label that the run has not, an item that there is not.
    """
    check(options)
    refuse(options)
    formats = formats_of(options.format)
    check_formats(formats)
    run = PictureRun(options.run)
    sampler, label = run.sampler(options.binarise, options.guidance, options.truncation), _label_number(run, options.label)
    source, words = source_of(run, sampler, options)
    blocks = blocks_of(source, sampler)
    check_items(blocks, options.items or None)
    with_record(
        options.output,
        {
            "run": os.path.abspath(run.run),
            "weights": run.fingerprint(),
            "source": words,
            "files": hash_of(*(options.interpolate or ()), options.around, options.primer, options.fill),
            "count": len(source),
            "seed": options.seed,
            "formats": formats,
            "binarise": options.binarise,
            "temperature": options.temperature,
            "guidance": options.guidance,
            "truncation": options.truncation,
            "label": options.label,
            "tempo": options.microseconds,
        },
    )
    draw, tempo = Drawing(run, sampler, source, options.seed, label), options.microseconds or source.tempo
    if not options.items and not _sheet_is_whole(options.output, len(source)):
        _write_sheet(draw, blocks, options.output)

    def written(members: range, missing: list[int]) -> list[dict[str, Any]]:
        images = draw(members)
        return [_write(draw, options.output, formats, tempo, item, images[item - members[0]]) for item in missing]

    return make_items(options.output, blocks, written, items=options.items or None, progress=progress)


class Drawing:
    """The pictures of blocks of items. label: of all items; None: all labels in turn."""

    def __init__(
        self, run: PictureRun, sampler: PictureSampler, source: Source, seed: int, label: int | None = None
    ) -> None:
        self.run, self.sampler, self.source, self.seed, self.label = run, sampler, source, seed, label

    def __call__(self, items: range) -> np.ndarray:
        """uint8 (items, windows, h, w, c)."""
        labels = np.array([self.label_of(item) for item in items], np.int32) if self.run.labels else None
        images = self.source.pictures(self.sampler, items, labels, self.seed)
        return images.reshape(len(items), self.source.windows, *images.shape[1:])

    def label_of(self, item: int) -> int:
        """The number of an item's label; 0 where there are none."""
        return item % max(len(self.run.labels), 1) if self.label is None else self.label


def _label_number(run: PictureRun, label: str | None) -> int | None:
    if label is None:
        return None
    if label not in run.labels:
        known = ", ".join(run.labels) or "none: it was trained without --conditional"
        raise InputError(f"the run has no label {label!r}; its labels are {known}")
    return run.labels.index(label)


def _sheet_is_whole(output: Path, count: int) -> bool:
    done = items_done(output / "manifest.csv")
    return (output / "sheet.png").exists() and done.issuperset(range(min(SHEET_ITEMS, count)))


def _write_sheet(draw: Drawing, blocks: Blocks, output: Path) -> None:
    """The window that the source shows of the first SHEET_ITEMS items, to look at."""
    shown = itertools.takewhile(lambda items: items[0] < SHEET_ITEMS, blocks)
    images = np.concatenate([draw(items)[:, draw.source.shown] for items in shown])[:SHEET_ITEMS]
    with atomic(output / "sheet.png") as path:
        Image.fromarray(np.squeeze(sheet(images, across=min(10, len(images))))).save(path)


def _write(
    draw: Drawing, output: Path, formats: tuple[str, ...], tempo: Tempo | None, item: int, images: np.ndarray
) -> dict[str, Any]:
    """Write one item in every format; its row of the manifest."""
    codec, labels = draw.run.codec, draw.run.labels
    piece = codec.decode(images, tempo=tempo)
    files = write_formats(output, formats, item, images, codec, piece, tempo)
    return {
        "item": item,
        "seed": draw.seed,
        **draw.source.about(item),
        "label": labels[draw.label_of(item)] if labels else "",
        "files": " ".join(files),
        "density": round(float(cells_of(images, codec).density.mean()), 6),
        "notes": len(piece),
    }
