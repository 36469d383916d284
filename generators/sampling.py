"""Pictures by the thousand from a trained run, streamed to disk: what `python -m generators.sample` does.

Items are made in blocks of a fixed size, so that any of them can be made again alone: item i of seed s is a function of
the run, s and i. `manifest.csv` gets a row once an item's files are whole; the same call after a kill goes on behind it.
"""

from __future__ import annotations

import csv
import itertools
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from generators.generator import BATCH, BINARISATIONS, Generator
from generators.latents import Source, seed_of
from generators.statistics import cells_of
from generators.watch import sheet
from midi.codecs.codec import Encoded
from midi.notes import Piece
from training.cli import InputError
from training.files import atomic, read_json, write_json
from training.runs import versions

COMMAND = "generators.sample"
FORMATS = ("midi", "png", "npy", "wav")
SHEET = 100
"""Items that the contact sheet shows."""
COLUMNS = ("item", "seed", "label", "files", "density", "notes")


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
    """Some of FORMATS."""
    binarise: str = "calibrated"
    """One of BINARISATIONS."""
    label: str | None = None
    """Make pictures of this label; None: of all labels in turn."""
    tempo: int | None = None
    """Microseconds a quarter; None: the codec's."""

    def __post_init__(self) -> None:
        for name in self.formats:
            if name not in FORMATS:
                raise InputError(f"--format knows {', '.join(FORMATS)}; received {name!r}")
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
    wanted = range(len(source)) if items is None else sorted(set(items))
    if len(wanted) and not 0 <= wanted[0] <= wanted[-1] < len(source):
        raise InputError(f"items are numbered from 0 to {len(source) - 1}; received {wanted[0]} to {wanted[-1]}")
    with_record(output, {"run": os.path.abspath(generator.run), "weights": generator.fingerprint(), **asdict(settings)})
    done = _done(output / "manifest.csv")
    if items is None and not ((output / "sheet.png").exists() and done.issuperset(range(min(SHEET, len(source))))):
        _write_sheet(generator, source, output, settings, label)
    whole = blocks_of(source)
    blocks = whole if items is None else [whole[number] for number in sorted({item // len(whole[0]) for item in wanted})]
    for members in progress(blocks, len(blocks)):
        missing = [item for item in members if item not in done and item in wanted]
        if missing:
            made = make(generator, source, members, settings, label)
            rows = [_write(generator, output, settings, item, made[item - members[0]], label) for item in missing]
            _append(output / "manifest.csv", rows)
    return output / "manifest.csv"


def blocks_of(source: Source) -> Sequence[range]:
    """The items that are made together: as many as fill a batch with their windows."""
    return Blocks(len(source), max(1, BATCH // source.windows))


@dataclass(frozen=True)
class Blocks(Sequence):
    """Ranges of `size` numbers below `total`; made when asked for, however many there are."""

    total: int
    size: int

    def __len__(self) -> int:
        return -(-self.total // self.size)

    def __getitem__(self, number: int) -> range:
        if not 0 <= number < len(self):
            raise IndexError(number)
        return range(number * self.size, min((number + 1) * self.size, self.total))


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


def with_record(output: Path, record: dict[str, Any]) -> None:
    """Claim the folder for samples of `record`. InputError: it holds something else, or samples of other settings."""
    path = output / "sample.json"
    held = {entry.name for entry in output.iterdir()} if output.exists() else set()
    if path.name in held:
        before = read_json(path)
        differing = [name for name in record if before.get(name) != _plain(record[name]) and name != "count"]
        begun = len(held) > 1 or before.get("command") != COMMAND
        if differing and begun:
            raise InputError(f"{output} holds samples of other settings ({', '.join(differing)}); give another --output")
    elif held:
        raise InputError(f"{output} is not empty and holds no samples; give another --output")
    write_json(path, {"command": COMMAND, **record, "versions": versions()})


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _label_number(generator: Generator, label: str | None) -> int | None:
    if label is None:
        return None
    if label not in generator.labels:
        known = ", ".join(generator.labels) or "none: it was trained without --conditional"
        raise InputError(f"the run has no label {label!r}; its labels are {known}")
    return generator.labels.index(label)


def _done(manifest: Path) -> set[int]:
    """The items whose rows are whole; half a row that a kill left is cut off."""
    if not manifest.exists():
        return set()
    text = manifest.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        with atomic(manifest) as temporary:
            temporary.write_text(whole, encoding="utf-8")
    return {int(row["item"]) for row in csv.DictReader(whole.splitlines())}


def _append(manifest: Path, rows: list[dict[str, Any]]) -> None:
    with manifest.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if not file.tell():  # new, or a kill left nothing whole in it
            writer.writeheader()
        writer.writerows(rows)
        file.flush()
        os.fsync(file.fileno())


def _write(
    generator: Generator, output: Path, settings: Settings, item: int, images: np.ndarray, label: int | None
) -> dict[str, Any]:
    """Write one item in every format; its row of the manifest."""
    piece = generator.codec.decode(images, tempo=settings.tempo)
    files = [path.relative_to(output).as_posix() for path in _files(generator, output, settings, item, images, piece)]
    names = generator.labels
    return {
        "item": item,
        "seed": settings.seed,
        "label": names[item % len(names) if label is None else label] if names else "",
        "files": " ".join(files),
        "density": round(float(cells_of(images, generator.codec).density.mean()), 6),
        "notes": len(piece),
    }


def _files(
    generator: Generator, output: Path, settings: Settings, item: int, images: np.ndarray, piece: Piece
) -> Iterator[Path]:
    name = f"{item:06d}"
    for kind in settings.formats:
        path = output / kind / f"{name}.{'mid' if kind == 'midi' else kind}"
        path.parent.mkdir(exist_ok=True)
        if kind == "midi":
            from midi.writing import write

            write(path, piece)
        elif kind == "png":
            from midi.picture import save

            count = len(images)
            save(path, Encoded(images, np.arange(count), np.zeros(count, int), {}), generator.codec, tempo=settings.tempo)
        elif kind == "npy":
            with atomic(path) as temporary:
                np.save(temporary, images)
        else:
            from midi.rendering import render

            render(piece, path)
        yield path
