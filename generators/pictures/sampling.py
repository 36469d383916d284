"""Pictures by the thousand from a trained run, streamed to disk: what `python -m generators.sample` does.

Items are made in blocks of a fixed size, so that any of them can be made again alone: item i of seed s is a function of
the run, s and i. `manifest.csv` gets a row once an item's files are whole; the same call after a kill goes on behind it.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from generators.formats import check_formats, write_formats
from generators.pictures.generator import BATCH, BINARISATIONS, Generator
from generators.pictures.latents import Source, seed_of
from generators.pictures.statistics import cells_of
from generators.pictures.watch import sheet
from generators.samples import Blocks, check_items, items_done, make_items, with_record
from training.cli import InputError
from training.files import atomic

SHEET = 100
"""Items that the contact sheet shows."""


@dataclass(frozen=True)
class Settings:
    """How samples are made; kept in `sample.json`, and what a continued call must agree with."""

    source: str
    """In words: where the latents come from."""
    count: int
    """Items in all."""
    seed: int
    """Of their latents, and of what `binarise` draws."""
    formats: tuple[str, ...] = ("midi",)
    """Some of `generators.formats.FORMATS`."""
    binarise: str = "calibrated"
    """One of BINARISATIONS."""
    label: str | None = None
    """Make pictures of this label; None: of all labels in turn."""
    tempo: int | None = None
    """Microseconds a quarter; None: the codec's."""

    def __post_init__(self) -> None:
        check_formats(self.formats)
        if self.binarise not in BINARISATIONS:
            raise InputError(f"--binarise knows {', '.join(BINARISATIONS)}; received {self.binarise!r}")
        if self.count < 1:
            raise InputError(f"--count must be 1 or more; received {self.count}")
        if self.seed < 0:
            raise InputError(f"--seed must be 0 or more; received {self.seed}")


def sample(
    generator: Generator,
    source: Source,
    output: str | os.PathLike,
    settings: Settings,
    *,
    items: Collection[int] | None = None,
    progress: Callable[[Iterable, int], Iterable] = lambda blocks, total: blocks,
) -> Path:
    """Make the items of `source` into the folder `output`; the path of its manifest.

    items: make these alone. InputError: a folder that holds something else, a label that the run has not, an item that
    `source` has not.
    """
    output = Path(output)
    label = _label_number(generator, settings.label)
    whole = blocks_of(source)
    check_items(whole, items)
    with_record(output, {"run": os.path.abspath(generator.run), "weights": generator.fingerprint(), **asdict(settings)})
    done = items_done(output / "manifest.csv")
    if items is None and not ((output / "sheet.png").exists() and done.issuperset(range(min(SHEET, len(source))))):
        _write_sheet(generator, source, output, settings, label)

    def written(members: range, missing: list[int]) -> list[dict[str, Any]]:
        made = make(generator, source, members, settings, label)
        return [_write(generator, output, settings, item, made[item - members[0]], label) for item in missing]

    return make_items(output, whole, written, items=items, progress=progress)


def blocks_of(source: Source) -> Blocks:
    """The items that are made together: as many as fill a batch with their windows."""
    return Blocks(len(source), max(1, BATCH // source.windows))


def _write_sheet(generator: Generator, source: Source, output: Path, settings: Settings, label: int | None) -> None:
    """The first window of the first SHEET items, to look at."""
    blocks = itertools.takewhile(lambda members: members[0] < SHEET, blocks_of(source))
    made = np.concatenate([make(generator, source, members, settings, label)[:, 0] for members in blocks])[:SHEET]
    with atomic(output / "sheet.png") as path:
        Image.fromarray(np.squeeze(sheet(made, across=min(10, len(made))))).save(path)


def make(generator: Generator, source: Source, members: range, settings: Settings, label: int | None) -> np.ndarray:
    """The pictures of a block of items: uint8 (items, windows, h, w, c)."""
    latents = np.concatenate([source(item) for item in members])
    owner = np.repeat(np.array(members), source.windows)
    labels = (owner % max(len(generator.labels), 1) if label is None else np.full(len(owner), label)).astype(np.int32)
    draws = [seed_of(settings.seed, item, window, 1) for item in members for window in range(source.windows)]
    images = generator.images(generator.values(latents, labels), settings.binarise, draws)
    return images.reshape(len(members), source.windows, *images.shape[1:])


def _label_number(generator: Generator, label: str | None) -> int | None:
    if label is None:
        return None
    if label not in generator.labels:
        known = ", ".join(generator.labels) or "none: it was trained without --conditional"
        raise InputError(f"the run has no label {label!r}; its labels are {known}")
    return generator.labels.index(label)


def _write(
    generator: Generator, output: Path, settings: Settings, item: int, images: np.ndarray, label: int | None
) -> dict[str, Any]:
    """Write one item in every format; its row of the manifest."""
    piece = generator.codec.decode(images, tempo=settings.tempo)
    files = write_formats(output, settings.formats, item, images, generator.codec, piece, settings.tempo)
    names = generator.labels
    return {
        "item": item,
        "seed": settings.seed,
        "label": names[item % len(names) if label is None else label] if names else "",
        "files": " ".join(files),
        "density": round(float(cells_of(images, generator.codec).density.mean()), 6),
        "notes": len(piece),
    }
