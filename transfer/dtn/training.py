"""How the domain transfer network is trained: two folders of MIDI files, and an autoencoder of both first."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import keras
import numpy as np

from midi.codecs.strip import StripCodec
from midi.files.reading import read
from training.cli import log
from training.corpora.batches import Batches
from training.errors import InputError
from training.files import write_json
from training.fitting.fit import fit
from training.fitting.samples import Sample
from training.recipe import Recipe
from transfer.contract import TransferTrainOptions
from transfer.dtn.data import Domain, Pairs, Together, copied, open_domains, transfer_codec
from transfer.dtn.model import Config, Dtn, build_autoencoder, exported
from transfer.dtn.pieces import OCTAVES, PROGRAMS, programs_of

MAX_FILES = 300
"""That are read to learn which instruments play."""
MAX_PICTURES = 8
"""Pictures of the source's validation part that are shown with what becomes of them."""


class DtnRecipe(Recipe):
    """Pictures of two kinds of music; first the extractor learns them as an autoencoder, if it does not start from a run."""

    takes = ("source", "target")

    def __init__(self, module: ModuleType, config: Config, options: TransferTrainOptions) -> None:
        super().__init__(module, config, options)
        self.codec = transfer_codec(config.codec)
        how = {"variations": config.variations, "seed": options.seed, "cache": options.cache}
        self.domains = open_domains(options.source, options.target, self.codec, **how)
        self.facts = {"codec": self.codec.facts()}
        self.source = {"source": self.domains[0].facts(options.source), "target": self.domains[1].facts(options.target)}
        self.training = Pairs(*self.domains, "train", self.codec, config.batch_size, seed=options.seed)
        self.validation = Pairs(*self.domains, "validation", self.codec, config.batch_size, shuffle=False)
        self.learned: list[np.ndarray] | None = None

    def prepare(self, run: Path) -> None:
        write_json(run / PROGRAMS, instruments(self.domains[1]))
        if self.config.pretraining and not self.options.init:
            self.learned = pretrained(run, self.config, self.domains, self.codec, self.options.seed, self.options.devices)

    def initialise(self, model: Dtn) -> None:
        super().initialise(model)
        if self.learned is not None:
            model.extractor.set_weights(self.learned)

    def samples(self, model: Dtn) -> list[Sample]:
        return before_and_after(model, self.domains[0], self.codec)


def instruments(target: Domain) -> list[int]:
    """The program of each octave in the target's training files, or in MAX_FILES of them; 0 where a corpus has no files."""
    try:
        files = target.files(target.rows("train"))
    except InputError:
        return [0] * OCTAVES
    return programs_of(read(path, note=lambda line: None) for path in files[:: -(-len(files) // MAX_FILES)])


def pretrained(
    run: Path, config: Config, domains: tuple[Domain, Domain], codec: StripCodec, seed: int, devices: str
) -> list[np.ndarray]:
    """Train the autoencoder of both kinds of music in RUN/autoencoder, resuming if there; its best extractor's weights."""
    both, folder = Together(*domains), run / "autoencoder"
    folder.mkdir(exist_ok=True)
    feed = {"seed": seed, "to_model": codec.to_model, "transform": copied}
    log("first the extractor, as an autoencoder of both; then the transfer")
    fit(
        lambda: build_autoencoder(config),
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


def before_and_after(model: Dtn, source: Domain, codec: StripCodec) -> list[Sample]:
    """Sampler of `training.fitting.samples`: source pictures above what becomes of them, grey where it is not sure."""
    given = codec.to_model(source.corpus[source.split.validation[:MAX_PICTURES]])
    generated = keras.ops.convert_to_numpy(exported(model)(given, training=False))
    rows = [np.concatenate(list(pictures), axis=1) for pictures in (given, generated)]
    grey = np.clip((np.concatenate(rows) + 1) * 127.5, 0, 255)
    return [Sample("transfer", "image", np.rint(grey).astype(np.uint8))]
