"""Two folders of MIDI files, the source and the target of a transfer: as pictures for a network, and as whole pieces.

The parts of a run's files, by its record, are those that it was trained on: `pieces_of`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from midi.codecs import codec_named
from midi.codecs.strip import StripCodec
from midi.demo import demo_folder
from midi.files.reading import SUFFIXES, read
from midi.notes import Piece
from training.cli import log
from training.corpora.batches import Batches
from training.corpora.corpus import Corpus
from training.corpora.sources import find_sources
from training.corpora.split import Split, split_corpus
from training.corpora.user_cache import open_corpus
from training.errors import InputError
from training.runs import cache_of
from transfer.dtn.pieces import PitchedImages, pitched

DEMO = ("chorale", "rock")
"""Styles of the demo pieces that are source and target where no folder is given."""
PARTS = ("train", "judge", "validation", "test")
"""What files are for: to train the network; to train the judge of its results; to choose settings by; to report on.

The judge's files and those to choose by are every other file of the network's validation part, drawn at random.
"""


def transfer_codec(name: str) -> StripCodec:
    """The codec `name`. InputError: none whose pictures have columns in quarters, so that a piece keeps its tempos."""
    codec = codec_named(name)
    if not isinstance(codec, StripCodec) or codec.unit != "quarter":
        raise InputError(f"expected a codec with columns in quarters: interleaved32, roll64 or roll96; received {name}")
    return codec


@dataclass(frozen=True, eq=False)
class Domain:
    """The pictures of one kind of music, and which of them are for training, validation and test."""

    corpus: Corpus
    split: Split
    place: Path
    """The folder or CSV of its files; or a corpus, which holds pictures alone."""

    def files(self, rows: Sequence[int] | np.ndarray) -> list[Path]:
        """The files of some rows of the corpus. InputError: `place` is a corpus."""
        if Path(self.place, "manifest.json").exists():
            raise InputError(f"{self.place} is a corpus, which holds pictures alone; expected the MIDI files it was made of")
        path_of = {source.name: source.path for source in find_sources(self.place, SUFFIXES)}
        names = [self.corpus.rows[row]["name"] for row in rows]
        if missing := [name for name in names if name not in path_of]:
            raise InputError(f"{self.place} has no {missing[0]} any more, of which its corpus holds pictures")
        return [path_of[name] for name in names]

    def rows(self, part: str) -> np.ndarray:
        """The rows of the corpus, one a file, of a part: "train", "validation" or "test"."""
        return np.unique(self.corpus.source_of[getattr(self.split, part)])

    def facts(self, path: str | os.PathLike | None) -> dict[str, Any]:
        """For the run's record."""
        return {"path": os.path.abspath(path) if path else None, "fingerprint": self.corpus.manifest["fingerprint"]}


def open_domains(
    source: str | os.PathLike | None,
    target: str | os.PathLike | None,
    codec: StripCodec,
    *,
    variations: int = 0,
    seed: int = 0,
    cache: Path | None = None,
) -> tuple[Domain, Domain]:
    """(source, target), each a folder, CSV or corpus; without both, chorales and rock of the demo music.

    InputError: one of both alone, the same files twice, fewer than three files of a kind.
    """
    if (source is None) != (target is None):
        raise InputError(f"expected --source and --target; received --{'target' if source is None else 'source'} alone")
    if source is None:
        source, target = (demo_folder(cache) / style for style in DEMO)
    elif os.path.realpath(source) == os.path.realpath(target):
        raise InputError(f"--source and --target are the same, {source}; expected two kinds of music")
    encoder = PitchedImages(codec, variations=variations)
    domains = [_domain(name, data, encoder, seed, cache) for name, data in (("source", source), ("target", target))]
    files = [{row["sha256"] for row in domain.corpus.rows} for domain in domains]
    if files[0] == files[1]:
        raise InputError(f"{source} and {target} hold the same files; expected two kinds of music")
    if both := files[0] & files[1]:
        log(f"warning: {len(both)} files are in both the source and the target")
    return domains[0], domains[1]


def _domain(name: str, data: str | os.PathLike, encoder: PitchedImages, seed: int, cache: Path | None) -> Domain:
    corpus = open_corpus(data, encoder, SUFFIXES, cache)
    if corpus.manifest["facts"].get("drums", True):
        log(f"warning: {data} is a corpus in which drums are notes like others; the folder it was made of serves better")
    try:
        split = split_corpus(corpus, seed=seed, labelled=False)
    except InputError as error:
        raise InputError(f"--{name} {data}: {error}") from None
    log(f"{name}: {len(split.train)} training, {len(split.validation)} validation, {len(split.test)} test pictures")
    return Domain(corpus, split, Path(data))


