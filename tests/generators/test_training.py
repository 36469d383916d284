"""Every model from a folder to a run that holds all it needs to be sampled."""

from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from generators import MODELS
from generators.statistics import Statistics
from generators.training import train
from training.cli import InputError
from training.exports import FORMATS, example_inputs, export
from training.files import read_json
from training.history import read_history
from training.runs import load


@pytest.mark.parametrize("model", MODELS)
def test_a_run_holds_everything(runs, model):
    run = runs[model]
    assert {"config.json", "history.csv", "model.keras", "statistics.json", "sampling.json", "report.html"} <= {
        path.name for path in run.iterdir()
    }
    statistics = Statistics.read(run / "statistics.json")
    assert 0 < statistics.density_low < statistics.density < statistics.density_high < 1
    last = read_history(run / "history.csv")[-1]
    assert {"loss", "density", "pitches", "empty", "dead"} <= set(last)
    assert np.isfinite(last["loss"])
    assert read_json(run / "sampling.json")["density"] == statistics.density
    assert list((run / "samples").glob("sheet-*.png"))


@pytest.mark.parametrize("name", ["onnx", "litert"])
@pytest.mark.parametrize("model", MODELS)
def test_a_run_leaves_the_house(runs, model, name, tmp_path):
    for package in FORMATS[name].packages:
        pytest.importorskip(package)
    network = import_module(f"generators.{model}").exported(load(runs[model]))
    assert export(network, tmp_path / f"model{FORMATS[name].suffix}", name, example_inputs(network)) < 1e-5


def test_labels_are_learned_where_asked_for(pieces, tmp_path):
    config = replace(import_module("generators.vae").PRESETS["quick"], conditional=True, transpose=2)
    run = train("vae", config, data=pieces, output=tmp_path / "run", cache=tmp_path / "cache")
    assert len(read_json(run / "config.json")["labels"]) >= 2


def test_too_few_files_are_one_line(pieces, tmp_path):
    folder = tmp_path / "two"
    folder.mkdir()
    for source in sorted(pieces.rglob("*.mid"))[:2]:
        (folder / source.name).write_bytes(source.read_bytes())
    with pytest.raises(InputError, match="at least three files"):
        train("vae", import_module("generators.vae").PRESETS["quick"], data=folder, output=tmp_path / "run",
              cache=tmp_path / "cache")  # fmt: skip
    assert not (tmp_path / "run").exists()
