"""Bits a pixel of single pictures: of models that guess, and of the same pictures whatever judges them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from generators import lstm
from generators.likelihood import Options, main
from generators.pictures import likelihood as module
from generators.pictures.data import PictureRun, data_of
from generators.pictures.likelihood import picture_likelihood
from generators.sequences.data import SequenceRun
from tests.generators.toys import toy_pixels
from training.errors import InputError
from training.files import read_json
from training.recipe import train
from training.runs import load


@pytest.fixture(scope="module")
def cache(runs):
    return runs["vae"].parent / "cache"


@pytest.fixture(scope="module")
def trained(toys, pieces, cache, tmp_path_factory):
    """A model of pictures and one of sequences, by the same codec, data and seed."""
    configs = {
        "toy_pixels": replace(toy_pixels.PRESETS["quick"], epochs=1),
        "lstm": replace(lstm.PRESETS["quick"], codec="roll64", epochs=1, steps=1),
    }
    root = tmp_path_factory.mktemp("judged")
    return {
        model: train("generators", model, config, data=pieces, output=root / model, cache=cache)
        for model, config in configs.items()
    }


@pytest.fixture(scope="module")
def found(trained, cache):
    return {model: picture_likelihood(run, cache=cache) for model, run in trained.items()}


def test_both_are_judged_by_the_same_pictures_beside_the_same_figures(found):
    pixels, columns = found["toy_pixels"], found["lstm"]
    assert pixels["pictures"] > 3
    for name in ("pictures", "which", "left_out", "constant", "marginal", "markov"):
        assert pixels[name] == pytest.approx(columns[name])


def test_a_picture_model_is_judged_as_its_evaluation_does(trained, found, cache):
    opened = PictureRun(trained["toy_pixels"])
    assert found["toy_pixels"]["bits"] == data_of(opened, cache=cache).loss(opened)["bits"]


def test_a_sequence_model_reads_each_picture_from_silence_on(trained, found, cache):
    judge = lstm.nll(load(trained["lstm"]))
    data = data_of(PictureRun(trained["toy_pixels"]), cache=cache)
    nats = []
    for image in data.corpus[data.split.test]:
        columns = np.pad((image[:, :, 0] > 127).T, ((1, 0), (0, 0)))
        nats.append(np.sum(judge(columns[None].astype(np.int32))[0]))
    assert found["lstm"]["bits"] == pytest.approx(np.mean(nats) / (64 * 64 * np.log(2)), rel=1e-5)
    assert found["lstm"]["nll_per_quarter"] == pytest.approx(np.mean(nats) / 16, rel=1e-5)


def test_pictures_of_files_that_were_learned_are_left_out(trained, found, cache, monkeypatch):
    pieces = SequenceRun(trained["lstm"]).pieces(cache=cache)
    first, *others = pieces.parts["test"]

    def split_otherwise(train, test):
        parts = {"train": train, "validation": pieces.parts["validation"], "test": test}
        monkeypatch.setattr(SequenceRun, "pieces", lambda *_: replace(pieces, parts=parts))
        return picture_likelihood(trained["lstm"], cache=cache)

    with pytest.raises(InputError, match="trained on the files of all test pictures"):
        split_otherwise(np.arange(len(pieces.names)), pieces.parts["test"][:0])
    data = data_of(PictureRun(trained["toy_pixels"]), cache=cache)
    of_first = data.names(data.split.test).count(pieces.names[first])
    judged = split_otherwise(np.append(pieces.parts["train"], first), np.array(others))
    assert (judged["left_out"], judged["pictures"]) == (of_first, len(data.split.test) - of_first)
    assert judged["which"] != found["lstm"]["which"]


def test_models_without_such_a_likelihood_are_one_line(runs, trained, cache, monkeypatch):
    with pytest.raises(InputError, match="dcgan has none"):
        picture_likelihood(runs["dcgan"], cache=cache)
    monkeypatch.setattr(module, "Columns", type("None", (), {}))
    with pytest.raises(InputError, match="does not read the columns of a codec"):
        picture_likelihood(trained["lstm"], cache=cache)


def test_the_command(trained, found, runs, cache, tmp_path, capsys):
    judged = tuple(trained.values())
    main(Options(judged, pictures=True, cache=cache, output=tmp_path / "found.json"))
    printed = capsys.readouterr()
    assert [f"{row['bits']:.4f}" for row in found.values()] == [line.split()[3] for line in printed.out.splitlines()[1:3]]
    assert "same pictures" not in printed.err
    assert read_json(tmp_path / "found.json")["runs"][str(trained["lstm"])] == found["lstm"]
    main(Options((*judged, runs["vae"]), pictures=True, cache=cache))
    assert "were not judged by the same pictures" in capsys.readouterr().err
    with pytest.raises(InputError, match="judges the test part; received --part all"):
        main(Options(judged, pictures=True, part="all", cache=cache))
