"""A folder of composed pieces in two styles, and a quick run of each model on it."""

import pytest

from generators import MODELS
from generators.training import train
from midi.demo import write_corpus


@pytest.fixture(scope="session")
def pieces(tmp_path_factory):
    folder = tmp_path_factory.mktemp("my pieces")
    write_corpus(folder, pieces_per_style=3, bars=8)
    return folder


@pytest.fixture(scope="session")
def runs(pieces, tmp_path_factory):
    from importlib import import_module

    root = tmp_path_factory.mktemp("runs")
    return {
        model: train(model, import_module(f"generators.{model}").PRESETS["quick"], data=pieces, output=root / model,
                     cache=root / "cache")
        for model in MODELS
    }  # fmt: skip
