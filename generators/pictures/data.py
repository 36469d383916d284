"""What a model of pictures trains on: MIDI pictures, split without leaks, moved in pitch in the feed; a run, opened."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from generators.contract import Guided, PictureSampler
from generators.pictures import Pictures
from generators.pictures.latent_sampler import LatentSampler, black_and_white, threshold_of
from generators.pictures.statistics import Statistics, markov_nll
from generators.run import LoadedRun
from midi.codecs.codec import REST, Codec
from midi.codecs.strip import StripCodec
from midi.demo import demo_folder
from midi.files.reading import SUFFIXES
from midi.images import MidiImages
from midi.measures.continuation import columns_in_bar
from midi.stitch import join
from training.cli import log
from training.corpora.batches import Batches
from training.corpora.corpus import Corpus
from training.corpora.split import Split, split_corpus
from training.corpora.user_cache import open_corpus
from training.errors import InputError


def open_images(data: str | os.PathLike | None, codec: Codec, cache: Path | None = None) -> Corpus:
    """The corpus of pictures of `data` (folder, CSV or corpus) by `codec`; None is the demo music."""
    return open_corpus(data or demo_folder(cache), MidiImages(codec), SUFFIXES, cache)


def check_codec(name: str) -> None:
    """InputError: pictures that hold more than a network can learn to paint."""
    if name == "lossless":
        raise InputError("--codec lossless keeps headers and checksums in its pixels; train on roll96 or another codec")


def batches(
    corpus: Corpus, indices: np.ndarray, codec: Codec, low: float, batch_size: int, *,
    labels: tuple[str, ...] = (), seed: int = 0, transpose: int = 0, shuffle: bool = True,
) -> Batches:  # fmt: skip
    """Batches of pictures in [low, 1]; with `labels`, of (pictures, label numbers).

    shuffle: another order in every epoch and no ragged last batch (training), else every picture once, in order.
    """
    if transpose and not (isinstance(codec, StripCodec) and codec.shape[0] == codec.rows):
        raise InputError(f"--transpose moves rows, and those of {codec.name} are not one a pitch: use --transpose 0")
    return Batches(
        corpus,
        indices,
        batch_size,
        seed=seed,
        targets=label_numbers(corpus, labels) if labels else None,
        to_model=Scale(codec, low),
        transform=Feed(transpose, low) if transpose or labels else None,
        shuffle=shuffle,
    )


def label_numbers(corpus: Corpus, labels: tuple[str, ...]) -> np.ndarray:
    """(items,) int32: the place in `labels` of every picture's label."""
    place = {label: number for number, label in enumerate(labels)}
    return np.array([place.get(row["label"], -1) for row in corpus.rows], np.int32)[corpus.source_of]


def label_names(split: Split, conditional: bool) -> tuple[str, ...]:
    """The labels that a conditional model learns; none for others. Logs which are left out."""
    for label in split.dropped:
        log(f"label {label or '(none)'} left out: it has fewer than three files, one each for training, validation and test")
    return split.labels if conditional else ()


@dataclass(frozen=True)
class Scale:
    """uint8 pictures -> float32 in [low, 1]."""

    codec: Codec
    low: float

    def __call__(self, images: np.ndarray) -> np.ndarray:
        return self.codec.to_model(images, self.low)


@dataclass(frozen=True)
class Feed:
    """Moves pictures up or down by up to `most` rows, each by its own draw, and hands labels to the model as an input."""

    most: int
    low: float

    def __call__(self, pictures: np.ndarray, labels: Any, generator: np.random.Generator) -> tuple[Any, None]:
        """pictures (batch, h, w, c) and labels (batch,) or None -> (pictures or (pictures, labels), None)."""
        if self.most:
            pictures = moved(pictures, generator.integers(-self.most, self.most + 1, len(pictures)), self.low)
        return (pictures if labels is None else (pictures, labels)), None


def moved(pictures: np.ndarray, rows: np.ndarray, fill: float) -> np.ndarray:
    """Each picture moved down by its number of rows; a picture that would lose a note stays where it is."""
    height = pictures.shape[1]
    used = (pictures > fill).any(axis=(2, 3))
    first, last = used.argmax(axis=1), height - used[:, ::-1].argmax(axis=1)
    rows = np.where((first + rows >= 0) & (last + rows <= height), rows, 0)
    out = np.full_like(pictures, fill)
    for picture, target, down in zip(pictures, out, rows, strict=True):
        if down >= 0:
            target[down:] = picture[: height - down]
        else:
            target[:down] = picture[-down:]
    return out


