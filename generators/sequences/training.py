"""Training a sequence model from data to run directory: what `python -m generators.train` does, for Python users."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from generators.pictures.config import check_training
from generators.sequences.config import check
from generators.sequences.pieces import open_pieces, tell_short
from generators.sequences.watch import Watch
from generators.sequences.windows import batches
from midi.codecs import codec_named
from training.cli import tell
from training.devices.workers import is_chief, own_directory
from training.family import module_of
from training.fitting.fit import fit
from training.report import write_report
from training.runs import open_run
from training.runs.starting import start_from


def train(
    model: str,
    config: Any,
    *,
    data: str | os.PathLike | None = None,
    output: str | os.PathLike,
    seed: int = 0,
    devices: str = "1",
    init: str | os.PathLike | None = None,
    cache: Path | None = None,
    samples_every: int = 10,
    patience: int = 20,
) -> Path:
    """Train `model` (a sequence model of `generators.MODELS`) with `config`; the run directory.

    Options as `python -m generators.train --help` tells. InputError for data or a directory that cannot be used.
    """
    check(config)
    check_training(seed, samples_every, patience)
    module, codec = module_of("generators", model), codec_named(config.codec)
    pieces = open_pieces(data, codec, seed, cache)
    length = module.length(config)
    for part in ("train", "validation"):
        tell_short(pieces, part, length)
    feed = {"pieces": pieces, "codec": codec, "length": length, "batch_size": config.batch_size, "apart": config.window}
    feed["before"] = module.before(config)
    training = batches(part="train", seed=seed, transpose=config.transpose, steps=config.steps, **feed)
    counts = {part: int(pieces.lengths[numbers].sum()) for part, numbers in pieces.parts.items()}
    tell("columns: " + ", ".join(f"{count:,} {part}" for part, count in counts.items()))
    record = {
        "package": "generators",
        "model": model,
        "config": asdict(config),
        "codec": codec.facts(),
        "seed": seed,
        "data": {
            "path": os.path.abspath(data) if data else None,
            "fingerprint": pieces.fingerprint,
            "init": os.path.abspath(init) if init else None,
        },
    }
    with open_run(own_directory(output), record) as run:
        watch = Watch(run, module, codec, pieces, patience)
        fit(
            lambda: module.build(config, config.epochs * len(training)),
            run,
            training,
            batches(part="validation", shuffle=False, **feed),
            epochs=config.epochs,
            seed=seed,
            devices=devices,
            monitor=module.MONITOR,
            init=(lambda fresh: start_from(fresh, init)) if init else None,
            sampler=watch.samples,
            sample_every=samples_every,
            watch=watch,
        )
        if is_chief():
            write_report(run, levels=watch.levels)
    return Path(output)
