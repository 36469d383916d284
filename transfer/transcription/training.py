"""How a transcription network is trained: clips of rendered pieces and of recordings, split by piece; thresholds chosen on
held-out ones."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType

import keras
import numpy as np

from spectro.clips import to_model
from training.cli import log
from training.corpora.corpus import Corpus
from training.fitting.samples import Sample
from training.recipe import Recipe
from transfer.contract import TransferTrainOptions
from transfer.transcription.data import RenderedClips, batches, checked_soundfonts, open_clips, split_pieces, write_parts
from transfer.transcription.evaluation import choose_thresholds
from transfer.transcription.model import Config
from transfer.transcription.notes import PITCHES
from transfer.transcription.pairs import hashes_of_notes, open_pairs

SAMPLED_CLIPS = 4
"""Of the validation part."""


class TranscriptionRecipe(Recipe):
    """Clips of renderings of MIDI files, and of recordings whose notes are known."""

    takes = ("data", "pairs", "soundfont")

    def __init__(self, module: ModuleType, config: Config, options: TransferTrainOptions) -> None:
        super().__init__(module, config, options)
        self.clips = RenderedClips(
            config.rate, config.hop, config.seconds, config.excerpt, config.renderings,
            checked_soundfonts(options.soundfont), options.seed,
        )  # fmt: skip
        self.corpus = (
            open_pairs(options.pairs, options.data, self.clips, options.cache)
            if options.pairs
            else open_clips(options.data, self.clips, options.cache)
        )
        self.split = split = split_pieces(self.corpus, options.seed, options.init)
        log(f"clips: {len(split.train)} training, {len(split.validation)} validation, {len(split.test)} test")
        self.facts = {}
        self.source = {
            "path": os.path.abspath(options.data) if options.data else None,
            "fingerprint": self.corpus.manifest["fingerprint"],
            "soundfonts": list(self.clips.soundfonts),
        } | ({"pairs": os.path.abspath(options.pairs)} if options.pairs else {})
        feed = {"batch_size": config.batch_size, "gain": config.gain}
        self.training = batches(self.corpus, split.train, seed=options.seed, **feed)
        self.validation = batches(self.corpus, split.validation, shuffle=False, batch_size=config.batch_size)

    def prepare(self, run: Path) -> None:
        pairs = self.options.pairs
        write_parts(run, self.corpus, self.split, hashes_of_notes(pairs) if pairs else {})

    def samples(self, model: keras.Model) -> list[Sample]:
        return rolls(model, self.corpus, self.split.validation)

    def finish(self, run: Path) -> None:
        log(f"thresholds: {choose_thresholds(run)}")


def rolls(model: keras.Model, corpus: Corpus, indices: np.ndarray) -> list[Sample]:
    """Sampler of `training.fitting.samples`: the frames of some clips, one after the other, above those that are heard."""
    clips = corpus[indices[:SAMPLED_CLIPS]]
    heard = keras.ops.convert_to_numpy(model(to_model(clips["sound"]), training=False))[..., 1]
    both = [side.reshape(-1, PITCHES).T[::-1] for side in (clips["roll"][..., 1], np.rint(255 * heard).astype(np.uint8))]
    return [Sample("rolls", "image", np.concatenate(both)[..., None])]
