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
from generators.pictures.filling import continuation, filling, strip_of
from generators.pictures.holes import hole_of
from generators.pictures.latent_sampler import LatentSampler
from generators.pictures.latents import Drawn, Grid, between_files, variations, windows_of
from generators.pictures.sources import Draws, Source
from generators.pictures.statistics import cells_of
from generators.primers import BARS
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
from training.errors import InputError
from training.files import atomic
from training.options import check

SHEET_ITEMS = 100
"""Items that the contact sheet shows."""
WAYS = ("grid", "interpolate", "around", "primer", "fill")
"""Options that each say what items are."""
LATENT_OPTIONS = ("grid", "interpolate", "around", "similarity", "spread")
"""Options of models with latents."""
CELL_OPTIONS = ("temperature", "primer", "fill", "overlap_bars")
"""Options of models that draw cells."""


def sample(
    options: PictureSampleOptions, progress: Callable[[Iterable, int], Iterable] = lambda blocks, total: blocks
) -> Path:
    """Generate what `options` ask for into their folder; the path of its manifest.

    InputError: options that exclude each other or that the model cannot follow, a file that cannot be used, a folder that
    holds something else, a label that the run has not, an item that there is not.
    """
    check(options)
    _refuse(options)
    formats = formats_of(options.format)
    check_formats(formats)
    run = PictureRun(options.run)
    sampler, label = run.sampler(options.binarise, options.guidance), _label_number(run, options.label)
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
            "label": options.label,
            "tempo": options.microseconds,
        },
    )
    draw = Drawing(run, sampler, source, options.seed, label)
    if not options.items and not _sheet_is_whole(options.output, len(source)):
        _write_sheet(draw, blocks, options.output)

    def written(members: range, missing: list[int]) -> list[dict[str, Any]]:
        images = draw(members)
        return [_write(draw, options, formats, item, images[item - members[0]]) for item in missing]

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


def source_of(run: PictureRun, sampler: PictureSampler, options: PictureSampleOptions) -> tuple[Source, str]:
    """The items that the options ask for, and what they are in words. InputError: the model has no way to them."""
    latents = isinstance(sampler, LatentSampler)
    if asked := _given(options, CELL_OPTIONS if latents else LATENT_OPTIONS):
        reason = "makes whole pictures of latents" if latents else "has no latents"
        advice = ": train a model that draws cells, such as pixelcnn" if latents else ""
        raise InputError(f"{run.record['model']} {reason}, so there is no {' '.join(asked)}{advice}")
    return _of_latents(run, sampler, options) if isinstance(sampler, LatentSampler) else _of_cells(run, sampler, options)


def _of_cells(run: PictureRun, sampler: PictureSampler, options: PictureSampleOptions) -> tuple[Source, str]:
    """`source_of` of a model that draws cells."""
    how = {"overlap": options.overlap_bars, "temperature": options.temperature}
    bars = BARS if options.bars is None else options.bars
    if options.fill:
        piece = strip_of(options.fill, run.codec)
        hole = hole_of(options.mask, run.codec, piece.shape[1])
        found = filling(run.codec, piece[None], hole, options.count, any_width=sampler.any_width, **how)
        return found, f"{' '.join(options.mask)} of {options.fill}, overlap {options.overlap_bars}"
    if options.primer:
        primer = strip_of(options.primer, run.codec, options.primer_columns)
        found = continuation(run.codec, primer[None], bars, options.count, only_new=options.only_new, **how)
        part = f"{options.primer}, {primer.shape[1]} columns" + ", left out" * options.only_new
        return found, f"{bars} bars after {part}, overlap {options.overlap_bars}"
    if options.bars:
        found = continuation(run.codec, None, options.bars, options.count, **how)
        return found, f"drawn, {options.bars} bars, overlap {options.overlap_bars}"
    return Draws(options.count, options.temperature), "drawn"


def _of_latents(run: PictureRun, sampler: LatentSampler, options: PictureSampleOptions) -> tuple[Source, str]:
    """`source_of` of a model with latents."""
    if options.interpolate:
        first, last = options.interpolate
        found = between_files(run, sampler, first, last, options.count, options.label)
        return found, f"{options.count} steps from {first} to {last}"
    if options.around:
        found = variations(run, sampler, options.around, options.count, options.seed, options.spread, options.label)
        return found, f"around {options.around}, spread {options.spread}"
    if options.grid:
        return Grid(sampler.prior), "grid"
    windows = windows_of(run.codec, options.bars)
    drawn = Drawn(sampler.prior, options.count, options.seed, windows, options.similarity)
    return drawn, f"drawn, {windows} windows, similarity {options.similarity}"


def draws_of(sampler: PictureSampler, count: int, seed: int) -> Source:
    """Plain draws, as `source_of` gives them by default."""
    return Drawn(sampler.prior, count, seed) if isinstance(sampler, LatentSampler) else Draws(count)


def blocks_of(source: Source, sampler: PictureSampler) -> Blocks:
    """The items that are generated together: as many as fill a batch with their windows."""
    return Blocks(len(source), max(1, sampler.batch // source.at_once))


def _refuse(options: PictureSampleOptions) -> None:
    """InputError: options that exclude each other, or that what is asked for would ignore."""
    ways = _given(options, WAYS)
    if len(ways) > 1:
        raise InputError(f"expected one of {', '.join(_named(WAYS))}; received {' and '.join(ways)}")
    idle = {
        "bars": bool(ways) and not options.primer,
        "count": options.grid,
        "similarity": options.bars is None or bool(options.primer),
        "spread": options.around is None,
        "primer_columns": options.primer is None,
        "only_new": options.primer is None,
        "mask": options.fill is None,
        "overlap_bars": not (options.primer or options.fill or options.bars),
    }
    if asked := _given(options, [name for name, ignored in idle.items() if ignored]):
        raise InputError(f"{asked[0]} does not go with {' '.join(ways) or 'plain draws'}: see --help")
    if options.fill and not options.mask:
        raise InputError("--fill draws anew what --mask says, as --mask 5-8bars; received no --mask")


def _given(options: PictureSampleOptions, names: Iterable[str]) -> list[str]:
    """Those of some options that are not at their defaults, as a user writes them."""
    return _named(name for name in names if getattr(options, name) != getattr(PictureSampleOptions, name))


def _named(names: Iterable[str]) -> list[str]:
    return ["--" + name.replace("_", "-") for name in names]


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
    draw: Drawing, options: PictureSampleOptions, formats: tuple[str, ...], item: int, images: np.ndarray
) -> dict[str, Any]:
    """Write one item in every format; its row of the manifest."""
    codec, labels = draw.run.codec, draw.run.labels
    piece = codec.decode(images, tempo=options.microseconds)
    files = write_formats(options.output, formats, item, images, codec, piece, options.microseconds)
    return {
        "item": item,
        "seed": options.seed,
        "label": labels[draw.label_of(item)] if labels else "",
        "files": " ".join(files),
        "density": round(float(cells_of(images, codec).density.mean()), 6),
        "notes": len(piece),
    }
