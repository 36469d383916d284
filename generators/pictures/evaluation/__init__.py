"""How like the held-out data are a generator's samples, and are they its own? Figures, pictures and sounds of a run.

Samples are those of `generators.sample` with the same seed. Held-out pictures of one file are alike, and the bootstrap takes
each picture for itself: intervals are somewhat too narrow.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from generators.contract import PictureSampler, run_family
from generators.pictures import PictureEvaluateOptions
from generators.pictures.data import PictureRun, RunData, data_of
from generators.pictures.evaluation.continuations import go_on
from generators.pictures.evaluation.copies import COPY_DISTANCE, DRAWN_PAIRS, Nearest, nearest
from generators.pictures.evaluation.exhibits import draw_pictures, listen
from generators.pictures.evaluation.likeness import MIN_PICTURES, PictureSet, likeness
from generators.pictures.items import blocks_of, draws_of
from generators.pictures.sampling import Drawing
from generators.pictures.statistics import Statistics, blocks, cells_of
from midi.codecs.codec import Codec
from midi.measures.report import record as record_of_measures
from training.cli import log
from training.errors import InputError
from training.files import outputs_of_runs, refuse_filled, write_json
from training.options import check
from training.report import write_report
from training.runs import versions
from training.runs.lock import idle

HELD_OUT_PICTURES = 1_000
"""Held-out pictures that samples are compared with, at most."""


def evaluate(options: PictureEvaluateOptions) -> list[dict[str, Any]]:
    """Evaluate runs one after the other; the record of each, which is also written to `evaluation.json`.

    Each run's `report.html` is written again. InputError, before anything is generated: not a run of a generator, results
    that exist, numbers out of range; else: a run in training, data that are gone or others, too small a test part.
    """
    check(options)
    folders = outputs_of_runs(options.runs, options.output)
    for run, folder in zip(options.runs, folders, strict=True):
        run_family(run)
        refuse_filled(folder, options.force)
    return [_evaluate(run, folder, options) for run, folder in zip(options.runs, folders, strict=True)]


def _evaluate(run: Path, output: Path, options: PictureEvaluateOptions) -> dict[str, Any]:
    with idle(run):
        record = _figures(run, output, options)
        write_json(output / "evaluation.json", record)
        write_report(run, output)
    return record


def _figures(run: Path, output: Path, options: PictureEvaluateOptions) -> dict[str, Any]:
    """Everything that is found out about a run; its pictures and sounds lie in `output`."""
    stage = Stopwatch()
    with stage("opening"):
        opened = PictureRun(run)
        sampler, about = opened.sampler(options.binarise), data_of(opened, options.data, options.cache)
        if len(about.split.test) < MIN_PICTURES:
            few = len(about.split.test)
            raise InputError(f"the test part of {run} has {few} pictures; {MIN_PICTURES} are needed: train on more files")
        codec, chosen = opened.codec, about.held_out(HELD_OUT_PICTURES, options.seed)
    with stage("sampling"):
        images, labels = samples_of(opened, sampler, options.count, options.seed)
    with stage("measuring"):
        samples = PictureSet.of("samples", images, codec, labels)
        held_out = PictureSet.of("held-out data", about.corpus[chosen], codec, about.labels(chosen, opened.labels))
    with stage("comparing"):
        found = likeness(held_out.measured.table, samples.measured.table, seed=options.seed)
    with stage("looking for copies"):
        copies, used = _copies(about, codec, samples, held_out)
    with stage("test loss"):
        loss = about.loss(opened)
    with stage("going on and filling in"):
        kept = go_on(opened, sampler, about, images, options.continuations, options.seed, output)
    with stage("drawing"):
        drawn = draw_pictures(output, opened, sampler, samples, held_out, about, chosen, copies)
    with stage("rendering"):
        heard = listen(samples, held_out, codec, output)
    sets = [held_out.measured, samples.measured]
    return {
        "command": "generators.evaluate",
        "run": os.fspath(run),
        "model": opened.record["model"],
        "weights": opened.fingerprint(),
        "options": {name: getattr(options, name) for name in ("count", "seed", "binarise", "continuations")}
        | {"held_out": len(chosen)},
        "versions": versions(),
        "parts": {name: len(getattr(about.split, name)) for name in ("train", "validation", "test")},
        "pictures": _pictures(opened.statistics, used, samples, held_out),
        "likeness": found.record(),
        "loss": loss,
        "copies": _pairs(about, copies),
        "labels": _by_label(opened.labels, samples, held_out),
        **kept,
        "listening": heard,
        "measures": record_of_measures(sets, found.against, found.floor),
        "files": drawn,
        "seconds": stage.seconds,
    }


def samples_of(run: PictureRun, sampler: PictureSampler, count: int, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
    """(pictures, label numbers or None) of the items 0 to count - 1 of `generators.sample` with that seed."""
    draw = Drawing(run, sampler, draws_of(sampler, count, seed), seed)
    images = np.concatenate([draw(items)[:, 0] for items in blocks_of(draw.source, sampler)])
    return images, np.arange(count) % len(run.labels) if run.labels else None


def _copies(
    about: RunData, codec: Codec, samples: PictureSet, held_out: PictureSet
) -> tuple[dict[str, Nearest], np.ndarray]:
    """(the nearest training pictures of samples and of held-out pictures, the rows of cells that training pictures use)."""
    used = np.zeros_like(samples.cells.used)

    def training() -> Iterator[np.ndarray]:
        for images in blocks(about.corpus, about.split.train):
            np.logical_or(used, cells_of(images, codec).used, out=used)
            yield images

    found = nearest(np.concatenate([samples.images, held_out.images]), training(), codec)
    count = len(samples)
    sides = {"samples": slice(None, count), "held_out": slice(count, None)}
    return {name: Nearest(found.distance[part], found.index[part]) for name, part in sides.items()}, used


def _pairs(about: RunData, copies: dict[str, Nearest]) -> dict[str, Any]:
    """The copy test as JSON, with the samples that are nearest to training pictures."""
    found, closest = copies["samples"], copies["samples"].closest(DRAWN_PAIRS)
    files = about.names(about.split.train[found.index[closest]])
    pairs = [
        {"item": int(item), "distance": float(found.distance[item]), "file": file, "picture": int(found.index[item])}
        for item, file in zip(closest, files, strict=True)
    ]
    return {"threshold": COPY_DISTANCE, **{name: side.record() for name, side in copies.items()}, "closest": pairs}


def _pictures(statistics: Statistics, used: np.ndarray, samples: PictureSet, held_out: PictureSet) -> dict[str, Any]:
    """Density, pitches and empty pictures of all three parts; pitches_share: of the training part's pitches."""
    found: dict[str, Any] = {
        "training": {"density": statistics.density, "pitches": int(used.sum()), "empty": statistics.empty}
    }
    for name, one in (("held_out", held_out), ("samples", samples)):
        found[name] = {
            "density": float(one.cells.density.mean()),
            "pitches": int(one.cells.used.sum()),
            "pitches_share": float((one.cells.used & used).sum() / used.sum()),
            "empty": float((one.cells.density == 0).mean()),
        }
    return found


def _by_label(labels: tuple[str, ...], samples: PictureSet, held_out: PictureSet) -> dict[str, Any]:
    """Of each label: density of samples and data, overlaps as in `Likeness.record`; empty without labels."""
    found = {}
    for number, label in enumerate(labels):
        mine, data = samples.labels == number, held_out.labels == number
        enough = min(mine.sum(), data.sum()) >= MIN_PICTURES
        found[label] = {
            "samples": int(mine.sum()),
            "held_out": int(data.sum()),
            "density": _mean(samples.cells.density[mine]),
            "density_of_data": _mean(held_out.cells.density[data]),
            "likeness": likeness(held_out.chosen(data), samples.chosen(mine), repeats=0).record() if enough else None,
        }
    return found


def _mean(values: np.ndarray) -> float | None:
    return float(values.mean()) if len(values) else None


class Stopwatch:
    """How long the stages took: `with watch("stage"):` adds to `watch.seconds["stage"]`, and logs the stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        took = time.perf_counter() - began
        self.seconds[stage] = round(self.seconds.get(stage, 0.0) + took, 2)
        log(f"{stage}: {took:.1f} s")
