"""Numbered samples on disk, block by block, that go on after a kill: sample.json, manifest.csv, a folder a format."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from midi.codecs.codec import REST, Codec, Encoded
from midi.notes import Piece
from midi.tempo import Tempo
from training.errors import InputError
from training.files import atomic, read_json, write_json
from training.runs import versions

COMMAND = "generators.sample"
FORMATS = ("midi", "png", "npy", "wav")
"""What MIDI samples are written as."""
GREYS = np.array([0, 255, 150, 0], np.uint8)
"""Of REST, ONSET and SUSTAIN cells, and of those beyond the end of a piece."""


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


def items_done(manifest: Path) -> set[int]:
    """The items whose rows are whole; half a row that a kill left is cut off."""
    if not manifest.exists():
        return set()
    text = manifest.read_text(encoding="utf-8", errors="surrogateescape")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        with atomic(manifest) as temporary:
            temporary.write_text(whole, encoding="utf-8", errors="surrogateescape")
    return {int(row["item"]) for row in csv.DictReader(whole.splitlines())}


def append(manifest: Path, rows: list[dict[str, Any]]) -> None:
    """Add rows, one an item whose files are whole."""
    with manifest.open("a", newline="", encoding="utf-8", errors="surrogateescape") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        if not file.tell():  # new, or a kill left nothing whole in it
            writer.writeheader()
        writer.writerows(rows)
        file.flush()
        os.fsync(file.fileno())


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


def seed_of(seed: int, *path: int) -> int:
    """A 64-bit seed of its own for every (seed, item, window ...)."""
    return int(np.random.SeedSequence([seed, *path]).generate_state(1, np.uint64)[0])


def fingerprint_of(model: keras.Model) -> str:
    """A name for a model's weights, however often they were saved: what was made with others is not continued."""
    digest = hashlib.sha256()
    for weight in model.get_weights():
        digest.update(weight.tobytes())
    return digest.hexdigest()[:16]


def hash_of(*files: str | os.PathLike | None) -> list[str]:
    """SHA-256 of the user's files that samples go on from: what was made of others is not continued. None has none.

    InputError: a file cannot be read.
    """
    found = []
    for path in files:
        if path is not None:
            try:
                with Path(path).open("rb") as file:
                    found.append(hashlib.file_digest(file, "sha256").hexdigest())
            except OSError as error:
                raise InputError(f"{path} cannot be read: {error.strerror}") from None
    return found


def check_items(blocks: Blocks, items: Collection[int] | None) -> None:
    """InputError: a number that no item has."""
    if items and not 0 <= min(items) <= max(items) < blocks.total:
        raise InputError(f"items are numbered from 0 to {blocks.total - 1}; received {min(items)} to {max(items)}")


def make_items(
    output: Path,
    blocks: Blocks,
    write: Callable[[range, list[int]], list[dict[str, Any]]],
    *,
    items: Collection[int] | None = None,
    progress: Callable[[Iterable, int], Iterable] = lambda blocks, total: blocks,
) -> Path:
    """Make what is not there yet of the items (of those in `items`, if given); the path of the manifest.

    write: (the items that are made together, those of them that are wanted) -> rows of the manifest, the files being whole.
    """
    done = items_done(output / "manifest.csv")
    chosen = blocks if items is None else [blocks[number] for number in sorted({item // blocks.size for item in items})]
    for members in progress(chosen, len(chosen)):
        missing = [item for item in members if item not in done and (items is None or item in items)]
        if missing:
            append(output / "manifest.csv", write(members, missing))
    return output / "manifest.csv"


def check_formats(formats: Sequence[str]) -> None:
    """InputError: a format that there is not."""
    for name in formats:
        if name not in FORMATS:
            raise InputError(f"--format knows {', '.join(FORMATS)}; received {name!r}")


def write_formats(
    output: Path,
    formats: Sequence[str],
    item: int,
    images: np.ndarray,
    codec: Codec | None,
    piece: Piece,
    tempo: Tempo | None,
) -> list[str]:
    """Write an item, a folder of `output` for each format; the paths below `output`."""
    found = []
    for kind in formats:
        path = output / kind / f"{item:06d}.{'mid' if kind == 'midi' else kind}"
        path.parent.mkdir(exist_ok=True)
        _write(path, kind, images, codec, piece, tempo)
        found.append(path.relative_to(output).as_posix())
    return found


def _write(path: Path, kind: str, images: np.ndarray, codec: Codec | None, piece: Piece, tempo: Tempo | None) -> None:
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


def sheet(images: np.ndarray, across: int = 8, border: int = 2) -> np.ndarray:
    """uint8 pictures (count, h, w, c) in rows of `across` with grey borders: (height, width, 1 or 3).

    Pictures of other than three channels show their brightest channel. To be looked at, not to be cut up again.
    """
    shown = images if images.shape[-1] == 3 else images[..., :3].max(axis=-1, keepdims=True)
    count, height, width, channels = shown.shape
    down = -(-count // across)
    out = np.full((down * (height + border) + border, across * (width + border) + border, channels), 96, np.uint8)
    for number, image in enumerate(shown):
        row, column = divmod(number, across)
        top, left = border + row * (height + border), border + column * (width + border)
        out[top : top + height, left : left + width] = image
    return out


def side_by_side(before: Sequence[np.ndarray], after: Sequence[np.ndarray], top: str) -> np.ndarray:
    """uint8 (pieces, rows, time, 1): of each piece what stood before, a grey line, what follows; the lowest pitch is below.

    before, after: (columns, rows) of classes; top: which pitch their first row is, "high" or "low". Notes are 150, their
    onsets 255. What is shorter than the longest is shown at the end, before the line, and at the beginning behind it.
    """
    most, longest = max(map(len, before)), max(map(len, after))
    shown = []
    for first, then in zip(before, after, strict=True):
        first = np.pad(first, ((most - len(first), 0), (0, 0)), constant_values=REST)
        then = np.pad(then, ((0, longest - len(then)), (0, 0)), constant_values=REST)
        line = np.full((first.shape[1], 1), 96, np.uint8)
        shown.append(np.concatenate([GREYS[first].T, line, GREYS[then].T], axis=1))
    found = np.stack(shown)
    return (found[:, ::-1] if top == "low" else found)[..., None]
