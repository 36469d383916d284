"""Does a model that keeps known cells go on with held-out pieces, and fill them in, as the pieces themselves do?

Of the first bars of test pieces PROMPT_BARS are gone on with, beside what really follows and the prompt repeated, and the
joints of the pictures beside other bar lines; and HOLE_BARS behind them are drawn anew, with what really follows in sight:
how far from what was there, beside copying the bars before and beside draws that saw nothing.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from generators.contract import PictureSampler
from generators.pictures.data import PictureRun, RunData
from generators.pictures.filling import Songs, Strips, continuation, filling
from generators.pictures.items import blocks_of
from generators.pictures.latent_sampler import LatentSampler
from generators.primers import PROMPT_BARS
from generators.samples import sheet, side_by_side
from midi.codecs.strip import StripCodec
from midi.columns import check_columns
from midi.measures.continuation import columns_in_bar, compared, distance_table, seam_table, table_of
from midi.stitch import join
from training.cli import log
from training.errors import InputError
from training.files import atomic

GENERATED_BARS, HOLE_BARS = 8, 4
"""Bars that are generated after PROMPT_BARS, and that are filled in there."""


def go_on(
    run: PictureRun, sampler: PictureSampler, about: RunData, samples: np.ndarray, count: int, seed: int, output: Path
) -> dict[str, Any]:
    """{"continuations": figures or None, "filling": figures or None} of up to `count` test pieces.

    samples: pictures that saw nothing, uint8 (pictures, h, w, c). What the model cannot do, and too few pieces, are told.
    """
    found: dict[str, Any] = {"continuations": None, "filling": None}
    if isinstance(sampler, LatentSampler) or not count:
        return found
    try:
        held_out = HeldOut(run, about, count, seed)
    except InputError as error:
        log(f"not gone on with test pieces: {error}")
        return found
    works = {
        "continuations": lambda: held_out.continued(sampler, output),
        "filling": lambda: held_out.filled(sampler, samples),
    }
    for name, work in works.items():
        try:
            found[name] = work()
        except InputError as error:
            log(f"no {name} of test pieces: {error}")
    return found


class HeldOut:
    """The beginnings of test pieces, PROMPT_BARS and GENERATED_BARS long; the first `count` are what is gone on with.

    InputError: fewer than two, a codec without columns, pictures that do not follow each other.
    """

    def __init__(self, run: PictureRun, about: RunData, count: int, seed: int) -> None:
        check_columns(run.codec)
        self.codec, self.seed = run.codec, seed
        self.bar = columns_in_bar(run.codec)
        self.prompt, self.end = PROMPT_BARS * self.bar, (PROMPT_BARS + GENERATED_BARS) * self.bar
        pictures, self.pieces = about.beginnings(run.codec, self.end)
        if len(pictures) < 2:
            bars = PROMPT_BARS + GENERATED_BARS
            raise InputError(f"{len(pictures)} of them last {bars} bars; two are needed: train on more files")
        self.count = min(count, len(pictures))
        self.names = tuple(about.names(pictures[: self.count]))
        self.labels = about.labels(pictures[: self.count], run.labels)

    def continued(self, sampler: PictureSampler, output: Path) -> dict[str, Any]:
        """Figures beside those of all real pieces; draws both for `output`."""
        prompts = Songs(self.codec, self.pieces[: self.count, :, : self.prompt], self.names)
        source = continuation(prompts, GENERATED_BARS, self.count)
        generated, real = rolls(self._drawn(source, sampler), self.codec), rolls(self.pieces, self.codec)
        parts = real[:, self.prompt :], generated[:, self.prompt :], real[: self.count, : self.prompt]
        seams = (seam_table(each, [source.joints] * len(each), self.bar) for each in (real, generated))
        self._draw(output / "continuations.png", real[: self.count], generated)
        return {
            "pieces": {"real": len(real), "generated": self.count, "names": self.names},
            "bars": {"prompt": PROMPT_BARS, "generated": GENERATED_BARS},
            "joints": list(source.joints),
            "figures": compared(*(table_of(each, self.bar) for each in parts)),
            "seams": compared(*seams),
            "file": "continuations.png",
        }

    def filled(self, sampler: PictureSampler, samples: np.ndarray) -> dict[str, Any]:
        """Mean distances from the true bars, and in how many pieces what is filled in is nearer than the bars before."""
        first, last = self.prompt, self.prompt + HOLE_BARS * self.bar
        hole = np.zeros(self.pieces.shape[1:3], bool)
        hole[:, first:last] = True
        songs = Songs(self.codec, self.pieces[: self.count], self.names)
        source = filling(songs, hole, self.count, any_width=sampler.any_width)
        truth = rolls(self.pieces[: self.count], self.codec)
        ways = {
            "filled": rolls(self._drawn(source, sampler), self.codec)[:, first:last],
            "copied": truth[:, first - (last - first) : first],
            "unseen": rolls(self._unseen(samples, last - first), self.codec),
        }
        tables = {name: distance_table(columns, truth[:, first:last]) for name, columns in ways.items()}
        nearer = {name: tables["filled"][name] < tables["copied"][name] for name in tables["copied"]}
        return {
            "pieces": {"filled": self.count, "names": self.names},
            "bars": HOLE_BARS,
            "distances": {way: {name: float(each.mean()) for name, each in table.items()} for way, table in tables.items()},
            "nearer_than_copied": {name: float(each.mean()) for name, each in nearer.items()},
        }

    def _drawn(self, source: Strips, sampler: PictureSampler) -> np.ndarray:
        """uint8 (count, rows, columns, channels): all items of a source, up to where they end."""
        drawn = []
        for items in blocks_of(source, sampler):
            labels = None if self.labels is None else self.labels[items[0] : items[-1] + 1]
            drawn.append(source.strips(sampler, items, labels, self.seed))
        return np.concatenate(drawn)[:, :, : source.written[1]]

    def _unseen(self, samples: np.ndarray, columns: int) -> np.ndarray:
        """(count, rows, columns, channels) of samples, as many one after the other as it takes; all in turn."""
        several = -(-columns // self.codec.columns)
        chosen = np.arange(self.count * several) % len(samples)
        return np.stack([join(samples[numbers])[:, :columns] for numbers in chosen.reshape(self.count, several)])

    def _draw(self, path: Path, real: np.ndarray, generated: np.ndarray) -> None:
        """Of every piece what is real and, beside it, the prompt and what is generated."""
        both = np.stack([real, generated], axis=1).reshape(-1, *real.shape[1:])
        shown = side_by_side(both[:, : self.prompt], both[:, self.prompt :], self.codec.top)
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic(path) as temporary:
            Image.fromarray(np.squeeze(sheet(shown, across=2))).save(temporary)


def rolls(strips: np.ndarray, codec: StripCodec) -> np.ndarray:
    """uint8 (pieces, rows, columns, channels) -> classes (pieces, columns, rows)."""
    return replace(codec, columns=strips.shape[2]).classes(strips).transpose(0, 2, 1)
