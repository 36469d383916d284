"""Every model from a folder to a run that holds all it needs to be sampled."""

import itertools
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

from generators.pictures.data import PictureRun
from generators.pictures.latent_sampler import LatentSampler
from generators.pictures.statistics import Statistics
from tests.generators.conftest import PICTURES
from tests.meanings import unexplained
from training.errors import InputError
from training.exporting.exports import FORMATS, example_inputs, export
from training.family import Context
from training.files import read_json
from training.fitting.callbacks import read_history
from training.options import check
from training.recipe import train
from training.runs import load, start_from


@pytest.mark.parametrize("model", PICTURES)
def test_a_run_holds_everything(runs, model):
    run = runs[model]
    held = {path.name for path in run.iterdir()}
    assert {"config.json", "history.csv", "model.keras", "statistics.json", "report.html"} <= held
    statistics = Statistics.read(run / "statistics.json")
    assert 0 < statistics.density_low < statistics.density < statistics.density_high < 1
    last = read_history(run / "history.csv")[-1]
    assert {"loss", "density", "pitches", "empty", "distinct", "collapsed"} <= set(last)
    assert np.isfinite(last["loss"])
    assert unexplained(run) == set()
    assert ("sampling.json" in held) == isinstance(PictureRun(run).sampler("calibrated"), LatentSampler)
    if "sampling.json" in held:
        assert read_json(run / "sampling.json")["density"] == statistics.density
    assert list((run / "samples").glob("sheet-*.png"))


@pytest.mark.parametrize(("model", "name"), [*zip(PICTURES, itertools.cycle(("litert", "onnx")), strict=False)])
def test_a_run_is_exported(runs, model, name, tmp_path):
    """In one format each; tests/reliability has all of them."""
    for package in FORMATS[name].packages:
        pytest.importorskip(package)
    network = import_module(f"generators.{model}").exported(load(runs[model]))
    assert export(network, tmp_path / f"model{FORMATS[name].suffix}", name, example_inputs(network)) < 1e-5


def test_labels_are_learned_where_asked_for(labelled):
    run = PictureRun(labelled)
    assert len(run.labels) >= 2
    sampler = run.sampler()
    one, other = sampler.values(np.repeat(sampler.prior(np.array([3], np.uint64)), 2, axis=0), np.array([0, 1], np.int32))
    assert np.abs(one - other).max() > 1e-4


def test_weights_to_start_from(runs):
    """The weights of another run are taken, those of another model refused."""
    module = import_module("generators.vae")
    fresh = module.build(module.PRESETS["quick"], Context())
    start_from(fresh, runs["vae"])
    for ours, theirs in zip(fresh.get_weights(), load(runs["vae"]).get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    with pytest.raises(InputError, match="do not fit this model"):
        start_from(fresh, runs["dcgan"])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"codec": "lossless"}, "--codec lossless keeps headers"),
        ({"batch_size": 0}, "--batch-size must be 1 or more; received 0"),
        ({"transpose": -1}, "--transpose must be 0 or more; received -1"),
        ({"filters": ()}, "--filters must be one number or more"),
        ({"filters": (3, 0)}, "--filters must be 1 or more; received 0"),
        ({"dropout": 1.5}, "--dropout must be from 0 to below 1; received 1.5"),
        ({"learning_rate": float("nan")}, "--learning-rate must be above 0; received nan"),
    ],
)
def test_numbers_that_cannot_be_meant_are_one_line(fields, message, tmp_path):
    presets = import_module("generators.vae").PRESETS
    with pytest.raises(InputError, match=message):
        train("generators", "vae", replace(presets["quick"], **fields), output=tmp_path / "run")
    with pytest.raises(InputError, match="--samples-every must be 1 or more; received 0"):
        train("generators", "vae", presets["quick"], output=tmp_path / "run", samples_every=0)
    for model in PICTURES:
        for preset in import_module(f"generators.{model}").PRESETS.values():
            check(preset)


def test_too_few_files_are_one_line(pieces, tmp_path):
    folder = tmp_path / "two"
    folder.mkdir()
    for source in sorted(pieces.rglob("*.mid"))[:2]:
        (folder / source.name).write_bytes(source.read_bytes())
    with pytest.raises(InputError, match="at least three files"):
        train("generators", "vae", import_module("generators.vae").PRESETS["quick"], data=folder, output=tmp_path / "run",
              cache=tmp_path / "cache")  # fmt: skip
    assert not (tmp_path / "run").exists()
