"""A folder of composed pieces in two styles, and a quick run of each model on it."""

from dataclasses import replace
from importlib import import_module

import pytest

from generators.contract import model_names
from generators.pictures import Pictures, evaluation
from midi.demo import write_corpus
from tests.generators.toys import registered
from training.family import module_of
from training.recipe import train

PICTURES = tuple(model_names(Pictures))
"""The models that make pictures."""


@pytest.fixture(scope="session", autouse=True)
def quick_reports(undrawn_curves):
    """Of all that is trained here."""


@pytest.fixture(scope="session")
def pieces(tmp_path_factory):
    folder = tmp_path_factory.mktemp("my pieces")
    write_corpus(folder, pieces_per_style=3, bars=8)
    return folder


@pytest.fixture
def undrawn(monkeypatch):
    """Evaluations without their pictures, which take longest."""

    def draw(output, *_):
        output.mkdir(parents=True, exist_ok=True)
        return {name: f"{name}.png" for name in ("samples", "held_out", "histograms", "copies")}

    monkeypatch.setattr(evaluation, "draw_pictures", draw)


@pytest.fixture(scope="session")
def labelled(runs, pieces, tmp_path_factory):
    """A quick run of a VAE that learned the styles too, from transposed pictures."""
    config = replace(import_module("generators.vae").PRESETS["quick"], conditional=True, transpose=2)
    output = tmp_path_factory.mktemp("labelled runs") / "vae"
    return train("generators", "vae", config, data=pieces, output=output, cache=runs["vae"].parent / "cache")


@pytest.fixture(scope="session")
def runs(pieces, tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    return {
        model: train("generators", model, module_of("generators", model).PRESETS["quick"], data=pieces,
                     output=root / model, cache=root / "cache")
        for model in PICTURES
    }  # fmt: skip


@pytest.fixture(scope="module")
def toys():
    """The toy models, for the tests of a module."""
    with registered():
        yield
