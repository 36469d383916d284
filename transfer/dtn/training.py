"""Training the domain transfer network from two folders to run directory; `transfer.training.train` calls it."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np

from midi.codecs.strip import StripCodec
from midi.files.reading import read
from training.cli import InputError, tell
from training.corpora.batches import Batches
from training.devices.workers import is_chief, own_directory
from training.files import write_json
from training.fitting.fit import fit
from training.fitting.samples import Sample
from training.report import write_report
from training.runs import open_run
from training.runs.starting import start_from
from transfer.dtn import model as module
from transfer.dtn.pictures import Domain, Pairs, Together, copied, open_domains, transfer_codec
from transfer.dtn.programs import OCTAVES, PROGRAMS, programs_of

DATA = ("source", "target")
"""The options that name this model's data."""
MOST = 300
"""Files that are read at most to learn which instruments play."""
SEEN = 8
"""Pictures of the source's validation part that are shown with what becomes of them."""


def train(
    config: module.Config,
    *,
    source: str | os.PathLike | None = None,
    target: str | os.PathLike | None = None,
    output: str | os.PathLike,
    seed: int = 0,
    devices: str = "1",
    init: str | os.PathLike | None = None,
    cache: Path | None = None,
    samples_every: int = 10,
) -> Path:
    """Train with `config` on two folders, CSVs or corpora of MIDI files; the run directory.

    InputError for data or a directory that cannot be used.
    """
    codec = transfer_codec(config.codec)
    domains = open_domains(source, target, codec, variations=config.variations, seed=seed, cache=cache)
    record = {
        "package": "transfer",
        "model": "dtn",
        "config": asdict(config),
        "codec": codec.facts(),
        "seed": seed,
        "data": {
            "source": domains[0].facts(source),
            "target": domains[1].facts(target),
            "init": os.path.abspath(init) if init else None,
        },
    }
    with open_run(own_directory(output), record) as run:
        write_json(run / PROGRAMS, instruments(domains[1]))
        learned = None
        if config.pretraining and not init:
            learned = pretrained(run, config, domains, codec, seed, devices)
        fit(
            lambda: module.build(config),
            run,
            Pairs(*domains, "train", codec, config.batch_size, seed=seed),
            Pairs(*domains, "validation", codec, config.batch_size, shuffle=False),
            epochs=config.epochs,
            seed=seed,
            devices=devices,
            monitor=module.MONITOR,
            init=lambda fresh: start_from(fresh, init) if init else begin(fresh, learned),
            sampler=lambda trained: seen(trained, domains[0], codec),
            sample_every=samples_every,
        )
        if is_chief():
            write_report(run)
    return Path(output)


def instruments(target: Domain) -> list[int]:
    """The program of each octave in the target's training files, or in MOST of them; 0 where a corpus has no files."""
    try:
        files = target.files(target.rows("train"))
    except InputError:
        return [0] * OCTAVES
    return programs_of(read(path, note=lambda line: None) for path in files[:: -(-len(files) // MOST)])


def pretrained(
    run: Path, config: module.Config, domains: tuple[Domain, Domain], codec: StripCodec, seed: int, devices: str
) -> list[np.ndarray]:
    """Train the autoencoder of both kinds of music in RUN/autoencoder, resuming if there; its best extractor's weights."""
    both, folder = Together(*domains), run / "autoencoder"
    folder.mkdir(exist_ok=True)
    feed = {"seed": seed, "to_model": codec.to_model, "transform": copied}
    tell("first the extractor, as an autoencoder of both; then the transfer")
    fit(
        lambda: module.build_autoencoder(config),
        folder,
        Batches(both, both.indices("train"), config.batch_size, **feed),
        Batches(both, both.indices("validation"), config.batch_size, shuffle=False, **feed),
        epochs=config.pretraining,
        seed=seed,
        devices=devices,
        monitor="val_loss",
    )
    best = keras.saving.load_model(folder / "model.keras", compile=False, safe_mode=True)
    return best.get_layer("extractor").get_weights()


def begin(fresh: module.Dtn, learned: list[np.ndarray] | None) -> None:
    """Give a fresh model the weights of a pretrained extractor, if there is one."""
    if learned is not None:
        fresh.extractor.set_weights(learned)


def seen(model: module.Dtn, source: Domain, codec: StripCodec) -> list[Sample]:
    """Sampler of `training.fitting.samples`: source pictures above what becomes of them, grey where it is not sure."""
    given = codec.to_model(source.corpus[source.split.validation[:SEEN]])
    made = keras.ops.convert_to_numpy(module.exported(model)(given, training=False))
    rows = [np.concatenate(list(pictures), axis=1) for pictures in (given, made)]
    grey = np.clip((np.concatenate(rows) + 1) * 127.5, 0, 255)
    return [Sample("transfer", "image", np.rint(grey).astype(np.uint8))]
