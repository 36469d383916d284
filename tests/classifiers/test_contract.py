"""A classifier is one file and one line: a toy is trained, evaluated, exported and asked for its verdict."""

from pathlib import Path

import pytest

import classifiers
from classifiers import Classifiers
from classifiers.prediction import Classifier
from training.exporting.exports import example_inputs, export
from training.family import module_of
from training.files import read_json
from training.recipe import train
from training.runs import load


@pytest.fixture
def toy(monkeypatch):
    monkeypatch.setattr(classifiers, "__path__", [*classifiers.__path__, str(Path(__file__).with_name("toys"))])
    monkeypatch.setitem(classifiers.MODELS, "toy_mean", Classifiers())
    return module_of("classifiers", "toy_mean")


def test_a_classifier_is_one_file_and_one_line(toy, genres, cache, tmp_path):
    run = train("classifiers", "toy_mean", toy.PRESETS["quick"], data=genres, output=tmp_path / "run", cache=cache)
    assert read_json(run / "evaluation.json")["segment"]["accuracy"] > 1 / 3
    assert "<h2>Test part</h2>" in (run / "report.html").read_text()
    assert Classifier(run)(genres / "noise" / "0.wav").verdict in ("clicks", "noise", "tones")
    network = toy.exported(load(run))
    assert export(network, tmp_path / "saved", "saved_model", example_inputs(network)) < 1e-5
