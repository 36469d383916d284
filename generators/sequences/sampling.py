"""Pieces that a sequence model goes on with, streamed to disk: what `python -m generators.sample` does for these models.

As in `generators.pictures.sampling`: item i of seed s is a function of the run, the primer, s and i, made alone or with
others.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from generators.pictures.watch import sheet
from generators.samples import Blocks, check_formats, check_items, fingerprint_of, make_items, with_record, write_formats
from generators.sequences.continuing import BATCH, continued
from generators.sequences.figures import columns_in_bar, figures_of
from generators.sequences.opening import SequenceRun
from generators.sequences.primers import Primer, from_file, held_out, nothing
from generators.sequences.watch import pictures_of
from midi.codecs.grid import MAX_COLUMNS
from midi.columns import images_of, piece_of
from training.cli import InputError
from training.files import atomic


@dataclass(frozen=True)
class Settings:
    """How pieces are continued; kept in `sample.json`, and what a continued call must agree with."""

    count: int = 16
    """Items in all."""
    seed: int = 0
    """Of all draws."""
    columns: int | None = None
    """Columns that are said; None: 16 bars."""
    temperature: float = 1.0
    """Above 1 bolder, below 1 safer; 0 always takes what is most probable."""
    top_p: float = 0.98
    """States of a pitch that together have this share are drawn from; 1: all."""
    longest: float = 2.0
    """Bars that a note is held at most; 0: as long as the model wants."""
    primer: str | None = None
    """MIDI file that all items go on from."""
    held_out: bool = False
    """Items go on from the beginnings of the run's test pieces."""
    primer_columns: int | None = None
    """Columns of the primer that are heard, from its beginning; None: all of a file, 8 bars of a test piece."""
    only_new: bool = False
    """Leave the primer out of what is written."""
    formats: tuple[str, ...] = ("midi",)
    """Some of `generators.samples.FORMATS`."""
    tempo: int | None = None
    """Microseconds a quarter; None: the codec's."""

    def __post_init__(self) -> None:
        check_formats(self.formats)
        for name, least in (("count", 1), ("seed", 0), ("columns", 1), ("primer_columns", 1)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise InputError(f"--{name.replace('_', '-')} must be {least} or more; received {value}")
        if self.columns is not None and self.columns > MAX_COLUMNS:
            raise InputError(f"--columns must be at most {MAX_COLUMNS:,}; received {self.columns:,}")
        if not 0 <= self.temperature <= 100:
            raise InputError(f"--temperature must be from 0 to 100; received {self.temperature:g}")
        if not 0 < self.top_p <= 1:
            raise InputError(f"--top-p must be above 0 and at most 1; received {self.top_p:g}")
        if not 0 <= self.longest <= MAX_COLUMNS:
            raise InputError(f"--longest must be 0 or more; received {self.longest:g}")
        if self.primer and self.held_out:
            raise InputError("expected one of --primer and --held-out; received both")
        if self.primer_columns and not (self.primer or self.held_out):
            raise InputError("--primer-columns is of a --primer or of --held-out; received neither")


def sample(
    run: str | os.PathLike,
    output: str | os.PathLike,
    settings: Settings,
    *,
    items: Collection[int] | None = None,
    cache: Path | None = None,
    progress: Callable[[Iterable, int], Iterable] = lambda blocks, total: blocks,
) -> Path:
    """Continue `settings.count` pieces into the folder `output`; the path of its manifest.

    items: make these alone. InputError: as SequenceRun, primers; a folder that holds something else; draws of a model whose
    head draws nothing.
    """
    opened, output = SequenceRun(run), Path(output)
    if opened.model.config.head == "values" and _draws(settings) != _draws(Settings()):
        raise InputError(
            f"{run} says values: --temperature, --top-p and --longest are for models of --head classes or joint"
        )
    blocks = Blocks(settings.count, BATCH)
    check_items(blocks, items)
    primer = primer_of(opened, settings, cache)
    columns = settings.columns or 16 * columns_in_bar(opened.codec)
    facts = {"run": os.path.abspath(run), "weights": fingerprint_of(opened.model), **asdict(settings)}
    with_record(output, facts | {"columns": columns})

    longest = round(settings.longest * columns_in_bar(opened.codec))
    speaker = opened.module.speaker(opened.model, opened.codec, BATCH, longest)

    def written(members: range, missing: list[int]) -> list[dict[str, Any]]:
        primers = [primer(item) for item in members]
        heard = [columns_ for _, columns_ in primers]
        draws = {"seed": settings.seed, "temperature": settings.temperature, "top_p": settings.top_p}
        said = continued(speaker, opened.codec, heard, columns, members, **draws)
        if members[0] == 0 and items is None:
            _write_sheet(output / "sheet.png", heard, list(said), opened)
        return [
            _write(output, settings, item, *primers[item - members[0]], said[item - members[0]], opened) for item in missing
        ]

    return make_items(output, blocks, written, items=items, progress=progress)


def _draws(settings: Settings) -> tuple[float, ...]:
    return settings.temperature, settings.top_p, settings.longest


def primer_of(opened: SequenceRun, settings: Settings, cache: Path | None = None) -> Primer:
    """Where the items start from."""
    if settings.primer:
        return from_file(settings.primer, opened.codec, settings.primer_columns)
    if settings.held_out:
        return held_out(opened, settings.primer_columns or 8 * columns_in_bar(opened.codec), cache)
    return nothing(opened.codec)


def _write(
    output: Path, settings: Settings, item: int, name: str, heard: np.ndarray, said: np.ndarray, opened: SequenceRun
) -> dict[str, Any]:
    """Write one item in every format; its row of the manifest."""
    columns = said if settings.only_new else np.concatenate([heard, said])
    piece, images = piece_of(columns, opened.codec, settings.tempo), images_of(columns, opened.codec)
    files = write_formats(output, settings.formats, item, images, opened.codec, piece, settings.tempo)
    figures = {key: round(value, 4) for key, value in figures_of(said, columns_in_bar(opened.codec)).items()}
    row = {"item": item, "seed": settings.seed, "primer": name, "primer_columns": len(heard), "files": " ".join(files)}
    return row | figures | {"notes": len(piece)}


def _write_sheet(path: Path, heard: list[np.ndarray], said: list[np.ndarray], opened: SequenceRun) -> None:
    """What was heard (the end of it) and what was said, of the first items, to look at."""
    ends = [columns[-len(said[0]) :] for columns in heard]
    with atomic(path) as temporary:
        Image.fromarray(np.squeeze(sheet(pictures_of(ends, said, opened.codec), across=1))).save(temporary)
