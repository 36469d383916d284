"""A small encoder for corpora of numbers: training knows neither audio nor MIDI."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from training.corpora.build import build_corpus
from training.corpora.corpus import Corpus
from training.corpora.sources import find_sources
from training.errors import InputError


@dataclass(frozen=True)
class Numbers:
    """A text file of one number n -> n items of shape (2,), all n; `bad` in it is refused."""

    extra: int = 0
    kind = "numbers"
    shape = (2,)
    dtype = "int16"

    def facts(self):
        return {"extra": self.extra}

    def serves(self, facts):
        return facts == self.facts()

    def __call__(self, path: Path):
        text = path.read_text()
        if text.startswith("odd"):
            raise RuntimeError("a bug in a decoder")
        for value in range(int(text.split()[0])):
            yield np.full((1, 2), int(text.split()[0]) * 100 + value + self.extra, np.int16)
        if "bad" in text:
            raise InputError("damaged at the end")


@pytest.fixture
def folder(tmp_path):
    """Three labels of five files each; file k of a label holds k + 1 items."""
    for label in ("alto", "bass", "ünïcode label"):
        (tmp_path / "data" / label).mkdir(parents=True)
        for k in range(5):
            (tmp_path / "data" / label / f"song {k}.txt").write_text(f"{k + 1} {label}")
    return tmp_path / "data"


@pytest.fixture
def corpus(folder, tmp_path):
    build_corpus(find_sources(folder, {".txt"}), Numbers(), tmp_path / "corpus", jobs=1)
    return Corpus(tmp_path / "corpus")


@pytest.fixture
def numbers():
    return Numbers()