class Pairs(keras.utils.PyDataset):
    """Batches ((source, target),) of as many pictures of either kind, paired at random; float32 in [-1, 1].

    shuffle=True (training): a pass over the larger kind, while the smaller one comes round again; every pass over a kind has
    its own order. shuffle=False (evaluation): as many of each as the smaller kind has, in order.
    """

    def __init__(
        self, source: Domain, target: Domain, part: str, codec: StripCodec, batch_size: int, *,
        seed: int = 0, shuffle: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        indices = [getattr(domain.split, part) for domain in (source, target)]
        fewest, most = sorted(map(len, indices))
        size = min(batch_size, fewest)
        chosen = indices if shuffle else [each[:fewest] for each in indices]
        self.kinds = [
            Batches(
                domain.corpus, each, size, seed=seed, to_model=codec.to_model, shuffle=shuffle,
                steps=most // size if shuffle else None,
            )
            for domain, each in zip((source, target), chosen, strict=True)
        ]  # fmt: skip
        self.epoch = 0

    def __len__(self) -> int:
        return len(self.kinds[0])

    def __getitem__(self, index: int) -> tuple[tuple[np.ndarray, np.ndarray]]:
        for kind in self.kinds:
            kind.epoch = self.epoch
        return ((self.kinds[0][index][0], self.kinds[1][index][0]),)


class Together:
    """The items of two corpora, gathered by one index: those of the second follow those of the first."""

    def __init__(self, source: Domain, target: Domain) -> None:
        self.corpora = (source.corpus, target.corpus)
        self.shift = len(source.corpus)
        self.splits = (source.split, target.split)

    def indices(self, part: str) -> np.ndarray:
        """The items of a part ("train", "validation", "test") of both."""
        first, second = (getattr(split, part) for split in self.splits)
        return np.concatenate([first, second + self.shift])

    def __getitem__(self, indices: np.ndarray) -> np.ndarray:
        second = indices >= self.shift
        items = np.empty((len(indices), *self.corpora[0].manifest["shape"]), self.corpora[0].manifest["dtype"])
        items[~second] = self.corpora[0][indices[~second]]
        items[second] = self.corpora[1][indices[second] - self.shift]
        return items


def copied(pictures: np.ndarray, targets: None, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """For an autoencoder: pictures are their own targets (`Transform` of `training.corpora.batches`)."""
    return pictures, pictures


@dataclass(frozen=True, eq=False)
class Kind:
    """The files of one kind of music."""

    files: dict[str, list[Path]]
    """Of each of PARTS, in the order of their names."""

    def pieces(self, part: str) -> list[Piece]:
        """Without their drums. InputError: there is none, since the validation part had but one file, the judge's."""
        if not self.files[part]:
            raise InputError("no file of the validation part is left beside the judge's; use --part test, or train on more")
        return [pitched(read(path, note=lambda line: None)) for path in self.files[part]]  # training has given the remarks


def pieces_of(
    record: dict[str, Any],
    codec: StripCodec,
    *,
    source: Path | None = None,
    target: Path | None = None,
    cache: Path | None = None,
) -> tuple[Kind, Kind]:
    """(source, target) of the run of `record`. source, target: where the files are now.

    InputError: they are gone, or others now, so that nobody knows which of them the run learned from; a corpus, which has
    no files.
    """
    trained_on, cache = record["data"], cache_of(record, cache)
    if trained_on["source"]["path"] is None:
        places = [demo_folder(cache) / style for style in DEMO]
    else:
        given = {"source": source, "target": target}
        places = [_place(name, path or trained_on[name]["path"]) for name, path in given.items()]
    settings = {"variations": record["config"]["variations"], "seed": record["seed"], "cache": cache}
    domains = open_domains(*places, codec, **settings)
    for name, place, domain in zip(("source", "target"), places, domains, strict=True):
        if domain.corpus.manifest["fingerprint"] != trained_on[name]["fingerprint"]:
            raise InputError(f"the run was trained on other files than {place} holds now; its test part is unknown")
    return _kind(domains[0], record["seed"]), _kind(domains[1], record["seed"])


def _place(name: str, path: str | os.PathLike) -> Path:
    if not Path(path).exists():
        raise InputError(f"the run was trained on {path}, which is gone; give its new place as --{name}")
    return Path(path)


def _kind(domain: Domain, seed: int) -> Kind:
    rows = {part: domain.rows(part) for part in ("train", "validation", "test")}
    mixed = np.random.default_rng(seed).permutation(rows["validation"])
    rows |= {"judge": np.sort(mixed[::2]), "validation": np.sort(mixed[1::2])}
    return Kind({part: domain.files(rows[part]) for part in PARTS})
