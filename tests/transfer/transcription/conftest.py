"""A tiny run for the tests: it has heard three seconds of music and knows little, but does all that a run does."""

from pathlib import Path

import pytest
import soundfile

from midi.demo import compose
from midi.files.reading import read
from midi.files.writing import write
from midi.synthesis.rendering import sound_of
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
def recorded(pieces, tmp_path_factory) -> Path:
    """A folder of recordings of these pieces, as if somebody had played them, and their table."""
    folder = tmp_path_factory.mktemp("recorded")
    lines = ["recording,notes"]
    for path in sorted(pieces.glob("*.mid")):
        soundfile.write(folder / f"{path.stem}.wav", 0.2 * sound_of(read(path), rate=8_000).T, 8_000)
        lines.append(f"{path.stem}.wav,{path}")
    (folder / "pairs.csv").write_text("\n".join(lines))
    return folder


@pytest.fixture(scope="session")
def run(pieces, recorded, tmp_path_factory) -> Path:
    """The run."""
    folder = tmp_path_factory.mktemp("transcription")
    data = {"data": pieces, "pairs": recorded / "pairs.csv"}
    return train("transfer", "transcription", PRESETS["quick"], **data, output=folder / "run", cache=folder / "cache")