class PictureRun(LoadedRun):
    """A run of a model of pictures, opened to draw some."""

    def __init__(self, run: str | os.PathLike) -> None:
        super().__init__(run, Pictures)
        self.statistics = Statistics.read(self.run / "statistics.json")

    def sampler(self, binarise: str = "calibrated", guidance: float = 1.0, truncation: float = 1.0) -> PictureSampler:
        """The model's sampler; binarise and truncation: of models with latents, as `LatentSampler` has them; guidance: as
        `Guided` has it.

        InputError: a way that the model does not have, no threshold yet, guidance of a model without labels, truncation of
        one without a mean style.
        """
        sampler = self.module.sampler(self.model, self.codec)
        if guidance != 1:
            if not (self.labels and isinstance(sampler, Guided)):
                raise InputError("--guidance is for models that draw cells and were trained with --conditional")
            sampler = replace(sampler, guidance=guidance)
        if truncation != 1:
            if not (isinstance(sampler, LatentSampler) and sampler.centre):
                raise InputError(
                    f"--truncation is for models with a mean style, such as stylegan2; {self.record['model']} has none"
                )
            sampler = sampler.truncated(truncation)
        if isinstance(sampler, LatentSampler):
            calibrated = binarise == "calibrated" and black_and_white(self.codec)
            return replace(sampler, binarise=binarise, threshold=threshold_of(self.run) if calibrated else None)
        if binarise != "calibrated":
            raise InputError(f"--binarise {binarise} is for models with latents; {self.record['model']} draws cells")
        return sampler


@dataclass(frozen=True, eq=False)
class RunData:
    """The corpus of a run and its parts."""

    corpus: Corpus
    split: Split

    def held_out(self, most: int, seed: int) -> np.ndarray:
        """The indices of up to `most` pictures drawn from the test part, ascending."""
        test = self.split.test
        return test if len(test) <= most else np.sort(np.random.default_rng(seed).choice(test, most, replace=False))

    def names(self, indices: np.ndarray) -> list[str]:
        """The files that pictures come from."""
        return [self.corpus.rows[source]["name"] for source in self.corpus.source_of[indices]]

    def beginnings(self, codec: StripCodec, columns: int) -> tuple[np.ndarray, np.ndarray]:
        """(indices of first pictures (pieces,), uint8 (pieces, rows, `columns`, channels)) of the test pieces so long.

        A piece is its pictures one after the other: silent ones are not among them. It is long enough if a note sounds in
        the last bar. InputError: pictures of single tracks or of variations, which do not follow each other.
        """
        facts = self.corpus.manifest["facts"]
        if facts.get("parts", "together") != "together" or facts.get("variations"):
            raise InputError(f"{self.corpus.directory} has pictures of tracks or of variations: they are no whole pieces")
        count, bar, wide = -(-columns // codec.columns), columns_in_bar(codec), replace(codec, columns=columns)
        firsts, found = [], []
        for source in np.unique(self.corpus.source_of[self.split.test]):
            indices = np.flatnonzero(self.corpus.source_of == source)[:count]
            piece = join(self.corpus[indices])[:, :columns]
            if piece.shape[1] == columns and (wide.classes(piece[None]) != REST)[..., -bar:].any():
                firsts.append(indices[0])
                found.append(piece)
        shape = (0, codec.rows, columns, codec.shape[2])
        return np.array(firsts, int), np.stack(found) if found else np.zeros(shape, np.uint8)

    def labels(self, indices: np.ndarray, labels: tuple[str, ...]) -> np.ndarray | None:
        """The label numbers of pictures; None where the run has no labels."""
        return label_numbers(self.corpus, labels)[indices] if labels else None

    def loss(self, run: PictureRun) -> dict[str, float] | None:
        """Of the whole test part, for a model with a likelihood: `bits` a pixel and the model's other figures, and what
        probabilities of the training part cost: one for all pixels (`constant`), one for every row (`marginal`), and one for
        every row after each value of the pixel before (`markov`)."""
        if "bits" not in (metric.name for metric in run.model.metrics):
            return None
        run.model.compile()
        feed = batches(self.corpus, self.split.test, run.codec, run.module.LOW, 64, labels=run.labels, shuffle=False)
        found: dict[str, Any] = run.model.evaluate(feed, verbose=0, return_dict=True)
        simple = run.statistics.nll(self.corpus, self.split.test)
        simple["markov"] = markov_nll(self.corpus, self.split.train, self.split.test)
        return {name: float(value) for name, value in found.items()} | simple


def data_of(run: PictureRun, data: str | os.PathLike | None = None, cache: Path | None = None) -> RunData:
    """The data of a run, split as its training split them. data: where they are now, if they have moved.

    InputError: they are gone, or are others now, so that the test part is unknown; no test part.
    """
    path = run.data_path(data)
    corpus = open_images(path, run.codec, run.cache(cache))
    run.check_same_data(corpus.manifest["fingerprint"], path)
    split = split_corpus(corpus, seed=run.record["seed"], labelled=run.record["config"]["conditional"])
    if not len(split.test):
        raise InputError(f"{run.run} has no test part to be compared with; train on more files")
    return RunData(corpus, split)
