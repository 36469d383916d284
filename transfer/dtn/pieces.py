"""The pieces of a domain transfer network's run once more, whole: of which files it learned, and of which not."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from midi.codecs.strip import StripCodec
from midi.demo import demo_folder
from midi.files.reading import read
from midi.notes import Piece
from training.cli import InputError
from transfer.dtn.pictures import DEMO, Domain, open_domains
from transfer.dtn.pitched import pitched

PARTS = ("train", "judge", "validation", "test")
"""What files are for: to train the network; to train the judge of its results; to choose settings by; to report on.

The judge's files and those to choose by are every other file of the network's validation part, by chance.
"""


@dataclass(frozen=True, eq=False)
class Kind:
    """The files of one kind of music."""

    files: dict[str, list[Path]]
    """Of each of PARTS, in the order of their names."""

    def pieces(self, part: str) -> list[Piece]:
        """Without their drums. InputError: there is none, since the validation part had but one file, the judge's."""
        if not self.files[part]:
            raise InputError("no file of the validation part is left beside the judge's; use --part test, or train on more")
        return [pitched(read(path, note=lambda line: None)) for path in self.files[part]]  # training told the remarks


def pieces_of(
    record: dict[str, Any],
    codec: StripCodec,
    *,
    source: Path | None = None,
    target: Path | None = None,
    cache: Path | None = None,
) -> tuple[Kind, Kind]:
    """(source, target) of the run that `record` tells of. source, target: where the files are now.

    InputError: they are gone, or others now, so that nobody knows which of them the run learned from; a corpus, which has
    no files.
    """
    told = record["data"]
    if told["source"]["path"] is None:
        places = [demo_folder(cache) / style for style in DEMO]
    else:
        given = {"source": source, "target": target}
        places = [_place(name, path or told[name]["path"]) for name, path in given.items()]
    settings = {"variations": record["config"]["variations"], "seed": record["seed"], "cache": cache}
    domains = open_domains(*places, codec, **settings)
    for name, place, domain in zip(("source", "target"), places, domains, strict=True):
        if domain.corpus.manifest["fingerprint"] != told[name]["fingerprint"]:
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
