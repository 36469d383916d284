"""How likely a model finds pictures that it never saw, each by itself: in bits a pixel models of every family compare.

As published, bits a dimension: the negative log-likelihood of a picture in nats / (height x width x channels x ln 2), or the
bound that a model with latents has of it; the mean over all pictures of the test part. In nats a quarter the same stand
beside models of sequences, which read whole pieces.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from generators.contract import run_family
from generators.pictures.data import PictureRun, data_of, open_images
from generators.pictures.statistics import blocks, markov_nll, statistics_of
from generators.sequences import Sequences
from generators.sequences.columns import Columns
from generators.sequences.data import SequenceRun
from generators.sequences.likelihood import judge_of, judged
from midi.codecs.strip import StripCodec
from training.corpora.corpus import Corpus
from training.corpora.split import split_corpus
from training.errors import InputError


def picture_likelihood(
    run: str | os.PathLike, data: str | os.PathLike | None = None, cache: Path | None = None
) -> dict[str, Any]:
    """Bits a pixel of the test pictures of a run of pictures, or of a sequence model that reads the columns of a codec.

        picture_likelihood("runs/lstm")["bits"]

    data: where the run's data are now. A sequence model reads each picture from silence on, as models of pictures do; the
    test pictures are those that a model of pictures has with the same data and seed, but for those from files that
    the run was trained or validated on. The result has "pictures", how many were judged, and "left_out", how many not;
    "bits", and where columns measure quarters "nll_per_quarter"; what probabilities of the training part cost, as
    `RunData.loss` has them: "constant", "marginal" and "markov"; "which", a name for the pictures. InputError: a run
    without likelihood, data that are gone or others, no picture left.
    """
    opened = SequenceRun(run) if isinstance(run_family(run), Sequences) else PictureRun(run)
    found = _of_columns(opened, data, cache) if isinstance(opened, SequenceRun) else _of_pictures(opened, data, cache)
    codec = opened.codec
    if isinstance(codec, StripCodec) and codec.unit == "quarter":
        quarters = codec.columns / codec.resolution
        found["nll_per_quarter"] = found["bits"] * float(np.prod(codec.shape) * np.log(2)) / quarters
    return found


def _of_pictures(opened: PictureRun, data: str | os.PathLike | None, cache: Path | None) -> dict[str, Any]:
    about = data_of(opened, data, cache)
    loss = about.loss(opened)
    if loss is None:
        raise InputError(f"{opened.run} tells no likelihood of pictures; {opened.record['model']} has none")
    figures = {name: loss[name] for name in ("bits", "constant", "marginal", "markov")}
    return counts_of(about.corpus, about.split.test) | {"left_out": 0} | figures


def _of_columns(run: SequenceRun, data: str | os.PathLike | None, cache: Path | None) -> dict[str, Any]:
    judge, representation = judge_of(run), run.representation
    if not isinstance(representation, Columns):
        raise InputError(f"{run.run} does not read the columns of a codec, so that it has no pictures")
    codec, pieces = representation.codec, run.pieces(data, cache)
    corpus = open_images(run.data_path(data), codec, run.cache(cache))
    split = split_corpus(corpus, seed=run.record["seed"], labelled=False)
    learned = {pieces.names[number] for part in ("train", "validation") for number in pieces.parts[part]}
    unseen = np.array([row["name"] not in learned for row in corpus.rows])[corpus.source_of]
    test = split.test[unseen[split.test]]
    if not len(test):
        raise InputError(f"{run.run} was trained on the files of all test pictures")
    nats = 0.0
    for images in blocks(corpus, test):
        columns = codec.classes(images).transpose(0, 2, 1)
        silent = np.broadcast_to(representation.rest, (len(columns), 1, representation.width))
        nats += judged(judge, representation.to_model(np.concatenate([silent, columns], axis=1))).sum(dtype=np.float64)
    simple = statistics_of(corpus, split.train, codec).nll(corpus, test)
    simple["markov"] = markov_nll(corpus, split.train, test)
    bits = float(nats / (len(test) * np.prod(codec.shape) * np.log(2)))
    return counts_of(corpus, test) | {"left_out": len(split.test) - len(test), "bits": bits} | simple


def counts_of(corpus: Corpus, indices: np.ndarray) -> dict[str, Any]:
    """How many pictures these are, and a name for which."""
    which = zlib.crc32(np.asarray(indices, "<i8").tobytes(), zlib.crc32(corpus.manifest["fingerprint"].encode()))
    return {"pictures": len(indices), "which": f"{which:08x}"}
