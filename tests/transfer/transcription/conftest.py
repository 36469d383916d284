"""A tiny run for the tests: it has heard three seconds of music and knows little, but does all that a run does."""

from pathlib import Path

import pytest

from midi.demo import compose
from midi.files.writing import write
from training.recipe import train
from transfer.transcription.model import PRESETS


@pytest.fixture(scope="session")
def pieces(tmp_path_factory) -> Path:
    """A folder of four short pieces."""
    folder = tmp_path_factory.mktemp("pieces")
    for seed, style in enumerate(("waltz", "chorale", "folk", "ragtime")):
        write(folder / f"{style}.mid", compose(style, seed, 4))
    return folder


@pytest.fixture(scope="session")
def run(pieces, tmp_path_factory) -> Path:
    """The run."""
    folder = tmp_path_factory.mktemp("transcription")
    return train("transfer", "transcription", PRESETS["quick"], data=pieces, output=folder / "run", cache=folder / "cache")
