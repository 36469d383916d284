"""A model of pictures of another kind, which draws cell after cell, passes everything by one file and one line."""

import csv
import shutil

import numpy as np
import pytest

from generators.contract import Known
from generators.evaluate import main as evaluate
from generators.pictures import PictureEvaluateOptions, PictureSampleOptions
from generators.pictures.data import PictureRun
from generators.sample import main as sample
from training.errors import InputError
from training.exporting.exports import example_inputs, export
from training.family import module_of
from training.files import read_json
from training.recipe import train
from training.runs import load


@pytest.fixture(scope="module")
def toy(toys, pieces, tmp_path_factory):
    """Its run, trained whole; the run's folder holds the cache."""
    root = tmp_path_factory.mktemp("toy")
    return train("generators", "toy_pixels", module_of("generators", "toy_pixels").PRESETS["quick"], data=pieces,
                 output=root / "run", cache=root / "cache")  # fmt: skip


def test_it_is_watched_and_resumes_bit_for_bit(toy, pieces, tmp_path):
    config = module_of("generators", "toy_pixels").PRESETS["quick"]
    shutil.copytree(toy.parent / "cache", tmp_path / "cache")
    where = {"data": pieces, "output": tmp_path / "run", "cache": tmp_path / "cache"}
    from dataclasses import replace

    train("generators", "toy_pixels", replace(config, epochs=1), **where)
    train("generators", "toy_pixels", config, **where)
    for ours, theirs in zip(load(tmp_path / "run").get_weights(), load(toy).get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    history = (toy / "history.csv").read_text()
    assert (tmp_path / "run" / "history.csv").read_text() == history
    assert "density" in history
    assert not (toy / "sampling.json").exists()  # it draws cells: there is no threshold


def test_it_is_sampled_and_an_item_again_is_the_same(toy, tmp_path):
    sample(PictureSampleOptions(toy, tmp_path / "all", count=20, format="midi,png,npy"))
    sample(PictureSampleOptions(toy, tmp_path / "one", count=20, format="npy", items=(17,)))
    rows = list(csv.DictReader((tmp_path / "all" / "manifest.csv").read_text().splitlines()))
    assert len(rows) == 20
    alone, among = (np.load(tmp_path / folder / "npy" / "000017.npy") for folder in ("one", "all"))
    np.testing.assert_array_equal(alone, among)
    assert 0 < among.mean() < 100


@pytest.mark.parametrize("wish", [{"grid": True}, {"bars": 8}, {"binarise": "bernoulli"}])
def test_what_takes_latents_is_refused_in_one_line(toy, tmp_path, wish):
    with pytest.raises(InputError, match=r"toy_pixels has no latents|models with latents; toy_pixels draws cells"):
        sample(PictureSampleOptions(toy, tmp_path / "out", **wish))
    assert not (tmp_path / "out").exists()


def test_known_cells_stay_and_the_rest_is_drawn(toy):
    sampler, seeds = PictureRun(toy).sampler(), np.arange(4, dtype=np.uint64)
    free = sampler.draw(seeds)
    mask = np.zeros(free.shape, bool)
    mask[:, :, :20] = True
    given = np.where(np.random.default_rng(0).random(free.shape) < 0.3, 255, 0).astype(np.uint8)
    kept = sampler.draw(seeds, known=Known(given, mask))
    np.testing.assert_array_equal(kept[mask], given[mask])
    assert (kept[~mask] != free[~mask]).any()  # it goes on from what is given
    assert sampler.draw(seeds, temperature=0.3).mean() < free.mean()  # sparse pictures: safer is emptier


def test_it_is_evaluated_with_its_likelihood(toy, capsys, tmp_path):
    evaluate(PictureEvaluateOptions((toy,), count=16, output=tmp_path / "out", cache=toy.parent / "cache"))
    record = read_json(tmp_path / "out" / "evaluation.json")
    assert 0 < record["loss"]["bits"] < 1
    assert "latent_map" not in record["files"]
    assert "toy_pixels" in capsys.readouterr().out
    assert "<h2>Evaluation</h2>" in (toy / "report.html").read_text()


def test_it_leaves_the_house(toy, tmp_path):
    network = module_of("generators", "toy_pixels").exported(load(toy))
    assert export(network, tmp_path / "saved", "saved_model", example_inputs(network)) < 1e-6
